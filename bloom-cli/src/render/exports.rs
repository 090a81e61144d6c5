//! The types that an aggregate brings, and the files they stand in.

use serde::Serialize;

use super::{
    errors::errors,
    field::sample_uses,
    imports,
    value::{EnumView, NewtypeView, newtypes},
};
use crate::{
    model::{Aggregate, Cardinality, Command, Leaf, ModelField},
    request::name::identifier,
};

#[derive(Debug, Serialize)]
pub(super) struct ExportView {
    pub(super) module: String,
    pub(super) types: String,
}

/// What each file of its module has for others.
pub(super) fn exports(
    aggregate: &Aggregate,
    values: &[NewtypeView],
    enums: &[EnumView],
    has_errors: bool,
) -> Vec<ExportView> {
    let root = aggregate.name.pascal();
    let mut exports = Vec::new();
    let mut export =
        |module: &str, types: String| exports.push(ExportView { module: module.to_owned(), types });
    export("id", format!("{root}Id"));
    export("events", format!("{root}Event"));
    if has_errors {
        export("errors", format!("{root}Error"));
    }
    if !values.is_empty() {
        export("values", imports(values.iter().map(|value| value.pascal.clone())));
    }
    for one in enums {
        export(&identifier(&one.snake), one.pascal.clone());
    }
    for entity in &aggregate.entities {
        export(&entity.short.ident(), format!("{0}, {0}Id", entity.name));
    }
    exports
}

/// The names of all its types.
pub(super) fn own_types(aggregate: &Aggregate) -> Vec<String> {
    let root = aggregate.name.pascal();
    let mut types = vec![root.to_owned(), format!("{root}Id"), format!("{root}Event")];
    if !errors(aggregate).is_empty() {
        types.push(format!("{root}Error"));
    }
    types.extend(all_fields(aggregate).flat_map(ModelField::own_types));
    for entity in &aggregate.entities {
        types.extend([entity.name.pascal().to_owned(), format!("{}Id", entity.name)]);
    }
    types
}

/// Every field that may bring a type: its own, those of its entities, and arguments that are no field.
pub(super) fn all_fields(aggregate: &Aggregate) -> impl Iterator<Item = &ModelField> {
    let entities = aggregate.entities.iter().flat_map(|entity| &entity.fields);
    let arguments = aggregate.commands.iter().flat_map(|command| own_arguments(aggregate, command));
    aggregate.fields.iter().chain(entities).chain(arguments)
}

/// The arguments that bring types of their own.
fn own_arguments<'a>(
    aggregate: &'a Aggregate,
    command: &'a Command,
) -> impl Iterator<Item = &'a ModelField> {
    command
        .arguments
        .iter()
        .filter(|argument| aggregate.fields.iter().all(|field| field.name != argument.name))
}

/// Its checked values.
pub(super) fn all_newtypes(aggregate: &Aggregate) -> Vec<NewtypeView> {
    let label = aggregate.name.label();
    let mut views: Vec<NewtypeView> =
        aggregate.fields.iter().flat_map(|field| newtypes(&label, field)).collect();
    for command in &aggregate.commands {
        views.extend(
            own_arguments(aggregate, command).flat_map(|argument| newtypes(&label, argument)),
        );
    }
    for entity in &aggregate.entities {
        let label = entity.name.label();
        views.extend(entity.fields.iter().flat_map(|field| newtypes(&label, field)));
    }
    views
}

/// The types in the lists of a length: those in their declarations, or those that only their tests name.
pub(super) fn bounded_types(fields: &[&ModelField], tests: bool) -> Vec<String> {
    let bounded = fields
        .iter()
        .filter(|field| matches!(field.cardinality, Cardinality::Bounded { own: true, .. }));
    let mut types = Vec::new();
    for field in bounded {
        // A newtype of its own stands in the same file.
        let item = match &field.leaf {
            Leaf::Primitive(_) => continue,
            Leaf::Newtype(newtype) if newtype.own => continue,
            leaf => leaf.ty(),
        };
        if tests {
            let single = ModelField { cardinality: Cardinality::One, ..(*field).clone() };
            types.extend(sample_uses(&single).into_iter().filter(|name| *name != item));
        } else {
            types.push(item);
        }
    }
    types
}
