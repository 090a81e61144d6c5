//! Factories for their templates.

use serde::Serialize;

use super::{field::sample_uses, imports};
use crate::{
    model::{Aggregate, input},
    request::TypeName,
};

/// What builds an aggregate.
#[derive(Debug, Serialize)]
pub(crate) struct FactoryView {
    pascal: String,
    pub(crate) snake: String,
    /// What it builds from.
    input: String,
    uses: String,
    test_uses: String,
}

pub(super) fn factory(aggregate: &Aggregate, name: &TypeName) -> FactoryView {
    let given = aggregate.given_fields();
    let root = aggregate.name.pascal();
    let mut uses: Vec<String> = given.iter().flat_map(|field| field.types()).collect();
    uses.extend([root.to_owned(), format!("{root}Id")]);
    let samples = given.into_iter().flat_map(sample_uses);
    let test_uses: Vec<String> = samples.filter(|name| !uses.contains(name)).collect();
    FactoryView {
        pascal: name.pascal().to_owned(),
        snake: name.snake(),
        input: input(name),
        uses: imports(uses),
        test_uses: imports(test_uses),
    }
}
