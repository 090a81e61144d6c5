//! Specifications for their templates.

use serde::Serialize;

use super::{
    field::sample_uses,
    finder::{FinderView, finder, leaf_types},
    imports,
};
use crate::model::{Aggregate, Specification, english::capital};

/// A named question.
#[derive(Debug, Serialize)]
pub(crate) struct SpecificationView {
    pub(crate) module: String,
    pub(crate) file: String,
    name: String,
    #[serde(rename = "Label")]
    label: String,
    fields: Vec<FinderView>,
    uses: String,
    test_uses: String,
}

pub(super) fn specification(
    aggregate: &Aggregate,
    specification: &Specification,
) -> SpecificationView {
    let fields = aggregate.fields.iter().filter(|field| specification.fields.contains(&field.name));
    let mut uses: Vec<String> = fields.clone().flat_map(leaf_types).collect();
    uses.push(aggregate.name.pascal().to_owned());
    let given = aggregate.given_fields();
    let test_uses = given.into_iter().flat_map(sample_uses).filter(|name| !uses.contains(name));
    SpecificationView {
        module: specification.name.ident(),
        file: specification.name.plain().to_owned(),
        name: specification.name.ident(),
        label: capital(&specification.name.label()),
        test_uses: imports(test_uses.collect::<Vec<_>>()),
        uses: imports(uses),
        fields: fields.filter_map(|field| finder(aggregate, field)).collect(),
    }
}
