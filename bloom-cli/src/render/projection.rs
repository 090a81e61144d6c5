//! A read model for its templates: its columns, and what each event writes into them.

use serde::Serialize;

use super::{
    field::FieldView,
    imports,
    statement::{ColumnView, Part, Shape, Values, bound, parts, quoted, told_apart},
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
    /// The events that no column shows, as patterns.
    silent: Vec<String>,
    uses: String,
    test_uses: String,
    /// Columns that every database reads as they were written, and what they hold after the first event.
    shown: Vec<ShownView>,
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
            let (binds, name) = bound(&field.name);
            taken.take(parts_of(&field.name).unwrap_or_default(), &name);
            update(format!("{}Changed", field.name.pascal()), binds, taken);
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
                let (bind, name) = bound(&argument.name);
                taken.take(parts, &name);
                binds.push_str(&bind);
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
    shown.map(|field| bound(&field.name).0).collect()
}
