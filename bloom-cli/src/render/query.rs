//! Queries for their templates.

use serde::Serialize;

use super::{
    field::{FieldView, parse_uses, sample_uses},
    finder::{FinderView, finder, leaf_types},
    imports,
    sample::of_field,
};
use crate::{
    model::{Aggregate, Cardinality, Leaf, ModelField, Query},
    request::name::identifier,
};

/// A query.
#[derive(Debug, Serialize)]
pub(crate) struct QueryView {
    pascal: String,
    pub(crate) snake: String,
    pub(super) path: String,
    asked: Vec<FinderView>,
    /// The same as they come over HTTP, each of which may be left out.
    parameters: Vec<FieldView>,
    checked: bool,
    uses: String,
    http_uses: String,
    /// Values with which it finds the one of the tests, and with which it does not.
    hits: String,
    misses: Vec<String>,
}

pub(super) fn query(aggregate: &Aggregate, query: &Query, path: &str) -> QueryView {
    let fields: Vec<&ModelField> =
        aggregate.fields.iter().filter(|field| query.fields.contains(&field.name)).collect();
    let owner = identifier(&aggregate.name.snake());
    let parameters: Vec<FieldView> = fields
        .iter()
        .map(|field| {
            let cardinality = Cardinality::Optional;
            let optional = ModelField { cardinality, default: None, ..(*field).clone() };
            FieldView::new(&optional, &owner)
        })
        .collect();
    let mut uses: Vec<String> = fields.iter().flat_map(|field| leaf_types(field)).collect();
    uses.push(aggregate.name.pascal().to_owned());
    let http_uses = fields.iter().flat_map(|field| match &field.leaf {
        Leaf::Id(_) | Leaf::Enum { .. } => leaf_types(field),
        _ => parse_uses(field),
    });
    let http_uses = imports(http_uses);
    let of = |field: &ModelField, other| value(aggregate, field, other);
    let hits: Vec<String> = fields.iter().filter_map(|field| of(field, false)).collect();
    QueryView {
        pascal: query.name.pascal().to_owned(),
        snake: query.name.snake(),
        path: format!("{path}/{}", heck::ToKebabCase::to_kebab_case(query.name.pascal())),
        asked: fields.iter().filter_map(|field| finder(aggregate, field)).collect(),
        checked: parameters.iter().any(|parameter| parameter.checked),
        parameters,
        uses: imports(uses),
        http_uses,
        hits: hits.join("&"),
        misses: fields.iter().filter_map(|field| of(field, true)).collect(),
    }
}

/// The types that its test in a store names.
pub(super) fn test_types_of(aggregate: &Aggregate, query: &Query) -> Vec<String> {
    let fields = aggregate.fields.iter().filter(|field| query.fields.contains(&field.name));
    fields
        .flat_map(|field| {
            let one = ModelField { cardinality: Cardinality::One, ..field.clone() };
            let state = aggregate.state().is_some_and(|state| state.field.name == field.name);
            if state { leaf_types(field) } else { sample_uses(&one) }
        })
        .collect()
}

/// `status=draft`: what the one of the tests has, or what it has not.
fn value(aggregate: &Aggregate, field: &ModelField, other: bool) -> Option<String> {
    let state = aggregate.state().filter(|state| state.field.name == field.name);
    let text = match state {
        Some(state) if other => {
            state.variants.iter().find(|variant| *variant != state.initial)?.text.clone()
        }
        Some(state) => state.initial.text.clone(),
        None => {
            let one = ModelField { cardinality: Cardinality::One, ..field.clone() };
            let sample = of_field(&one, other)?;
            if other && of_field(&one, false).is_some_and(|first| first.json == sample.json) {
                return None;
            }
            let json: serde_json::Value = serde_json::from_str(&sample.json).ok()?;
            json.as_str().map_or_else(|| json.to_string(), str::to_owned)
        }
    };
    let encoded: String = text
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    Some(format!("{}={encoded}", field.name))
}
