//! The event that everybody stores.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A line was added to an order: exactly two hundred bytes as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// The order, which is the stream.
    pub id: Uuid,
    /// Whose order it is.
    pub customer: Uuid,
    /// Some text.
    pub note: String,
    /// An amount of six digits.
    pub total: i64,
}

impl Added {
    /// The stored name of the event.
    pub const NAME: &'static str = "order.added";

    /// The number `number` of a stream.
    #[must_use]
    pub fn new(id: Uuid, number: usize) -> Self {
        const NOTE: &str =
            "left at the back door, please ring twice and wait until somebody opens; no stamp";
        let total = 100_000 + i64::try_from(number % 900_000).unwrap_or_default();
        Self { id, customer: Uuid::from_u128(7), note: NOTE.to_owned(), total }
    }

    /// So many new ones.
    pub fn several(id: Uuid, count: usize) -> impl Iterator<Item = Self> {
        (0..count).map(move |number| Self::new(id, number))
    }

    /// As JSON.
    ///
    /// # Errors
    /// Never, in truth: every field is plain.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_two_hundred_bytes() {
        let body = Added::new(Uuid::from_u128(1), 899_999).to_json().unwrap();
        assert_eq!(body.len(), 200);
    }
}
