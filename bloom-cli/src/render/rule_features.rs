//! The features of the runtime that the rules of a context need.

use crate::{
    model::{Context, Leaf, ModelField},
    request::Item,
};

/// The features without which the rules of these fields would not compile, in order.
pub(crate) fn rule_features(context: &Context) -> Vec<&'static str> {
    let rules: Vec<&Item> = context.fields().flat_map(rules).collect();
    let mut features = Vec::new();
    if rules.iter().any(|rule| matches!(rule, Item::Matches(_))) {
        features.push("matches");
    }
    if rules.contains(&&Item::Url) {
        features.push("url");
    }
    features
}

fn rules(field: &ModelField) -> impl Iterator<Item = &Item> {
    let of_leaf = match &field.leaf {
        Leaf::Newtype(newtype) => Some(newtype),
        _ => None,
    };
    field.inline.iter().chain(of_leaf).flat_map(|newtype| &newtype.rules)
}
