//! The events that a program can read.

use crate::domain::{Aggregate, DecodeError, DomainEvent, EventShape};

/// What a program knows of the events of one kind of aggregate.
#[derive(Debug, Clone, Copy)]
pub struct KnownEvents {
    /// The stored name of the aggregate.
    pub aggregate: &'static str,
    shapes: fn() -> Vec<EventShape>,
    decode: fn(&str, u32, &str) -> Result<(), DecodeError>,
}

impl KnownEvents {
    pub(super) const fn of<A: Aggregate>() -> Self {
        Self {
            aggregate: A::NAME,
            shapes: A::Event::shapes,
            decode: |name, revision, body| A::Event::from_body(name, revision, body).map(drop),
        }
    }

    /// The shape of every revision that it reads.
    #[must_use]
    pub fn shapes(&self) -> Vec<EventShape> {
        (self.shapes)()
    }

    /// Whether it reads this.
    ///
    /// # Errors
    /// Why not.
    pub fn reads(&self, name: &str, revision: u32, body: &str) -> Result<(), DecodeError> {
        (self.decode)(name, revision, body)
    }
}
