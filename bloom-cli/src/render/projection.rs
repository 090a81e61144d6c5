//! A read model for its templates: its columns, and what each event writes into them.

use serde::Serialize;

use super::{
    field::FieldView,
    imports,
    statement::{
        ColumnView, IN_A_METHOD, IN_AN_ARM, Part, Shape, Values, bound, parts, quoted, told_apart,
    },
    tables::Kind,
};
use crate::{
    model::{Aggregate, ModelField, Projection, english::capital},
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
    /// What becomes of the state that stands for events which were truncated.
    resume: StateView,
    /// The events that no column shows, as patterns.
    silent: Vec<String>,
    uses: String,
    test_uses: String,
    /// Columns that every database reads as they were written, and what they hold after the first event.
    shown: Vec<ShownView>,
    /// The events after which one of these columns holds something else.
    moves: Vec<MoveView>,
}

/// The row as a state has it.
#[derive(Debug, Serialize)]
struct StateView {
    /// The statement, as it stands in a string.
    sqlite: String,
    postgres: String,
    values: Vec<String>,
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
    #[serde(skip)]
    field: FieldName,
    /// As a statement names it.
    column: String,
    value: String,
}

/// An event of a test, and the row after it.
#[derive(Debug, Serialize)]
struct MoveView {
    name: String,
    /// The event with its payload, behind the name of its type.
    event: String,
    values: Vec<String>,
}

impl MoveView {
    /// `None` when no column that is shown holds anything else after the event.
    fn new(
        shown: &[ShownView],
        (name, event): (String, &str),
        payload: &str,
        new: &[(&FieldName, String)],
    ) -> Option<Self> {
        let after = |column: &ShownView| {
            let new = new.iter().find(|(name, _)| **name == column.field);
            new.map_or_else(|| column.value.clone(), |(_, value)| stored(value))
        };
        let values: Vec<String> = shown.iter().map(after).collect();
        let differs = values.iter().zip(shown).any(|(value, column)| *value != column.value);
        differs.then(|| Self { name, event: format!("{event} {{ {payload} }}"), values })
    }
}

/// A value as the storage holds it.
fn stored(value: &str) -> String {
    format!("SqlValue::stored(&{value})?")
}

pub(super) fn projection(aggregate: &Aggregate, projection: &Projection) -> ProjectionView {
    let root = aggregate.name.pascal();
    let ident = aggregate.name.snake();
    let mut fields: Vec<(&ModelField, Vec<Part>)> =
        projection.fields.iter().map(|field| (field, parts(field))).collect();
    told_apart(fields.iter_mut().flat_map(|(_, parts)| parts));
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
            None => bound(&field.name).1,
        };
        if !is_given && initial.is_none() {
            continue;
        }
        insert.take(parts, &of);
        let view = FieldView::new(field, &ident);
        let sample = match &initial {
            Some(state) => format!("{}::{}", state.name, state.initial.name.pascal()),
            None => view.sample.clone(),
        };
        if let [part] = parts.as_slice()
            && matches!(part.shape, Shape::Plain(Kind::Text | Kind::Integer))
            && part.getter.is_empty()
        {
            shown.push(ShownView {
                field: field.name.clone(),
                column: quoted(&part.column),
                value: stored(&sample),
            });
        }
    }

    let mut resume = Values::behind(2);
    for (field, parts) in &fields {
        let of = format!("state.{}()", field.name.ident());
        resume.take(parts, &super::field::referenced(field, of));
    }

    let mut moves = Vec::new();
    let mut moved_uses = Vec::new();
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
            let (binds, name) = bound(&field.name);
            taken.take(parts_of(&field.name).unwrap_or_default(), &name);
            let event = format!("{}Changed", field.name.pascal());
            if let Some(other) = FieldView::new(field, &ident).other {
                let payload = format!("{}: {other}", field.name.ident());
                moves.extend(MoveView::new(
                    &shown,
                    (format!("{}_changed", field.name), &event),
                    &payload,
                    &[(&field.name, other)],
                ));
            }
            update(event, binds, taken);
        }
    }
    for command in &aggregate.commands {
        let mut taken = Values::behind(2);
        let mut binds = String::new();
        let mut payload = String::new();
        let mut new = Vec::new();
        if let (Some(state), Some(to)) = (state, &command.to) {
            let of = format!("&{}::{}", state.name, to.name.pascal());
            taken.take(parts_of(&state.field.name).unwrap_or_default(), &of);
            new.push((&state.field.name, format!("{}::{}", state.name, to.name.pascal())));
        }
        for argument in &command.arguments {
            let view = FieldView::new(argument, &ident);
            // Another value than the row has, or nobody would see whether it was written.
            let other = view.other.filter(|_| parts_of(&argument.name).is_some());
            let sample = other.unwrap_or(view.sample);
            payload += &format!("{}: {sample}, ", argument.name.ident());
            if let Some(parts) = parts_of(&argument.name) {
                new.push((&argument.name, sample));
                let (bind, name) = bound(&argument.name);
                taken.take(parts, &name);
                binds.push_str(&bind);
            }
        }
        let event = command.event.pascal();
        payload += "at: Timestamp::UNIX_EPOCH";
        let moved = MoveView::new(&shown, (command.event.snake(), event), &payload, &new);
        if moved.is_some() {
            moved_uses.extend(command.arguments.iter().flat_map(super::field::sample_uses));
        }
        moves.extend(moved);
        update(event.to_owned(), binds + "..", taken);
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
    if !moves.is_empty() {
        test_uses.push(format!("{root}Event"));
        test_uses.extend(moved_uses);
    }
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
            sqlite: insert.insert(&table, false, IN_AN_ARM),
            postgres: insert.insert(&table, true, IN_AN_ARM),
            values: insert.values,
        },
        updates,
        resume: StateView {
            sqlite: resume.insert(&table, false, IN_A_METHOD),
            postgres: resume.insert(&table, true, IN_A_METHOD),
            values: resume.values,
        },
        silent,
        uses: imports(uses),
        test_uses: imports(test_uses),
        shown,
        moves,
    }
}

/// The file name of its migration, without its end.
pub(crate) fn projection_migration(projection: &Projection) -> String {
    format!("{:04}_{}", projection.migration, projection.name.snake())
}

fn binds_of_first(fields: &[(&ModelField, Vec<Part>)], given: &[&ModelField]) -> String {
    let shown =
        given.iter().filter(|given| fields.iter().any(|(field, _)| field.name == given.name));
    shown.map(|field| bound(&field.name).0).collect()
}
