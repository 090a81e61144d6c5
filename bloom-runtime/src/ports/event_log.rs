//! The one log: every committed event, in one order without holes.

use std::{fmt, future::Future, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{EventSelection, StoreError, StreamSlice};
use crate::domain::{DomainEvent, Metadata, Version};

/// A place in the log: 1, 2, 3... without holes, given at commit.
///
/// A reader that wants everything may assert that each position is the one before plus one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);

    /// The place with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The events of one aggregate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId {
    /// Whose aggregate it is; empty where tenants are not kept apart.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tenant: String,
    /// The stored name of the aggregate.
    pub aggregate: String,
    /// The id of the aggregate.
    pub id: String,
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.aggregate, self.id)
    }
}

/// An event as the log holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its place in the log.
    pub position: Position,
    /// The aggregate it belongs to.
    pub stream: StreamId,
    /// The version it brought the aggregate to.
    pub version: Version,
    /// The stored name.
    pub name: String,
    /// The revision of the payload.
    pub revision: u32,
    /// The payload as JSON text.
    pub body: String,
    /// The payload as it is stored, where that is another: with what is personal encrypted.
    pub concealed: Option<String>,
    /// Who, when and why.
    pub metadata: Metadata,
}

impl RecordedEvent {
    /// What happened, whichever revision of it is stored.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], with the position, when it does not decode.
    pub fn decode<E: DomainEvent>(&self) -> Result<E, StoreError> {
        E::from_body(&self.name, self.revision, &self.body).map_err(|source| {
            let place = format!("event {} of the log", self.position);
            StoreError::Corrupt { place, source: source.into() }
        })
    }
}

/// What an aggregate is folded from: an event without where, who and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The version it brought the aggregate to.
    pub version: Version,
    /// The stored name.
    pub name: Arc<str>,
    /// The revision of the payload.
    pub revision: u32,
    /// The payload as JSON text.
    pub body: String,
}

impl From<RecordedEvent> for Payload {
    fn from(event: RecordedEvent) -> Self {
        let RecordedEvent { version, name, revision, body, .. } = event;
        Self { version, name: name.into(), revision, body }
    }
}

/// The names of events, each kept once however often it is read.
#[derive(Debug, Default)]
pub struct Names(Vec<Arc<str>>);

impl Names {
    /// The name, shared with whoever had it before.
    pub fn share(&mut self, name: &str) -> Arc<str> {
        // An aggregate has few kinds of events.
        if let Some(known) = self.0.iter().find(|known| ***known == *name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = name.into();
        self.0.push(Arc::clone(&new));
        new
    }
}

/// Reads the log.
pub trait EventLog: Send + Sync {
    /// Up to `limit` events after `position`, in order.
    fn read(
        &self,
        after: Position,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, StoreError>> + Send;

    /// A part of the events of one aggregate, in the order asked for.
    fn read_slice(
        &self,
        stream: &StreamId,
        slice: StreamSlice,
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, StoreError>> + Send;

    /// The events of one aggregate after `version`, in order.
    fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, StoreError>> + Send {
        self.read_slice(stream, StreamSlice::after(after))
    }

    /// What one aggregate is folded from, where a storage knows how to read that with less than whole events; `None` where it does not, or
    /// where something of it has to be decrypted first.
    fn plain_payloads(
        &self,
        _stream: &StreamId,
        _after: Version,
    ) -> impl Future<Output = Result<Option<Vec<Payload>>, StoreError>> + Send {
        async { Ok(None) }
    }

    /// What one aggregate is folded from, after `version`, in order.
    fn payloads(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> impl Future<Output = Result<Vec<Payload>, StoreError>> + Send {
        async move {
            if let Some(payloads) = self.plain_payloads(stream, after).await? {
                return Ok(payloads);
            }
            let events = self.read_stream(stream, after).await?;
            Ok(events.into_iter().map(Payload::from).collect())
        }
    }

    /// The events of the log that are asked for, in the order asked for.
    fn select(
        &self,
        selection: EventSelection,
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, StoreError>> + Send;

    /// The place of the newest event.
    fn head(&self) -> impl Future<Output = Result<Position, StoreError>> + Send;
}
