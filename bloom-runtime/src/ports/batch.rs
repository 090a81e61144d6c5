//! What a commit writes.

use std::{borrow::Cow, collections::BTreeMap};

use super::{DocumentWrite, EventQuery, Position, StreamId};
use crate::domain::{Metadata, Uuid, Version};

/// What one unit of work writes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// Whose it is; empty where tenants are not kept apart. That of each stream, too.
    pub tenant: String,
    /// At most one append per stream.
    pub appends: Vec<StreamAppend>,
    /// Events that nobody derives anything from here: no document, no unique values. At most one for each stream, of which there is no append
    /// and no guard.
    pub additions: Vec<Addition>,
    /// What must not have happened meanwhile.
    pub boundaries: Vec<Boundary>,
    /// The keys with which something in it was encrypted: they must still be there.
    pub keys_used: Vec<KeyUsed>,
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

/// New events of one stream, and nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct Addition {
    /// The stream.
    pub stream: StreamId,
    /// What it must be like.
    pub expected: Expected,
    /// The events, at least one.
    pub events: Vec<NewEvent>,
}

/// What a stream must be like for something to be appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Like anything: the events come behind whatever is there.
    Any,
    /// Without any event.
    None,
    /// At exactly this version.
    Exact(Version),
}

impl Expected {
    /// The version it must be at, if it must be at one.
    #[must_use]
    pub const fn version(self) -> Option<Version> {
        match self {
            Self::Any => None,
            Self::None => Some(Version::NEW),
            Self::Exact(version) => Some(version),
        }
    }
}

/// A key with which something was encrypted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyUsed {
    /// Whose data it is.
    pub tenant: String,
    /// The person.
    pub subject: String,
    /// What tells the key from others of the same person.
    pub key_id: Uuid,
}

/// What a decision relies on: that no event of these has come after a place in the log. It is held against the log as the commit finds
/// it, so that of several who rely on the same, one commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// Which events.
    pub query: EventQuery,
    /// How far they are known.
    pub after: Position,
}

/// An event that has no position yet.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// The stored name.
    pub name: Cow<'static, str>,
    /// The revision.
    pub revision: u32,
    /// The payload as JSON text.
    pub body: String,
    /// Who, when and why.
    pub metadata: Metadata,
    /// The fields of the payload that have to be concealed before it is stored.
    pub personal: &'static [&'static str],
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
