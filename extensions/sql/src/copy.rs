//! Copying everything from one database to another, whichever they are.
//!
//! The source is read as it is at one moment; the target takes all of it or nothing. So a copy can be broken off, and begun again.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::{migration::MigrationError, value::SqlValue};

/// A database, by its address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Address {
    #[cfg(feature = "sqlite")]
    Sqlite(std::path::PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(String),
}

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The address is of no database that this program has a driver for.
    #[error("`{scheme}` is no database that this program was built for")]
    Scheme {
        /// How the address begins.
        scheme: String,
    },
    /// Both addresses are the same.
    #[error("the source and the target are the same database")]
    Same,
    /// Something is in the target already.
    #[error("`{table}` of the target is not empty; copy into a database that was only migrated")]
    Occupied {
        /// The table.
        table: String,
    },
    /// The target lacks a table of the source.
    #[error("the target has no table `{table}`; run `migrate up` on it first")]
    Missing {
        /// The table.
        table: String,
    },
    /// A database cannot be read or written; the target is as it was.
    #[error("the {which} failed; nothing was copied")]
    Failed {
        /// Which of both.
        which: &'static str,
        /// What it says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

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
    ("metadata", Kind::Text),
];
const STREAMS: &[(&str, Kind)] = &[
    ("tenant", Kind::Text),
    ("aggregate", Kind::Text),
    ("id", Kind::Text),
    ("version", Kind::Integer),
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
        ("bloom_streams", STREAMS),
        ("bloom_keys", KEYS),
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

/// Copies everything that Bloom keeps, from one address such as `sqlite:data/shop.db` to another such as
/// `postgres://shop@localhost/shop`, which has to be migrated and empty. `progress` is told of it a few times a second.
///
/// Positions, versions, ids and times stay what they are, so that clients, readers and other programs notice nothing. What is
/// committed to the source while it is copied is not copied: stop the program first.
///
/// # Errors
/// When one of both cannot be read or written, or is not what it has to be; the target is then as it was.
pub async fn copy(
    from: &str,
    to: &str,
    mut progress: impl FnMut(&Progress) + Send,
) -> Result<Copied, CopyError> {
    let (from, to) = (address(from)?, address(to)?);
    if from == to {
        return Err(CopyError::Same);
    }
    let (sender, parcels) = mpsc::channel::<Parcel>(4);
    let (told, mut tellings) = mpsc::channel::<Progress>(16);
    let reading = tokio::spawn(read(from, sender));
    let writing = tokio::spawn(write(to, parcels, told));
    let mut last: Option<(String, Instant)> = None;
    while let Some(telling) = tellings.recv().await {
        let is_due = last.as_ref().is_none_or(|(table, at)| {
            *table != telling.table || at.elapsed() > Duration::from_millis(200)
        });
        if is_due || telling.done == telling.total {
            progress(&telling);
            last = Some((telling.table.clone(), Instant::now()));
        }
    }
    let written = writing.await.map_err(|error| failed("target", error))?;
    let read = reading.await.map_err(|error| failed("source", error))?;
    match (read, written) {
        // Each notices that the other is gone; why it is gone, only the other knows.
        (Err(error), Err(cause)) if is_broken_off(&error) => Err(cause),
        (Err(error), _) | (Ok(()), Err(error)) => Err(error),
        (Ok(()), Ok(copied)) => Ok(copied),
    }
}

async fn read(from: Address, parcels: mpsc::Sender<Parcel>) -> Result<(), CopyError> {
    match from {
        #[cfg(feature = "sqlite")]
        Address::Sqlite(path) => {
            let read = move || crate::sqlite::copy::read(&path, &parcels);
            tokio::task::spawn_blocking(read).await.map_err(|error| failed("source", error))?
        }
        #[cfg(feature = "postgres")]
        Address::Postgres(url) => crate::postgres::copy::read(&url, &parcels).await,
    }
}

async fn write(
    to: Address,
    parcels: mpsc::Receiver<Parcel>,
    told: mpsc::Sender<Progress>,
) -> Result<Copied, CopyError> {
    match to {
        #[cfg(feature = "sqlite")]
        Address::Sqlite(path) => {
            let write = move || crate::sqlite::copy::write(&path, parcels, &told);
            tokio::task::spawn_blocking(write).await.map_err(|error| failed("target", error))?
        }
        #[cfg(feature = "postgres")]
        Address::Postgres(url) => crate::postgres::copy::write(&url, parcels, &told).await,
    }
}

fn address(url: &str) -> Result<Address, CopyError> {
    #[cfg(feature = "sqlite")]
    if let Some(path) = url.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
        return Ok(Address::Sqlite(path.into()));
    }
    #[cfg(feature = "postgres")]
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        return Ok(Address::Postgres(url.to_owned()));
    }
    // The rest may hold a password, and so may what only looks like a scheme.
    let is_word = |scheme: &&str| scheme.bytes().all(|sign| sign.is_ascii_alphanumeric());
    let scheme = url.split_once(':').map(|(scheme, _)| scheme).filter(is_word);
    Err(CopyError::Scheme { scheme: scheme.unwrap_or("an address without a scheme").to_owned() })
}

pub(crate) fn failed(
    which: &'static str,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> CopyError {
    CopyError::Failed { which, source: error.into() }
}

/// The other side is gone before it was done.
pub(crate) fn broken_off() -> CopyError {
    failed("database", BrokenOff)
}

fn is_broken_off(error: &CopyError) -> bool {
    matches!(error, CopyError::Failed { source, .. } if source.is::<BrokenOff>())
}

#[derive(Debug, thiserror::Error)]
#[error("the other side is gone")]
struct BrokenOff;

impl From<MigrationError> for CopyError {
    fn from(error: MigrationError) -> Self {
        failed("database", error)
    }
}
