//! Comparing states.

use crate::domain::Aggregate;

/// Panics unless both have the same version and the same document.
///
/// # Panics
/// When they differ; the message shows both documents.
#[track_caller]
pub fn assert_same_state<A: Aggregate>(left: &A, right: &A) {
    assert_eq!(left.version(), right.version(), "the versions differ");
    let document = |aggregate: &A| match aggregate.to_document() {
        Ok(document) => document,
        Err(error) => panic!("{} cannot be written as a document: {error}", A::NAME),
    };
    assert_eq!(document(left), document(right), "the states differ");
}
