//! States of aggregates that are loaded from events, kept so that few events are read.

use crate::domain::{Timestamp, Version};

/// The state of an aggregate after some of its events. It follows from them, and may be lost without harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// The version it has.
    pub version: Version,
    /// The shape of the state when it was taken.
    pub shape: String,
    /// The state as JSON text.
    pub body: String,
    /// When it was taken.
    pub at: Timestamp,
}
