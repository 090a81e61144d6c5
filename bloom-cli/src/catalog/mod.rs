//! What a project consists of, in the words of its people: pure data that is listed, drawn and compared.

mod aggregate;

use serde::Serialize;

pub(crate) use self::aggregate::{AggregateEntry, FieldEntry, PolicyEntry};
use crate::{
    model::Context,
    project::{Database, Settings},
};

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Catalog {
    pub(crate) project: String,
    pub(crate) database: Database,
    pub(crate) web: bool,
    pub(crate) contexts: Vec<ContextEntry>,
}

/// A bounded context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ContextEntry {
    pub(crate) name: String,
    pub(crate) values: Vec<ValueEntry>,
    pub(crate) aggregates: Vec<AggregateEntry>,
    pub(crate) services: Vec<String>,
    /// Steps of the schema that people write.
    pub(crate) migrations: Vec<String>,
}

/// A value object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ValueEntry {
    pub(crate) name: String,
    pub(crate) fields: Vec<FieldEntry>,
}

impl Catalog {
    pub(crate) fn new(settings: &Settings, context: &Context) -> Self {
        let values = context.values.iter().filter(|value| !value.by_hand).map(|value| ValueEntry {
            name: value.name.pascal().to_owned(),
            fields: value.fields.iter().map(FieldEntry::new).collect(),
        });
        let entry = ContextEntry {
            name: context.module.clone(),
            values: values.collect(),
            aggregates: context
                .aggregates
                .iter()
                .map(|aggregate| AggregateEntry::new(aggregate, settings.web))
                .collect(),
            services: context.services.iter().map(|name| name.pascal().to_owned()).collect(),
            migrations: context
                .migrations
                .iter()
                .map(|(number, name)| format!("{number:04}_{name}"))
                .collect(),
        };
        Self {
            project: settings.name.clone(),
            database: settings.database,
            web: settings.web,
            contexts: vec![entry],
        }
    }
}
