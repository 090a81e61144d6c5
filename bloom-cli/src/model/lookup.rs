//! Finding the type that a name stands for.

use super::{
    Context,
    types::{Cardinality, Leaf, ModelField},
};
use crate::request::{InputError, TypeName, error::nearest, primitive::types_hint};

impl Context {
    /// A type that a field may have.
    pub(super) fn known(&self, name: &TypeName) -> Result<Leaf, InputError> {
        if let Some(leaf) = self.find(name.pascal()) {
            return leaf;
        }
        let names = self.type_names();
        let error = InputError::new(format!("nothing defines the type `{name}`"));
        if let Some(near) = nearest(name.pascal(), names.iter().map(String::as_str)) {
            return Err(error.hint(format!("did you mean `{near}`?")));
        }
        Err(match name.pascal().strip_suffix("Id") {
            Some(root) if !root.is_empty() => error.hint(format!(
                "it exists once the aggregate does: `bloom generate aggregate {root}`"
            )),
            _ => error.hint(format!(
                "create it first, `bloom generate value-object {name} ..`; {}",
                types_hint()
            )),
        })
    }

    /// The type with this name; an error inside for what exists and cannot be a field.
    pub(super) fn find(&self, name: &str) -> Option<Result<Leaf, InputError>> {
        for value in &self.values {
            if value.name.pascal() == name {
                return Some(Ok(Leaf::Struct(value.clone())));
            }
            if let Some(leaf) = own_leaf(&value.fields, name) {
                return Some(Ok(leaf));
            }
        }
        if let Some(leaf) = self.by_hand.iter().find(|leaf| leaf.ty() == name) {
            return Some(Ok(leaf.clone()));
        }
        for aggregate in &self.aggregates {
            let root = aggregate.name.pascal();
            if root == name {
                return Some(Err(InputError::new(format!(
                    "`{name}` is an aggregate and lives on its own"
                ))
                .hint(format!("refer to it by its id, `{name}Id`"))));
            }
            let suffix = name.strip_prefix(root);
            if suffix == Some("Id") {
                return Some(Ok(Leaf::Id(TypeName::joined(&[name]))));
            }
            if matches!(suffix, Some("Event" | "Error")) {
                return Some(Err(InputError::new(format!(
                    "`{name}` belongs to the aggregate `{root}`"
                ))));
            }
            let arguments = aggregate.commands.iter().map(|command| &command.arguments);
            let entities = aggregate.entities.iter().map(|entity| &entity.fields);
            for fields in std::iter::once(&aggregate.fields).chain(arguments).chain(entities) {
                if let Some(leaf) = own_leaf(fields, name) {
                    return Some(Ok(leaf));
                }
                let bounded = fields.iter().any(|field| {
                    matches!(&field.cardinality, Cardinality::Bounded { name: list, .. } if list.pascal() == name)
                });
                if bounded {
                    return Some(Err(InputError::new(format!(
                        "`{name}` is a list that belongs to one field"
                    ))));
                }
            }
            for entity in &aggregate.entities {
                if entity.name.pascal() == name {
                    return Some(Err(InputError::new(format!(
                        "`{name}` is an entity of `{root}`"
                    ))
                    .hint(format!("refer to it by its id, `{name}Id`"))));
                }
                if name.strip_prefix(entity.name.pascal()) == Some("Id") {
                    return Some(Ok(Leaf::Id(TypeName::joined(&[name]))));
                }
            }
        }
        None
    }

    fn type_names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            crate::request::Primitive::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
        names.extend(self.values.iter().map(|value| value.name.pascal().to_owned()));
        names.extend(
            self.values.iter().flat_map(|value| &value.fields).flat_map(ModelField::own_types),
        );
        for aggregate in &self.aggregates {
            names.push(format!("{}Id", aggregate.name.pascal()));
            names.extend(aggregate.fields.iter().flat_map(ModelField::own_types));
        }
        names
    }

    pub(super) fn free(&self, name: &str) -> Result<(), InputError> {
        let kind = match self.find(name) {
            None => return Ok(()),
            Some(Ok(Leaf::Struct(_))) => "a value object",
            Some(Ok(Leaf::Id(_))) => "an id",
            Some(Ok(Leaf::Enum { .. })) => "an enum",
            Some(Ok(_)) => "a value of an aggregate",
            Some(Err(_)) if self.aggregate(name).is_some() => "an aggregate",
            Some(Err(_)) => "an entity, or a part of an aggregate",
        };
        Err(InputError::new(format!("there is {kind} `{name}` already"))
            .hint("choose another name"))
    }
}

/// An enum or newtype that was declared with one of the fields.
fn own_leaf(fields: &[ModelField], name: &str) -> Option<Leaf> {
    fields.iter().find_map(|field| match &field.leaf {
        Leaf::Enum { name: own, variants, own: true } if own.pascal() == name => {
            Some(Leaf::Enum { name: own.clone(), variants: variants.clone(), own: false })
        }
        Leaf::Newtype(newtype) if newtype.own && newtype.name.pascal() == name => {
            Some(Leaf::Newtype(super::Newtype { own: false, ..newtype.clone() }))
        }
        _ => None,
    })
}
