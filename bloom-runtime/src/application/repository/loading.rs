//! From rows to aggregates.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::buffered::{BufferedRepository, missing};
use crate::{
    application::{
        Snapshots,
        registration::{Loading, Registration},
    },
    domain::{Aggregate, DomainEvent, Version},
    ports::{
        DocumentRow, Lifecycle, Payload, RecordedEvent, Storage, StoreError, StoredSnapshot,
        StreamId, TakeDocument,
    },
};

/// What has become of an aggregate after some of its events.
pub(in crate::application) struct Past<A> {
    state: Option<A>,
    last: Option<Lifecycle>,
}

impl<A: Aggregate> Past<A> {
    /// The state after these events, which begin with the first one.
    pub(in crate::application) fn fold<'e>(
        events: impl IntoIterator<Item = &'e RecordedEvent>,
    ) -> Result<Self, StoreError> {
        let mut past = Self::new();
        for event in events {
            past.push(event)?;
        }
        Ok(past)
    }

    /// Before the first event.
    pub(super) const fn new() -> Self {
        Self { state: None, last: None }
    }

    /// One more event; what it was, unless it is one of the store.
    pub(super) fn then(&mut self, event: &RecordedEvent) -> Result<Option<A::Event>, StoreError> {
        let payload = decode::<A>(event)?;
        self.apply(Entry::of(event), payload.clone())?;
        Ok(payload)
    }

    /// One more event.
    fn push(&mut self, event: &RecordedEvent) -> Result<(), StoreError> {
        let entry = Entry::of(event);
        self.apply(entry, entry.decode::<A>()?)
    }

    /// The state after these events of a stream, on top of what there is.
    pub(super) fn and(
        mut self,
        stream: &StreamId,
        payloads: &[Payload],
    ) -> Result<Self, StoreError> {
        for Payload { version, name, revision, body } in payloads {
            let entry = Entry { stream, version: *version, name, revision: *revision, body };
            self.apply(entry, entry.decode::<A>()?)?;
        }
        Ok(self)
    }

    fn apply(&mut self, event: Entry<'_>, payload: Option<A::Event>) -> Result<(), StoreError> {
        let Some(payload) = payload else {
            let lifecycle = Lifecycle::named(event.name);
            // Whoever is forgotten, the aggregate stays what it was.
            if lifecycle != Some(Lifecycle::Forgotten) {
                self.last = lifecycle;
            }
            self.state = self.state.take().map(|state| state.moved_to(event.version));
            return Ok(());
        };
        self.state = A::fold(self.state.take(), [payload]);
        if self.state.is_none() {
            return Err(StoreError::Corrupt {
                place: format!("stream `{}`", event.stream),
                source: format!("`{}` does not begin it", event.name).into(),
            });
        }
        Ok(())
    }

    /// The state, unless the aggregate is not there.
    pub(in crate::application) fn alive(self) -> Option<A> {
        match self.last {
            None | Some(Lifecycle::Restored | Lifecycle::Forgotten) => self.state,
            Some(Lifecycle::Removed | Lifecycle::Purged) => None,
        }
    }

    /// The state, if the aggregate was removed and is kept.
    pub(in crate::application) fn removed(self) -> Option<A> {
        self.state.filter(|_| self.last == Some(Lifecycle::Removed))
    }

    /// Whether it was removed, and not for good.
    pub(in crate::application) fn is_kept(&self) -> bool {
        self.last == Some(Lifecycle::Removed)
    }

    /// The state now, whether the aggregate is there or not.
    pub(in crate::application) fn latest(&self) -> (Option<&A>, bool) {
        (self.state.as_ref(), !matches!(self.last, Some(Lifecycle::Removed | Lifecycle::Purged)))
    }
}

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
                    Ok(Past::new().and(stream, &payloads)?.alive())
                }
                Some(snapshots) => self.load_since_snapshot(snapshots, stream).await,
            },
        }
    }

    /// From the newest snapshot of the shape that the aggregate has, and the events since.
    async fn load_since_snapshot(
        &self,
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
                (Past { state: Some(state), last: None }, version, Some(at))
            }
            None => (Past::new(), Version::NEW, None),
        };
        let mut payloads = storage.payloads(stream, after).await?;
        // It may be from before somebody was forgotten, of whom it would tell.
        let is_outlived = taken.is_some()
            && payloads.iter().any(|payload| *payload.name == *Lifecycle::Forgotten.name());
        let past = if is_outlived {
            payloads = storage.payloads(stream, Version::NEW).await?;
            Past::new()
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
                Past::fold(&storage.read_stream(&stream, Version::NEW).await?)?.removed()
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
        self.registration()?;
        let stream = self.stream_of(id);
        let events = self.buffer.store.storage.read_stream(&stream, Version::NEW).await?;
        Past::fold(events.iter().take_while(|event| wanted(event)))
    }
}

/// What happened; `None` for an event of the store.
pub(in crate::application) fn decode<A: Aggregate>(
    event: &RecordedEvent,
) -> Result<Option<A::Event>, StoreError> {
    Entry::of(event).decode::<A>()
}

/// What of an event counts for the state.
#[derive(Clone, Copy)]
struct Entry<'e> {
    stream: &'e StreamId,
    version: Version,
    name: &'e str,
    revision: u32,
    body: &'e str,
}

impl<'e> Entry<'e> {
    fn of(event: &'e RecordedEvent) -> Self {
        let RecordedEvent { stream, version, name, revision, body, .. } = event;
        Self { stream, version: *version, name, revision: *revision, body }
    }

    fn decode<A: Aggregate>(self) -> Result<Option<A::Event>, StoreError> {
        if Lifecycle::named(self.name).is_some() {
            return Ok(None);
        }
        let payload = A::Event::from_body(self.name, self.revision, self.body);
        payload.map(Some).map_err(|source| StoreError::Corrupt {
            place: format!("event {} of stream `{}`", self.version, self.stream),
            source: source.into(),
        })
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
