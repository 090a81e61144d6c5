//! What the requests of a project add up to: contexts, aggregates, values.
//!
//! Pure: a request is applied to a model and gives the next model or says what does not fit.

mod aggregate;
mod apply;
mod by_hand;
mod collisions;
pub(crate) mod english;
mod growth;
mod lookup;
mod methods;
mod policy;
mod projection;
mod question;
mod service;
mod transition;
mod types;

pub(crate) use aggregate::{
    Aggregate, Command, Entity, Guard, Policy, Projection, Query, Specification, Tables,
};
pub(crate) use service::input;
pub(crate) use types::{Cardinality, Leaf, ModelField, Newtype, ValueObject};

use crate::request::{FieldName, TypeName};

/// A bounded context.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Context {
    /// The module.
    pub(crate) module: String,
    pub(crate) values: Vec<ValueObject>,
    /// Other types that people wrote: wrapped primitives, enums, identities.
    by_hand: Vec<Leaf>,
    pub(crate) aggregates: Vec<Aggregate>,
    /// Rules that belong to no one aggregate.
    pub(crate) services: Vec<TypeName>,
    /// Steps of the schema that people write: number and name.
    pub(crate) migrations: Vec<(usize, FieldName)>,
    /// The highest number among the steps of the schema that lie in the project, whoever wrote them.
    pub(crate) highest_step: usize,
}

impl Context {
    pub(crate) fn new(module: String) -> Self {
        Self {
            module,
            values: Vec::new(),
            by_hand: Vec::new(),
            aggregates: Vec::new(),
            services: Vec::new(),
            migrations: Vec::new(),
            highest_step: 0,
        }
    }

    /// The number of the newest migration; 0 when there is none.
    pub(crate) fn newest_migration(&self) -> usize {
        let of_aggregates = self.aggregates.iter().map(|aggregate| aggregate.migration);
        let own = self.migrations.iter().map(|(number, _)| *number);
        let tables = self.aggregates.iter().filter_map(|aggregate| aggregate.tables.as_ref());
        let projections = self.aggregates.iter().flat_map(|aggregate| &aggregate.projections);
        let own = own
            .chain(tables.map(|tables| tables.migration))
            .chain(projections.map(|projection| projection.migration));
        of_aggregates.chain(own).chain([self.highest_step]).max().unwrap_or_default()
    }

    /// Every field there is.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &ModelField> {
        let of_aggregates = self.aggregates.iter().flat_map(|aggregate| {
            let entities = aggregate.entities.iter().flat_map(|entity| &entity.fields);
            let arguments = aggregate.commands.iter().flat_map(|command| &command.arguments);
            aggregate.fields.iter().chain(entities).chain(arguments)
        });
        self.values.iter().flat_map(|value| &value.fields).chain(of_aggregates)
    }

    pub(crate) fn aggregate(&self, name: &str) -> Option<&Aggregate> {
        self.aggregates.iter().find(|aggregate| aggregate.name.pascal() == name)
    }
}
