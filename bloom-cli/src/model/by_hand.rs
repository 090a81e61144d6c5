//! Types that people wrote, in the model.

use super::{
    Context,
    types::{Leaf, Newtype, Owner, ValueObject},
};
use crate::{
    by_hand::Definition,
    request::{Field, FieldType, InputError, Request, TypeName},
};

impl Context {
    /// The types that the request names and nothing here defines.
    pub(crate) fn unknown_types(&self, request: &Request) -> Vec<String> {
        let fields: &[Field] = match request {
            Request::ValueObject { fields, .. } => fields,
            Request::Aggregate(aggregate) => &aggregate.fields,
            Request::Entity(entity) => &entity.fields,
            Request::Command { command, .. } => &command.arguments,
            Request::Field { field, .. } | Request::Rules { field, .. } => {
                std::slice::from_ref(field)
            }
            Request::Variants { .. }
            | Request::Repository { .. }
            | Request::Specification { .. }
            | Request::Query { .. }
            | Request::Service { .. }
            | Request::Factory { .. }
            | Request::Policy { .. }
            | Request::Tables { .. }
            | Request::Projection { .. }
            | Request::Migration { .. } => &[],
        };
        let named = fields.iter().filter_map(|field| match &field.ty {
            FieldType::Named(name) => Some(name.pascal().to_owned()),
            _ => None,
        });
        named.filter(|name| !self.knows(name)).collect()
    }

    /// Whether a type has this name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Takes in a type that a person wrote, whose parts are known.
    pub(crate) fn add_by_hand(
        &mut self,
        name: &str,
        definition: &Definition,
    ) -> Result<(), InputError> {
        let name = TypeName::joined(&[name]);
        let leaf = match definition {
            Definition::Value(fields) => {
                let fields = fields.iter().map(|field| self.resolve_one(field, &Owner::Value));
                let fields = fields.collect::<Result<_, _>>()?;
                self.values.push(ValueObject { name, fields, by_hand: true });
                return Ok(());
            }
            Definition::Newtype(field) => Leaf::Newtype(Newtype {
                name,
                inner: Definition::primitive(field),
                rules: field.rules.clone(),
                own: false,
            }),
            Definition::Enum(variants) => {
                Leaf::Enum { name, variants: variants.clone(), own: false }
            }
            Definition::Identity => Leaf::Id(name),
        };
        self.by_hand.push(leaf);
        Ok(())
    }
}
