//! Events that a projection cannot take, set aside with those that follow them in their streams, while all others go on.
//!
//! Of each stream the first one that is set aside says why; those behind it wait without being tried, so that each stream keeps its
//! order. All of it is written by whoever holds the checkpoint, as everything else of the projection is.

mod giving_way;
mod looking_after;
pub(super) mod reason;
pub(super) mod rows;

use bloom_runtime::ports::{Position, StreamId};

/// An event that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedEvent {
    /// Its place in the log.
    pub position: Position,
    /// Its aggregate.
    pub stream: StreamId,
    /// Why it could not be taken; `None` for one that waits behind another of its aggregate.
    pub failure: Option<String>,
}

/// What came of taking again what was set aside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retried {
    /// How many events are in the tables now.
    pub taken: u64,
    /// How many are still set aside.
    pub left: u64,
}
