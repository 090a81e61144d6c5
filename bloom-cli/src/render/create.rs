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
    event: String,
    stored: String,
    pub(super) command: String,
    pub(super) handler: String,
    #[serde(rename = "Title")]
    title: String,
    many: bool,
}

impl CreateView {
    pub(super) fn new(aggregate: &Aggregate) -> Self {
        let event = past_event(aggregate.create.plain());
        let snake = aggregate.name.snake();
        Self {
            method: aggregate.create.ident(),
            event: TypeName::joined(&[&event]).pascal().to_owned(),
            stored: format!("{snake}.{event}"),
            command: format!("{}{}", aggregate.create.pascal(), aggregate.name),
            handler: format!("{}_{snake}", aggregate.create),
            title: capital(&gerund(aggregate.create.plain())),
            many: aggregate.given_fields().len() + 2 > 7,
        }
    }
}
