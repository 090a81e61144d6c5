//! The finders of a repository for their templates.

use serde::Serialize;

use super::sample::of_field;
use crate::model::{Aggregate, Cardinality, Leaf, ModelField};

#[derive(Debug, Serialize)]
pub(super) struct FinderView {
    name: String,
    plain: String,
    label: String,
    value_ty: String,
    finder_test: bool,
    finder_hit: String,
    finder_miss: String,
}

/// A finder for a field that holds one value with an equality.
pub(super) fn finder(aggregate: &Aggregate, field: &ModelField) -> Option<FinderView> {
    if !field.has_one_equality() {
        return None;
    }
    let one = ModelField { cardinality: Cardinality::One, ..field.clone() };
    let state = aggregate.state().filter(|state| state.field.name == field.name);
    let (hit, miss) = match state {
        Some(state) => {
            let other = state.variants.iter().find(|variant| *variant != state.initial);
            let text = |variant: &crate::request::Variant| {
                format!("{}::{}", state.name, variant.name.pascal())
            };
            (Some(text(state.initial)), other.map(text))
        }
        None => (
            of_field(&one, false).map(|sample| sample.rust),
            of_field(&one, true).map(|sample| sample.rust),
        ),
    };
    Some(FinderView {
        name: field.name.ident(),
        plain: field.name.plain().to_owned(),
        label: field.name.label(),
        value_ty: field.leaf.ty(),
        finder_test: hit.is_some() && miss.is_some(),
        finder_hit: hit.unwrap_or_default(),
        finder_miss: miss.unwrap_or_default(),
    })
}

pub(super) fn leaf_types(field: &ModelField) -> Vec<String> {
    match &field.leaf {
        Leaf::Primitive(_) => Vec::new(),
        leaf => vec![leaf.ty()],
    }
}
