//! Taking old events out of the log, which keeps their positions.

use super::{Position, StoreError, StreamId};
use crate::domain::Version;

/// The first events of a stream, which are to go.
///
/// Position, version, id and time of each of them stay, under the name of [`Lifecycle::Truncated`](super::Lifecycle): no reader
/// of the log meets a hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truncation {
    /// The stream.
    pub stream: StreamId,
    /// The last of its events that goes.
    pub up_to: Version,
    /// What is known instead.
    pub instead: Instead,
}

impl Truncation {
    /// What a storage says when the stream has not come as far, or nothing would be left of it that could be read.
    #[must_use]
    pub fn too_far(&self) -> StoreError {
        let Self { stream, up_to, .. } = self;
        let reason = format!(
            "it cannot be truncated up to event {up_to}, beyond which nothing is left of it"
        );
        StoreError::BadAppend { stream: format!("`{stream}`"), reason }
    }
}

/// What is known of an aggregate instead of its first events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instead {
    /// This, as the payload of [`Lifecycle::Genesis`](super::Lifecycle), in the place of the last event that goes.
    Genesis(String),
    /// Nothing, since it is gone for good.
    Nothing,
}

/// Somebody who follows the log, and how far they have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogReader {
    /// Their stored name.
    pub name: String,
    /// Everything up to here they know.
    pub position: Position,
}
