//! What travels from one database to another.

use crate::value::SqlValue;

/// How far a copy is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The table that is being copied.
    pub table: String,
    /// How many of its rows are copied.
    pub done: u64,
    /// How many it has.
    pub total: u64,
}

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Copied {
    /// Each table with the number of its rows.
    pub tables: Vec<(String, u64)>,
    /// Tables of the source that are none of Bloom's, and columns that somebody has added to one that is: they are left to whoever
    /// made them.
    pub left: Vec<String>,
}

/// What a column holds, where databases differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Text,
    Bytes,
    /// A UUID, as bytes between both.
    Uuid,
    /// JSON, as text between both.
    Json,
    /// A moment, as seconds between both.
    Moment,
}

/// A table, and its columns in the order in which rows travel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: &'static [(&'static str, Kind)],
    /// Whether it has its row before anything is in it.
    pub(crate) is_head: bool,
}

const EVENTS: &[(&str, Kind)] = &[
    ("position", Kind::Integer),
    ("tenant", Kind::Text),
    ("aggregate", Kind::Text),
    ("id", Kind::Text),
    ("version", Kind::Integer),
    ("name", Kind::Text),
    ("revision", Kind::Integer),
    ("body", Kind::Text),
    ("event_id", Kind::Uuid),
    ("at", Kind::Integer),
    ("remarks", Kind::Text),
];
const TAGS: &[(&str, Kind)] =
    &[("tag", Kind::Text), ("tenant", Kind::Text), ("position", Kind::Integer)];
const STREAMS: &[(&str, Kind)] = &[
    ("tenant", Kind::Text),
    ("aggregate", Kind::Text),
    ("id", Kind::Text),
    ("version", Kind::Integer),
];
const SUBJECTS: &[(&str, Kind)] = &[
    ("tenant", Kind::Text),
    ("subject", Kind::Text),
    ("key_id", Kind::Text),
    ("key", Kind::Bytes),
];
const KEYS: &[(&str, Kind)] = &[
    ("tenant", Kind::Text),
    ("aggregate", Kind::Text),
    ("field", Kind::Text),
    ("value", Kind::Text),
    ("id", Kind::Text),
];
const OUTCOMES: &[(&str, Kind)] = &[
    ("tenant", Kind::Text),
    ("key", Kind::Text),
    ("fingerprint", Kind::Text),
    ("body", Kind::Text),
    ("at", Kind::Moment),
];
const CURSORS: &[(&str, Kind)] = &[("name", Kind::Text), ("position", Kind::Integer)];
const HEAD: &[(&str, Kind)] = &[("one", Kind::Integer), ("position", Kind::Integer)];
/// What tells a table of documents from one that somebody made.
const DOCUMENTS: &[(&str, Kind)] = &[
    ("tenant", Kind::Text),
    ("id", Kind::Text),
    ("version", Kind::Integer),
    ("shape", Kind::Integer),
    ("body", Kind::Json),
    ("created_at", Kind::Integer),
    ("updated_at", Kind::Integer),
    ("removed_at", Kind::Integer),
];

/// Bloom's own tables, and those of documents, in the order in which they are copied.
pub(crate) fn tables(documents: Vec<String>) -> Vec<Table> {
    let table = |name: &str, columns| Table {
        name: name.to_owned(),
        columns,
        is_head: name == "bloom_head",
    };
    let own = [
        ("bloom_events", EVENTS),
        ("bloom_tags", TAGS),
        ("bloom_streams", STREAMS),
        ("bloom_keys", KEYS),
        ("bloom_subjects", SUBJECTS),
        ("bloom_outcomes", OUTCOMES),
        ("bloom_cursors", CURSORS),
        ("bloom_head", HEAD),
    ];
    let documents = documents.iter().map(|name| table(name, DOCUMENTS));
    own.into_iter().map(|(name, columns)| table(name, columns)).chain(documents).collect()
}

/// A table or a view.
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) is_view: bool,
    pub(crate) columns: Vec<String>,
}

/// The tables of documents, and what is none of Bloom's: the other tables, and columns that a table of documents has besides.
pub(crate) fn sort(tables: impl IntoIterator<Item = Found>) -> (Vec<String>, Vec<String>) {
    let (mut documents, mut left): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut views = Vec::new();
    for Found { name, is_view, columns } in tables {
        let is_own = |column: &String| DOCUMENTS.iter().any(|(own, _)| own == column);
        if DOCUMENTS.iter().all(|(own, _)| columns.iter().any(|column| column == own)) {
            let more = columns.iter().filter(|column| !is_own(column));
            left.extend(more.map(|column| format!("{name}.{column}")));
            if is_view {
                views.push(format!("{name}_"));
            }
            documents.push(name);
        } else if !is_view {
            left.push(name);
        }
    }
    // The tables behind a view are written by its triggers.
    left.retain(|name| views.iter().all(|start| !name.starts_with(start)));
    (documents, left)
}

/// What travels from the source to the target.
pub(crate) enum Parcel {
    /// A table begins, with the number of its rows.
    Table(Table, u64),
    /// Some of its rows.
    Rows(Vec<Vec<SqlValue>>),
    /// That was all; these tables of the source were left.
    End(Vec<String>),
}

/// How many rows travel together.
pub(crate) const ROWS: usize = 500;
