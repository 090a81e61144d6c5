//! An aggregate in the catalogue.

use heck::ToSnakeCase;
use serde::Serialize;

use crate::{
    model::{Aggregate, Leaf, ModelField},
    render::{behaviours, questions},
    request::Variant,
};

/// An aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AggregateEntry {
    pub(crate) name: String,
    /// Whether it is loaded from its events.
    pub(crate) event_sourced: bool,
    pub(crate) fields: Vec<FieldEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<StateEntry>,
    pub(crate) entities: Vec<EntityEntry>,
    pub(crate) behaviours: Vec<BehaviourEntry>,
    pub(crate) questions: Vec<QuestionEntry>,
    /// The questions that were asked for by name.
    pub(crate) queries: Vec<String>,
    pub(crate) specifications: Vec<String>,
    pub(crate) factories: Vec<String>,
    pub(crate) policies: Vec<PolicyEntry>,
    pub(crate) projections: Vec<ProjectionEntry>,
    /// Whether it has a repository of the context's own.
    pub(crate) repository: bool,
    /// Whether it is kept in tables of its own.
    pub(crate) relational: bool,
}

/// A field, with its type in Rust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldEntry {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) ty: String,
    /// The type within an option or a list.
    #[serde(skip)]
    pub(crate) leaf: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unique: bool,
}

/// The states an aggregate goes through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StateEntry {
    pub(crate) field: String,
    pub(crate) states: Vec<String>,
    pub(crate) initial: String,
}

/// A list of entities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct EntityEntry {
    pub(crate) name: String,
    pub(crate) list: String,
    pub(crate) fields: Vec<FieldEntry>,
    #[serde(rename = "while", skip_serializing_if = "Vec::is_empty")]
    pub(crate) states: Vec<String>,
}

/// A command and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BehaviourEntry {
    pub(crate) command: String,
    pub(crate) event: String,
    /// The event's name in the log.
    pub(crate) stored: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) from: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
    #[serde(rename = "if", skip_serializing_if = "Vec::is_empty")]
    pub(crate) guards: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) route: Option<String>,
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct QuestionEntry {
    pub(crate) query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) route: Option<String>,
}

/// What follows from an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PolicyEntry {
    pub(crate) name: String,
    pub(crate) event: String,
    /// The event as it is asked for: `order.placed`.
    pub(crate) on: String,
}

/// A read model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ProjectionEntry {
    pub(crate) name: String,
    pub(crate) migration: usize,
}

impl FieldEntry {
    pub(super) fn new(field: &ModelField) -> Self {
        Self {
            name: field.name.plain().to_owned(),
            ty: field.ty(),
            leaf: match &field.leaf {
                Leaf::Struct(value) => value.name.pascal().to_owned(),
                leaf => leaf.ty(),
            },
            unique: field.unique,
        }
    }
}

impl AggregateEntry {
    pub(super) fn new(aggregate: &Aggregate, web: bool) -> Self {
        let texts = |variants: &[Variant]| -> Vec<String> {
            variants.iter().map(|variant| variant.text.clone()).collect()
        };
        let root = aggregate.name.pascal();
        let transition = |command: &str| {
            aggregate
                .commands
                .iter()
                .find(|known| format!("{}{root}", known.verb.pascal()) == command)
        };
        let behaviours = behaviours(aggregate).into_iter().map(|behaviour| {
            let known = transition(&behaviour.command);
            BehaviourEntry {
                from: known.map(|known| texts(&known.from)).unwrap_or_default(),
                to: known.and_then(|known| known.to.as_ref()).map(|to| to.text.clone()),
                guards: known.map_or_else(Vec::new, |known| {
                    known.guards.iter().map(|guard| guard.field().plain().to_owned()).collect()
                }),
                route: web.then(|| route(behaviour.method, &behaviour.path)),
                command: behaviour.command,
                event: behaviour.event,
                stored: behaviour.stored,
            }
        });
        let policies = aggregate.policies.iter().map(|policy| PolicyEntry {
            name: policy.name.pascal().to_owned(),
            event: policy.event.clone(),
            on: format!("{}.{}", aggregate.name.snake(), policy.event.to_snake_case()),
        });
        let policies = policies.collect();
        let questions = questions(aggregate).into_iter().map(|question| QuestionEntry {
            query: question.query,
            route: web.then(|| route("get", &question.path)),
        });
        Self {
            name: root.to_owned(),
            event_sourced: aggregate.event_sourced,
            fields: aggregate.fields.iter().map(FieldEntry::new).collect(),
            state: aggregate.state().map(|state| StateEntry {
                field: state.field.name.plain().to_owned(),
                states: texts(state.variants),
                initial: state.initial.text.clone(),
            }),
            entities: aggregate
                .entities
                .iter()
                .map(|entity| EntityEntry {
                    name: entity.name.pascal().to_owned(),
                    list: entity.list.plain().to_owned(),
                    fields: entity.fields.iter().map(FieldEntry::new).collect(),
                    states: texts(&entity.states),
                })
                .collect(),
            behaviours: behaviours.collect(),
            questions: questions.collect(),
            queries: aggregate.queries.iter().map(|one| one.name.pascal().to_owned()).collect(),
            specifications: aggregate
                .specifications
                .iter()
                .map(|one| one.name.plain().to_owned())
                .collect(),
            factories: aggregate.factories.iter().map(|one| one.pascal().to_owned()).collect(),
            policies,
            projections: aggregate
                .projections
                .iter()
                .map(|one| ProjectionEntry {
                    name: one.name.pascal().to_owned(),
                    migration: one.migration,
                })
                .collect(),
            repository: aggregate.repository,
            relational: aggregate.tables.is_some(),
        }
    }
}

/// `POST /orders/{id}/place`.
fn route(method: &str, path: &str) -> String {
    format!("{} {path}", method.to_uppercase())
}
