//! The order of what is found.

use std::cmp::Ordering;

use super::{FieldPath, Json, Kind};

/// One field by which to sort. What is absent comes first, and last where the order is descending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    /// The field.
    pub path: FieldPath,
    /// How it is stored.
    pub kind: Kind,
    /// Whether the greatest comes first.
    pub descending: bool,
}

impl SortKey {
    /// The value by which a document is sorted; null where it has none.
    #[must_use]
    pub fn value_of(&self, document: &Json) -> Json {
        self.path.value_in(document).cloned().unwrap_or_default()
    }
}

/// The order of two documents, each with its id, as every storage sorts them: by the keys, and by id where all are equal.
#[must_use]
pub fn in_order(keys: &[SortKey], left: (&str, &Json), right: (&str, &Json)) -> Ordering {
    for key in keys {
        let order = match (key.path.value_in(left.1), key.path.value_in(right.1)) {
            (Some(left), Some(right)) => key.kind.compare(left, right).unwrap_or(Ordering::Equal),
            (left, right) => left.is_some().cmp(&right.is_some()),
        };
        if order.is_ne() {
            return if key.descending { order.reverse() } else { order };
        }
    }
    left.0.cmp(right.0)
}
