//! Requests: as they are kept in `.bloom/`, and as they are meant.

use serde::{Deserialize, Serialize};

use super::{InputError, Request};

/// Names in the log and in the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredNames {
    /// The kind, with which the names of its events begin.
    pub(crate) kind: String,
    /// The table of its documents.
    pub(crate) table: String,
}

/// What was typed, in the order it was typed. This is what is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "generate", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Sentence {
    ValueObject {
        name: String,
        fields: Vec<String>,
    },
    Aggregate {
        name: String,
        fields: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plural: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        create: Option<String>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        no_change: bool,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        event_sourced: bool,
        /// What it was called when it was first written, where that is another name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stored: Option<StoredNames>,
        /// The number of its migration: not asked for, but given when it was first written, since two branches may both
        /// have added an aggregate when they meet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        migration: Option<usize>,
    },
    Entity {
        name: String,
        root: String,
        fields: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        states: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<String>,
    },
    Command {
        root: String,
        sentence: String,
    },
    /// `add field`.
    Field {
        owner: String,
        field: String,
    },
    /// `add variant`.
    Variants {
        owner: String,
        field: String,
        variants: Vec<String>,
    },
    /// `add rule`.
    Rules {
        owner: String,
        field: String,
    },
    Repository {
        root: String,
    },
    /// `repository --relational`.
    Tables {
        root: String,
        /// As with an aggregate's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<usize>,
    },
    Migration {
        name: String,
        /// As with an aggregate's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<usize>,
    },
    Projection {
        name: String,
        root: String,
        /// As with an aggregate's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<usize>,
    },
    Specification {
        name: String,
        root: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<String>,
    },
    Query {
        name: String,
        root: String,
        fields: Vec<String>,
    },
    Service {
        name: String,
    },
    Factory {
        name: String,
        root: String,
    },
    Policy {
        name: String,
        /// The aggregate and its event: `order.placed`.
        on: String,
    },
}

impl Sentence {
    /// What tells this request from others: the same key again is the same thing.
    pub(crate) fn key(&self) -> Result<String, InputError> {
        Ok(match self.request()? {
            Request::ValueObject { name, .. } => format!("value-object {name}"),
            Request::Aggregate(aggregate) => format!("aggregate {}", aggregate.name),
            Request::Entity(entity) => format!("entity {}", entity.name),
            Request::Command { root, command } => format!("command {root} {}", command.verb),
            Request::Field { owner, field } => format!("field {owner} {}", field.name),
            Request::Variants { owner, field, variants } => {
                let texts: Vec<&str> =
                    variants.iter().map(|variant| variant.text.as_str()).collect();
                format!("variant {owner} {field} {}", texts.join(" "))
            }
            Request::Rules { owner, field } => format!("rule {owner} {}", field.name),
            Request::Repository { root } => format!("repository {root}"),
            Request::Tables { root, .. } => format!("tables {root}"),
            Request::Migration { name, .. } => format!("migration {name}"),
            Request::Projection { name, .. } => format!("projection {name}"),
            Request::Specification { name, root, .. } => format!("specification {root} {name}"),
            Request::Query { name, .. } => format!("query {name}"),
            Request::Service { name } => format!("service {name}"),
            Request::Factory { name, .. } => format!("factory {name}"),
            Request::Policy { name, .. } => format!("policy {name}"),
        })
    }

    /// The aggregate or entity that this adds to, as it was typed.
    pub(crate) fn root(&self) -> Option<&str> {
        match self {
            Self::ValueObject { .. }
            | Self::Aggregate { .. }
            | Self::Migration { .. }
            | Self::Service { .. } => None,
            Self::Entity { root, .. }
            | Self::Command { root, .. }
            | Self::Repository { root }
            | Self::Tables { root, .. }
            | Self::Projection { root, .. }
            | Self::Specification { root, .. }
            | Self::Query { root, .. }
            | Self::Factory { root, .. } => Some(root),
            Self::Policy { on, .. } => on.split_once('.').map(|(root, _)| root),
            Self::Field { owner, .. }
            | Self::Variants { owner, .. }
            | Self::Rules { owner, .. } => Some(owner),
        }
    }

    /// What was asked for, without what Bloom added to it.
    pub(crate) fn asked(&self) -> Self {
        let mut asked = self.clone();
        if let Self::Aggregate { migration: number, .. }
        | Self::Tables { number, .. }
        | Self::Migration { number, .. }
        | Self::Projection { number, .. } = &mut asked
        {
            *number = None;
        }
        asked
    }

    /// The same with the number of the migration that another one was given.
    pub(crate) fn numbered_as(&self, other: &Self) -> Self {
        let mut sentence = self.clone();
        if let (
            Self::Aggregate { migration: number, .. },
            Self::Aggregate { migration: given, .. },
        )
        | (
            Self::Tables { number, .. }
            | Self::Migration { number, .. }
            | Self::Projection { number, .. },
            Self::Tables { number: given, .. }
            | Self::Migration { number: given, .. }
            | Self::Projection { number: given, .. },
        ) = (&mut sentence, other)
        {
            *number = *given;
        }
        sentence
    }

    /// What is recorded once it is done: what has a migration has the newest one.
    pub(crate) fn done(mut self, newest_migration: usize) -> Self {
        if let Self::Aggregate { migration: number, .. }
        | Self::Tables { number, .. }
        | Self::Migration { number, .. }
        | Self::Projection { number, .. } = &mut self
        {
            *number = Some(newest_migration);
        }
        self
    }
}
