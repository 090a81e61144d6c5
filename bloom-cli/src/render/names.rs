//! The names that an aggregate brings into the code of a project.

use super::{errors::errors, exports::own_types, use_case::use_cases};
use crate::model::Aggregate;

/// The names, in an order that depends on its parts alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamesOf {
    pub(crate) types: Vec<String>,
    /// Modules and functions.
    pub(crate) words: Vec<String>,
    /// The variants of its error.
    pub(crate) errors: Vec<String>,
    /// The method of a unit of work that gives its repository.
    pub(crate) accessor: String,
}

/// The names of an aggregate.
pub(crate) fn names_of(aggregate: &Aggregate) -> NamesOf {
    let root = aggregate.name.pascal();
    let mut types = own_types(aggregate);
    let plural = aggregate.plural.pascal();
    types.extend([
        format!("{root}Error"),
        format!("{root}View"),
        plural.clone(),
        format!("Has{plural}"),
        format!("Stored{plural}"),
    ]);
    let mut words = vec![aggregate.name.snake(), aggregate.plural.plain().to_owned()];
    for case in use_cases(aggregate) {
        types.extend([
            format!("{}Handler", case.pascal),
            format!("{}Body", case.pascal),
            format!("{}Parameters", case.pascal),
            case.pascal,
        ]);
        words.push(case.snake);
    }
    let errors = errors(aggregate).into_iter().map(|error| error.pascal).collect();
    NamesOf { types, words, errors, accessor: aggregate.plural.plain().to_owned() }
}
