//! The columns of a read model, and the statements that write them.

use serde::Serialize;

use super::tables::Kind;
use crate::{
    model::{Cardinality, Leaf, ModelField},
    request::FieldName,
};

#[derive(Debug, Clone, Serialize)]
pub(super) struct ColumnView {
    name: String,
    sqlite_type: &'static str,
    postgres_type: &'static str,
}

/// A column, and the value of a field that it holds.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) column: String,
    pub(super) shape: Shape,
    /// What is asked of the field for it; nothing when it holds the whole.
    pub(super) getter: String,
}

/// How a value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Plain(Kind),
    /// As JSON.
    Whole,
}

impl Shape {
    const fn types(self) -> (&'static str, &'static str) {
        match self {
            Self::Plain(Kind::Float) => ("REAL", "double precision"),
            Self::Plain(kind) => kind.types(),
            Self::Whole => ("TEXT", "jsonb"),
        }
    }

    /// The place of the value in a statement on PostgreSQL, which takes a text for what it has no plain value for.
    fn place(self, number: usize) -> String {
        match self {
            Self::Plain(Kind::Digits | Kind::Decimal) => format!("${number}::text::numeric"),
            Self::Whole => format!("${number}::text::jsonb"),
            Self::Plain(_) => format!("${number}"),
        }
    }

    fn value(self, of: &str) -> String {
        match self {
            Self::Plain(Kind::Digits | Kind::Decimal) => format!("SqlValue::as_text({of})?"),
            Self::Whole => format!("SqlValue::as_json({of})?"),
            Self::Plain(_) => format!("SqlValue::stored({of})?"),
        }
    }
}

/// The columns that every read model has.
const KEPT: [&str; 3] = ["tenant", "id", "removed_at"];

/// The values of a statement.
pub(super) struct Values {
    before: usize,
    parts: Vec<Part>,
    pub(super) values: Vec<String>,
}

impl Values {
    /// Behind so many others.
    pub(super) const fn behind(before: usize) -> Self {
        Self { before, parts: Vec::new(), values: Vec::new() }
    }

    pub(super) fn take(&mut self, parts: &[Part], of: &str) {
        for part in parts {
            let of = if part.getter.is_empty() {
                of.to_owned()
            } else {
                format!("&{of}.{}()", part.getter)
            };
            self.values.push(part.shape.value(&of));
            self.parts.push(part.clone());
        }
    }

    fn numbered(&self) -> impl Iterator<Item = (&Part, usize)> {
        self.parts.iter().zip(self.before + 1..)
    }

    /// A statement that stands in the code so far from the left.
    pub(super) fn insert(&self, table: &str, postgres: bool, margin: &str) -> String {
        let names = self.parts.iter().map(|part| quoted(&part.column));
        let places = self.numbered().map(|(part, number)| part.place(number, postgres));
        let names = ["tenant", "id"].map(str::to_owned).into_iter().chain(names);
        let places = ["$1", "$2"].map(str::to_owned).into_iter().chain(places);
        let (names, places) = (names.collect::<Vec<_>>(), places.collect::<Vec<_>>());
        let begin = format!("INSERT INTO {{{table}}}");
        let line = format!("{begin} ({})", names.join(", "));
        let values = format!("VALUES ({})", places.join(", "));
        if line.len() <= STATEMENT && values.len() <= STATEMENT {
            return format!("{line}{margin}{values}");
        }
        let (names, places) = (wrapped(&names, margin), wrapped(&places, margin));
        format!("{begin} ({margin}    {names}{margin}) VALUES ({margin}    {places}{margin})")
    }

    pub(super) fn update(&self, table: &str, postgres: bool) -> String {
        let sets = self.numbered().map(|(part, number)| {
            format!("{} = {}", quoted(&part.column), part.place(number, postgres))
        });
        let sets: Vec<String> = sets.collect();
        let (begin, end) = (format!("UPDATE {{{table}}}"), "WHERE tenant = $1 AND id = $2");
        let line = format!("{begin} SET {} {end}", sets.join(", "));
        if line.len() <= STATEMENT {
            return line;
        }
        format!("{begin}{IN_AN_ARM}SET {}{IN_AN_ARM}{end}", wrapped(&sets, IN_AN_ARM))
    }
}

