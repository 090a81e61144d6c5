//! The state that stands for the first events of an aggregate.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{repository::document_of, upcasters::Upcasters};
use crate::{
    domain::{Aggregate, Timestamp, Version},
    ports::{DocumentRow, Lifecycle, RecordedEvent, StoreError, StreamId},
};

/// The payload of [`Lifecycle::Genesis`](crate::ports::Lifecycle).
#[derive(Serialize, Deserialize)]
pub(super) struct Genesis<'g> {
    /// Which shape of the document this is.
    shape: u32,
    /// When the first event happened, in microseconds since 1970.
    begun: i64,
    #[serde(borrow)]
    state: Cow<'g, RawValue>,
}

impl<'g> Genesis<'g> {
    /// That of an aggregate.
    pub(super) fn of<A: Aggregate>(
        aggregate: &A,
        upcasters: &Upcasters,
        begun: Timestamp,
    ) -> Result<String, StoreError> {
        let internal = |error: serde_json::Error| StoreError::Internal(error.into());
        let document = RawValue::from_string(document_of(aggregate)?).map_err(internal)?;
        let (shape, begun) = (upcasters.shape(), begun.as_micros());
        serde_json::to_string(&Genesis { shape, begun, state: Cow::Owned(document) })
            .map_err(internal)
    }

    fn read(stream: &StreamId, body: &'g str) -> Result<Self, StoreError> {
        serde_json::from_str(body).map_err(|error| corrupt(stream, error))
    }

    /// The aggregate, as this program has it.
    pub(super) fn state<A: Aggregate>(
        stream: &StreamId,
        version: Version,
        body: &'g str,
        upcasters: &Upcasters,
    ) -> Result<A, StoreError> {
        let genesis = Self::read(stream, body)?;
        let (id, body) = (stream.id.as_str(), genesis.state.get());
        let row = DocumentRow { id, version, shape: genesis.shape, body, is_removed: false };
        let document = upcasters.apply("bloom_events", row)?;
        A::from_document(&document, version).map_err(|error| corrupt(stream, error))
    }
}

/// When the first event of a stream happened, given the first that is left of it.
pub(super) fn begun(first: &RecordedEvent) -> Timestamp {
    let genesis = (first.name == Lifecycle::Genesis.name())
        .then(|| serde_json::from_str::<Genesis<'_>>(&first.body).ok())
        .flatten();
    genesis.and_then(|genesis| Timestamp::from_micros(genesis.begun)).unwrap_or(first.metadata.at)
}

/// The state that stands for the first events of an aggregate, as it is stored: [`Shapes`](super::Shapes) read it.
#[derive(Debug, Clone)]
pub struct StoredState(String);

impl StoredState {
    pub(super) const fn new(payload: String) -> Self {
        Self(payload)
    }

    pub(super) fn payload(&self) -> &str {
        &self.0
    }
}

fn corrupt(stream: &StreamId, source: serde_json::Error) -> StoreError {
    let place = format!("the state in the place of the first events of stream `{stream}`");
    StoreError::Corrupt { place, source: source.into() }
}
