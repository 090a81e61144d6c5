//! Events as their readers get them.

use super::genesis::StoredState;
use crate::{
    domain::{DomainEvent, Metadata, Version},
    ports::{Lifecycle, Position, RecordedEvent, StoreError},
};

/// An event with where and when it happened.
#[derive(Debug, Clone)]
pub struct Recorded<E> {
    /// Its place in the log; the start for whoever is told before it has one, in the transaction that appends it.
    pub position: Position,
    /// Whose aggregate it is; empty where tenants are not kept apart by rows.
    pub tenant: String,
    /// The id of the aggregate, as text.
    pub aggregate_id: String,
    /// The version it brought the aggregate to.
    pub version: Version,
    /// Who, when and why.
    pub metadata: Metadata,
    /// What happened.
    pub event: E,
}

/// What the log says of an aggregate: an event of its domain, or what became of it as a record.
#[derive(Debug, Clone)]
pub enum Happened<E, S = StoredState> {
    /// An event of its domain.
    Event(Recorded<E>),
    /// It was removed, brought back or purged.
    Moved(Recorded<Lifecycle>),
    /// Its events up to here were truncated; this is what it was by then.
    Resumed(Recorded<S>),
}

impl<E: DomainEvent> Happened<E> {
    /// What an entry of the log says. Every reader comes through here, so that an older revision is read alike by all.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], with the position, when it does not decode.
    pub fn decode(mut entry: RecordedEvent) -> Result<Self, StoreError> {
        if entry.name == Lifecycle::Genesis.name() {
            let state = StoredState::new(std::mem::take(&mut entry.body));
            return Ok(Self::Resumed(recorded(entry, state)));
        }
        if let Some(lifecycle) = Lifecycle::named(&entry.name) {
            return Ok(Self::Moved(recorded(entry, lifecycle)));
        }
        let event = entry.decode()?;
        Ok(Self::Event(recorded(entry, event)))
    }
}

fn recorded<E>(entry: RecordedEvent, event: E) -> Recorded<E> {
    Recorded {
        position: entry.position,
        tenant: entry.stream.tenant,
        aggregate_id: entry.stream.id,
        version: entry.version,
        metadata: entry.metadata,
        event,
    }
}
