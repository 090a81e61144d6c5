//! Changing one plain field.

use serde::Serialize;

use super::field::FieldView;
use crate::model::{Aggregate, ModelField};

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ChangeView {
    pub(super) field: FieldView,
    method: String,
    pub(super) event: String,
    pub(super) stored: String,
    pub(crate) command: String,
    pub(crate) snake: String,
    pub(super) segment: String,
}

impl ChangeView {
    pub(super) fn new(aggregate: &Aggregate, field: &ModelField, ident: &str) -> Self {
        let snake = aggregate.name.snake();
        Self {
            field: FieldView::new(field, ident),
            method: format!("change_{}", field.name),
            event: format!("{}Changed", field.name.pascal()),
            stored: format!("{}.{}_changed", aggregate.stored.kind, field.name),
            command: format!("Change{}{}", aggregate.name, field.name.pascal()),
            snake: format!("change_{snake}_{}", field.name),
            segment: field.name.kebab(),
        }
    }
}
