//! A read model for its templates: its columns, and what each event writes into them.

use serde::Serialize;

use super::{field::FieldView, imports, tables::Kind};
use crate::{
    model::{Aggregate, Cardinality, Leaf, ModelField, Projection, english::capital},
    request::FieldName,
};

/// A read model of one kind of aggregate.
#[derive(Debug, Serialize)]
pub(crate) struct ProjectionView {
    pascal: String,
    pub(crate) snake: String,
    #[serde(rename = "Label")]
    label: String,
    pub(crate) migration: String,
    columns: Vec<ColumnView>,
    insert: EventView,
    updates: Vec<EventView>,
    /// The events that no column shows, as patterns.
    silent: Vec<String>,
    uses: String,
    test_uses: String,
    /// Columns that every database reads as they were written, and what they hold after the first event.
    shown: Vec<ShownView>,
}

#[derive(Debug, Clone, Serialize)]
struct ColumnView {
    name: String,
    sqlite_type: &'static str,
    postgres_type: &'static str,
}

/// What an event does to the row.
#[derive(Debug, Serialize)]
struct EventView {
    event: String,
    binds: String,
    /// The statement, as it stands in a string.
    sqlite: String,
    postgres: String,
    values: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ShownView {
    /// As a statement names it.
    column: String,
    value: String,
}

/// A column, and the value of a field that it holds.
#[derive(Debug, Clone)]
struct Part {
    column: String,
    shape: Shape,
    /// What is asked of the field for it; nothing when it holds the whole.
    getter: String,
}

/// How a value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
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
            Self::Plain(Kind::Digits | Kind::Decimal) | Self::Whole => {
                format!("SqlValue::as_text({of})?")
            }
            Self::Plain(_) => format!("SqlValue::stored({of})?"),
        }
    }
}

/// The columns that every read model has.
const KEPT: [&str; 3] = ["tenant", "id", "removed_at"];

pub(super) fn projection(aggregate: &Aggregate, projection: &Projection) -> ProjectionView {
    let root = aggregate.name.pascal();
    let ident = aggregate.name.snake();
    let fields: Vec<(&ModelField, Vec<Part>)> =
        projection.fields.iter().map(|field| (field, parts(field))).collect();
    let parts_of = |name: &FieldName| {
        fields.iter().find(|(field, _)| field.name == *name).map(|(_, parts)| parts.as_slice())
    };
    let given = aggregate.given_fields();
    let state = aggregate.state();

    let mut insert = Values::behind(2);
    let mut shown = Vec::new();
    for (field, parts) in &fields {
        let is_given = given.iter().any(|given| given.name == field.name);
        let initial = state.filter(|state| state.field.name == field.name);
        let of = match &initial {
            Some(state) => format!("&{}::{}", state.name, state.initial.name.pascal()),
            None => field.name.ident(),
        };
        if !is_given && initial.is_none() {
            continue;
        }
        insert.take(parts, &of);
        let view = FieldView::new(field, &ident);
        let sample = if initial.is_some() { of.clone() } else { format!("&{}", view.sample) };
        if let [part] = parts.as_slice()
            && matches!(part.shape, Shape::Plain(Kind::Text | Kind::Integer))
            && part.getter.is_empty()
        {
            shown.push(ShownView {
                column: quoted(&part.column),
                value: format!("SqlValue::stored({sample})?"),
            });
        }
    }

    let mut updates = Vec::new();
    let mut silent = Vec::new();
    let table = projection.name.snake();
    let mut update = |event: String, binds: String, taken: Values| {
        if taken.values.is_empty() {
            silent.push(format!("{root}Event::{event} {{ .. }}"));
            return;
        }
        updates.push(EventView {
            event,
            binds,
            sqlite: taken.update(&table, false),
            postgres: taken.update(&table, true),
            values: taken.values,
        });
    };
    if aggregate.changeable {
        for field in &given {
            let mut taken = Values::behind(2);
            taken.take(parts_of(&field.name).unwrap_or_default(), &field.name.ident());
            update(format!("{}Changed", field.name.pascal()), field.name.ident(), taken);
        }
    }
    for command in &aggregate.commands {
        let mut taken = Values::behind(2);
        let mut binds = String::new();
        if let (Some(state), Some(to)) = (state, &command.to) {
            let of = format!("&{}::{}", state.name, to.name.pascal());
            taken.take(parts_of(&state.field.name).unwrap_or_default(), &of);
        }
        for argument in &command.arguments {
            if let Some(parts) = parts_of(&argument.name) {
                taken.take(parts, &argument.name.ident());
                binds.push_str(&format!("{}, ", argument.name.ident()));
            }
        }
        update(command.event.pascal().to_owned(), binds + "..", taken);
    }
    for entity in &aggregate.entities {
        let short = entity.short.pascal();
        for what in ["Added", "Changed", "Removed"] {
            silent.push(format!("{root}Event::{short}{what} {{ .. }}"));
        }
    }

    let mut uses = vec![root.to_owned(), format!("{root}Event")];
    let mut test_uses: Vec<String> =
        given.iter().flat_map(|field| super::field::sample_uses(field)).collect();
    test_uses.extend([root.to_owned(), format!("{root}Id")]);
    if let Some(state) = state.filter(|state| parts_of(&state.field.name).is_some()) {
        uses.push(state.name.to_string());
        test_uses.push(state.name.to_string());
    }
    ProjectionView {
        pascal: projection.name.pascal().to_owned(),
        snake: projection.name.snake(),
        label: capital(&projection.name.label()),
        migration: projection_migration(projection),
        columns: fields.iter().flat_map(|(_, parts)| parts).map(Part::column).collect(),
        insert: EventView {
            event: super::create::event(aggregate),
            binds: binds_of_first(&fields, &given) + "..",
            sqlite: insert.insert(&projection.name.snake(), false),
            postgres: insert.insert(&projection.name.snake(), true),
            values: insert.values,
        },
        updates,
        silent,
        uses: imports(uses),
        test_uses: imports(test_uses),
        shown,
    }
}