/// The width of a statement within a string, which rustfmt would leave as long as it is.
const STATEMENT: usize = 76;
/// Where its next line begins, in an arm of a `match`.
pub(super) const IN_AN_ARM: &str = "\n                     ";
/// The same in the body of a method.
pub(super) const IN_A_METHOD: &str = "\n             ";

/// A list within a statement.
fn wrapped(items: &[String], margin: &str) -> String {
    let mut text = String::new();
    let mut column = 4;
    for item in items {
        if column > 4 && column + item.len() + 2 > STATEMENT {
            text.push_str(&format!(",{margin}    "));
            column = 4;
        } else if column > 4 {
            text.push_str(", ");
            column += 2;
        }
        column += item.len();
        text.push_str(item);
    }
    text
}

impl Part {
    fn place(&self, number: usize, postgres: bool) -> String {
        if postgres { self.shape.place(number) } else { format!("${number}") }
    }

    pub(super) fn column(&self) -> ColumnView {
        let (sqlite_type, postgres_type) = self.shape.types();
        ColumnView { name: self.column.clone(), sqlite_type, postgres_type }
    }
}

/// A column's name in a statement within a string literal.
pub(super) fn quoted(name: &str) -> String {
    if RESERVED.contains(&name) { format!("\\\"{name}\\\"") } else { name.to_owned() }
}

/// Words that SQLite or PostgreSQL takes for something else where a column is named.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "add", "all", "alter", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "autoincrement", "begin",
    "between", "binary", "both", "case", "cast", "check", "collate", "collation", "column", "commit", "concurrently", "constraint",
    "create", "cross", "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
    "current_user", "default", "deferrable", "delete", "desc", "distinct", "do", "drop", "else", "end", "escape", "except", "exists", "explain",
    "false", "fetch", "for", "foreign", "freeze", "from", "full", "glob", "grant", "group", "having", "if", "ilike", "in", "index",
    "indexed", "initially", "inner", "insert", "intersect", "into", "is", "isnull", "join", "lateral", "leading", "left", "like", "limit",
    "localtime", "localtimestamp", "match", "natural", "no", "not", "nothing", "notnull", "null", "offset", "on", "only", "or", "order",
    "outer", "overlaps", "placing", "plan", "primary", "raise", "recursive", "references", "regexp", "replace", "returning", "right", "rollback",
    "row", "rowid", "select", "session_user", "set", "similar", "some", "symmetric", "system_user", "table", "tablesample", "temp", "then", "to",
    "trailing", "transaction", "trigger", "true", "union", "unique", "update", "user", "using", "values", "variadic", "verbose", "view",
    "virtual", "when", "where", "window", "with", "without",
];

/// Gives each column a name of its own.
pub(super) fn told_apart<'f>(parts: impl Iterator<Item = &'f mut Part>) {
    // What PostgreSQL has in every table.
    const SYSTEM: [&str; 6] = ["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"];
    let mut taken: Vec<String> =
        KEPT.iter().chain(&SYSTEM).map(|name| (*name).to_owned()).collect();
    for part in parts {
        while taken.contains(&part.column) {
            part.column.push_str("_value");
        }
        taken.push(part.column.clone());
    }
}

/// A field as it is bound in a pattern, and its name there: some names are those of what the code around it uses.
pub(super) fn bound(field: &FieldName) -> (String, String) {
    let name = field.ident();
    if ["tenant", "view"].contains(&field.plain()) {
        let other = format!("{name}_value");
        return (format!("{name}: {other}, "), other);
    }
    (format!("{name}, "), name)
}

/// The columns of a field: one, or one for each part of a value.
pub(super) fn parts(field: &ModelField) -> Vec<Part> {
    let name = field.name.plain();
    let column = name.to_owned();
    if let Leaf::Struct(value) = &field.leaf
        && field.cardinality == Cardinality::One
        && let Some(kinds) = value.fields.iter().map(Kind::of).collect::<Option<Vec<_>>>()
    {
        let parts = value.fields.iter().zip(kinds);
        return parts
            .map(|(part, kind)| Part {
                column: format!("{column}_{}", part.name.plain()),
                shape: Shape::Plain(kind),
                getter: part.name.ident(),
            })
            .collect();
    }
    let shape = Kind::of(field).map_or(Shape::Whole, Shape::Plain);
    vec![Part { column, shape, getter: String::new() }]
}
