//! What a commit writes.

use std::collections::BTreeMap;

use super::{DocumentWrite, Position, StreamId};
use crate::domain::{Metadata, Version};

/// What one unit of work writes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// Whose it is; empty where tenants are not kept apart. That of each stream, too.
    pub tenant: String,
    /// At most one append per stream.
    pub appends: Vec<StreamAppend>,
    /// Streams that must still be at a version, though nothing is appended to them.
    pub guards: BTreeMap<StreamId, Version>,
    /// The outcome of the command, when it has an id.
    pub outcome: Option<Outcome>,
}

/// New events of one aggregate, and what follows from them.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamAppend {
    /// The aggregate.
    pub stream: StreamId,
    /// The version it must have.
    pub expected: Version,
    /// The events, at least one.
    pub events: Vec<NewEvent>,
    /// The state after them, when it is stored as a document.
    pub document: Option<DocumentWrite>,
    /// The unique values it has from now on; what it had before and is not here becomes free.
    pub keys: Vec<KeyClaim>,
}

impl StreamAppend {
    /// The version it leads to.
    #[must_use]
    pub fn version(&self) -> Version {
        self.expected.after(self.events.len())
    }
}

/// An event that has no position yet.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// The stored name.
    pub name: &'static str,
    /// The revision.
    pub revision: u32,
    /// The payload as JSON text.
    pub body: String,
    /// Who, when and why.
    pub metadata: Metadata,
}

/// A unique value that an aggregate reserves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyClaim {
    /// The field.
    pub field: &'static str,
    /// The value in canonical JSON.
    pub value: String,
}

/// What became of a command, kept under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The key of the command.
    pub key: String,
    /// The digest of the command.
    pub fingerprint: String,
    /// What its handler returned, as JSON text.
    pub body: String,
}

/// What was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Committed {
    /// The place of its last event; `None` when it had none.
    pub position: Option<Position>,
}
