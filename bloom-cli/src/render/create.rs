//! How an aggregate begins.

use serde::Serialize;

use crate::{
    model::{
        Aggregate,
        english::{capital, gerund, past_event},
    },
    request::TypeName,
};

#[derive(Debug, Serialize)]
pub(super) struct CreateView {
    pub(super) method: String,
    pub(super) event: String,
    pub(super) stored: String,
    pub(super) command: String,
    pub(super) handler: String,
    #[serde(rename = "Title")]
    title: String,
    many: bool,
}

/// The event with which it begins.
pub(super) fn event(aggregate: &Aggregate) -> String {
    TypeName::joined(&[&past_event(aggregate.create.plain())]).pascal().to_owned()
}

impl CreateView {
    pub(super) fn new(aggregate: &Aggregate) -> Self {
        let stored = past_event(aggregate.create.plain());
        let snake = aggregate.name.snake();
        Self {
            method: aggregate.create.ident(),
            event: event(aggregate),
            stored: format!("{}.{stored}", aggregate.stored.kind),
            command: format!("{}{}", aggregate.create.pascal(), aggregate.name),
            handler: format!("{}_{snake}", aggregate.create),
            title: capital(&gerund(aggregate.create.plain())),
            many: aggregate.given_fields().len() + 2 > 7,
        }
    }
}