/// The file name of its migration, without its end.
pub(crate) fn projection_migration(projection: &Projection) -> String {
    format!("{:04}_{}", projection.migration, projection.name.snake())
}

fn binds_of_first(fields: &[(&ModelField, Vec<Part>)], given: &[&ModelField]) -> String {
    let shown =
        given.iter().filter(|given| fields.iter().any(|(field, _)| field.name == given.name));
    shown.map(|field| format!("{}, ", field.name.ident())).collect()
}

/// The values of a statement.
struct Values {
    before: usize,
    parts: Vec<Part>,
    values: Vec<String>,
}

impl Values {
    /// Behind so many others.
    const fn behind(before: usize) -> Self {
        Self { before, parts: Vec::new(), values: Vec::new() }
    }

    fn take(&mut self, parts: &[Part], of: &str) {
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

    fn insert(&self, table: &str, postgres: bool) -> String {
        let names = self.parts.iter().map(|part| quoted(&part.column));
        let places = self.numbered().map(|(part, number)| part.place(number, postgres));
        let names = ["tenant", "id"].map(str::to_owned).into_iter().chain(names);
        let places = ["$1", "$2"].map(str::to_owned).into_iter().chain(places);
        let (names, places) = (names.collect::<Vec<_>>(), places.collect::<Vec<_>>());
        let begin = format!("INSERT INTO {{{table}}}");
        let line = format!("{begin} ({})", names.join(", "));
        let values = format!("VALUES ({})", places.join(", "));
        if line.len() <= STATEMENT && values.len() <= STATEMENT {
            return format!("{line}{MARGIN}{values}");
        }
        let (names, places) = (wrapped(&names), wrapped(&places));
        format!("{begin} ({MARGIN}    {names}{MARGIN}) VALUES ({MARGIN}    {places}{MARGIN})")
    }

    fn update(&self, table: &str, postgres: bool) -> String {
        let sets = self.numbered().map(|(part, number)| {
            format!("{} = {}", quoted(&part.column), part.place(number, postgres))
        });
        let sets: Vec<String> = sets.collect();
        let (begin, end) = (format!("UPDATE {{{table}}}"), "WHERE tenant = $1 AND id = $2");
        let line = format!("{begin} SET {} {end}", sets.join(", "));
        if line.len() <= STATEMENT {
            return line;
        }
        format!("{begin}{MARGIN}SET {}{MARGIN}{end}", wrapped(&sets))
    }
}

/// The width of a statement within a string, which rustfmt would leave as long as it is.
const STATEMENT: usize = 76;
/// Where its next line begins.
const MARGIN: &str = "\n                     ";

/// A list within a statement.
fn wrapped(items: &[String]) -> String {
    let mut text = String::new();
    let mut column = 4;
    for item in items {
        if column > 4 && column + item.len() + 2 > STATEMENT {
            text.push_str(&format!(",{MARGIN}    "));
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

    fn column(&self) -> ColumnView {
        let (sqlite_type, postgres_type) = self.shape.types();
        ColumnView { name: self.column.clone(), sqlite_type, postgres_type }
    }
}

/// A column's name in a statement within a string literal.
fn quoted(name: &str) -> String {
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

/// The columns of a field: one, or one for each part of a value.
fn parts(field: &ModelField) -> Vec<Part> {
    let name = field.name.plain();
    let column = if KEPT.contains(&name) { format!("{name}_value") } else { name.to_owned() };
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
