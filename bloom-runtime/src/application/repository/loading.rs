//! From rows to aggregates.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::{
    buffered::{BufferedRepository, missing},
    past::Past,
};
use crate::{
    application::{
        Snapshots,
        registration::{Loading, Registration},
        upcasters::Upcasters,
    },
    domain::{Aggregate, Version},
    ports::{
        DocumentRow, Lifecycle, RecordedEvent, Storage, StoreError, StoredSnapshot, StreamId,
        TakeDocument,
    },
};

impl<S: Storage, A: Aggregate> BufferedRepository<'_, S, A> {
    pub(super) async fn load(
        &self,
        registration: &Arc<Registration<A>>,
        stream: &StreamId,
    ) -> Result<Option<A>, StoreError> {
        let storage = &self.buffer.store.storage;
        match registration.loading {
            Loading::Document { table } => {
                let take = decoding(registration, table, false);
                storage.one_document(table, stream, take).await.map(Option::flatten)
            }
            Loading::Events => match &registration.snapshots {
                None => {
                    let payloads = storage.payloads(stream, Version::NEW).await?;
                    Ok(Past::new(&registration.upcasters).and(stream, &payloads)?.alive())
                }
                Some(snapshots) => {
                    self.load_since_snapshot(&registration.upcasters, snapshots, stream).await
                }
            },
        }
    }

    /// From the newest snapshot of the shape that the aggregate has, and the events since.
    async fn load_since_snapshot(
        &self,
        upcasters: &Upcasters,
        snapshots: &Snapshots,
        stream: &StreamId,
    ) -> Result<Option<A>, StoreError> {
        let storage = &self.buffer.store.storage;
        let shape = snapshots.shape(&A::shape());
        let stored = storage.snapshot(stream).await?.filter(|snapshot| snapshot.shape == shape);
        let begun = stored.and_then(|snapshot| {
            let state = A::from_document(&snapshot.body, snapshot.version);
            let state = state.inspect_err(|error| {
                tracing::warn!(%stream, "a snapshot is not read, and all events are instead: {error}");
            });
            Some((state.ok()?, snapshot.at))
        });
        let (past, after, taken) = match begun {
            Some((state, at)) => {
                let version = state.version();
                (Past::known(state, upcasters), version, Some(at))
            }
            None => (Past::new(upcasters), Version::NEW, None),
        };
        let mut payloads = storage.payloads(stream, after).await?;
        // It may be from before somebody was forgotten, of whom it would tell.
        let is_outlived = taken.is_some()
            && payloads.iter().any(|payload| *payload.name == *Lifecycle::Forgotten.name());
        let past = if is_outlived {
            payloads = storage.payloads(stream, Version::NEW).await?;
            Past::new(upcasters)
        } else {
            past
        };
        let state = past.and(stream, &payloads)?.alive();
        if let Some(state) = &state
            && snapshots.is_due(&payloads, taken, self.buffer.store.clock.now())
        {
            self.take_snapshot(stream, shape, state);
        }
        Ok(state)
    }

    /// Beside whoever waits for the aggregate, who needs no snapshot; the next one does.
    fn take_snapshot(&self, stream: &StreamId, shape: String, state: &A) {
        let Ok(runtime) = Handle::try_current() else { return };
        let Ok(body) = state.to_document() else { return };
        let at = self.buffer.store.clock.now();
        let snapshot =
            StoredSnapshot { version: state.version(), shape, body: body.to_string(), at };
        let (storage, stream) = (Arc::clone(&self.buffer.store.storage), stream.clone());
        runtime.spawn(async move {
            if let Err(error) = storage.save_snapshot(&stream, snapshot).await {
                tracing::warn!(%stream, "no snapshot was taken: {error}");
            }
        });
    }

    /// One that was removed and is kept.
    pub(super) async fn removed(&self, id: &A::Id) -> Result<A, StoreError> {
        let registration = self.kept()?;
        let stream = self.stream_of(id);
        let storage = &self.buffer.store.storage;
        let found = match registration.loading {
            Loading::Document { table } => {
                let take = decoding(&registration, table, true);
                storage.one_document(table, &stream, take).await?.flatten()
            }
            Loading::Events => {
                let events = storage.read_stream(&stream, Version::NEW).await?;
                Past::fold(&registration.upcasters, &events)?.removed()
            }
        };
        found.ok_or_else(|| missing::<A>(id))
    }

    /// The aggregate after those of its first events that are asked for.
    pub(super) async fn past(
        &self,
        id: &A::Id,
        wanted: impl Fn(&RecordedEvent) -> bool + Send,
    ) -> Result<Past<A>, StoreError> {
        let registration = self.registration()?;
        let stream = self.stream_of(id);
        let events = self.buffer.store.storage.read_stream(&stream, Version::NEW).await?;
        if let Some(first) = events.first()
            && first.version > Version::new(1)
            && !wanted(first)
        {
            let StreamId { aggregate, id, .. } = stream;
            return Err(StoreError::Truncated { aggregate, id });
        }
        Past::fold(&registration.upcasters, events.iter().take_while(|event| wanted(event)))
    }
}

/// Makes the aggregate of a document, if it is one of those that are there, or of those that were removed.
fn decoding<A: Aggregate>(
    registration: &Arc<Registration<A>>,
    table: &'static str,
    removed: bool,
) -> TakeDocument<Option<A>> {
    let registration = Arc::clone(registration);
    Box::new(move |row| {
        let wanted = row.is_removed == removed;
        wanted.then(|| decode_document(&registration, table, row)).transpose()
    })
}

pub(super) fn decode_document<A: Aggregate>(
    registration: &Registration<A>,
    table: &str,
    row: DocumentRow<'_>,
) -> Result<A, StoreError> {
    let upcast = registration.upcasters.apply(table, row)?;
    A::from_document(&upcast, row.version).map_err(|source| corrupt(table, row, source))
}

pub(super) fn corrupt(table: &str, row: DocumentRow<'_>, source: serde_json::Error) -> StoreError {
    let place = format!("`{}` in table `{table}`", row.id);
    StoreError::Corrupt { place, source: source.into() }
}

/// The state as it is stored.
pub(in crate::application) fn document_of<A: Aggregate>(
    aggregate: &A,
) -> Result<String, StoreError> {
    let document = aggregate.to_document().map_err(|error| StoreError::Unstorable {
        aggregate: A::NAME.to_owned(),
        id: aggregate.id().to_string(),
        reason: error.to_string(),
    })?;
    Ok(document.to_string())
}
