//! Documents of aggregates that were loaded from events until now.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    composition::Composition,
    genesis::begun,
    registration::{Loading, Registration},
    repository::{Past, document_of},
    store::StorageStore,
    tenancy::Tenancy,
};
use crate::{
    domain::{Aggregate, Version},
    ports::{BuiltDocument, DocumentState, Position, RecordedEvent, Storage, StoreError, StreamId},
};

/// How the documents of one kind of aggregate follow from its events.
#[derive(Clone)]
pub(super) struct Backfill {
    pub(super) aggregate: &'static str,
    table: &'static str,
    shape: u32,
    soft_delete: bool,
    state: Arc<State>,
}

type State =
    dyn Fn(&[RecordedEvent], bool) -> Result<Option<DocumentState>, StoreError> + Send + Sync;

impl Backfill {
    /// `None` for what is loaded from its events.
    pub(super) fn of<A: Aggregate>(registration: &Registration<A>) -> Option<Self> {
        let Loading::Document { table } = registration.loading else { return None };
        let upcasters = registration.upcasters.clone();
        Some(Self {
            aggregate: A::NAME,
            table,
            shape: registration.upcasters.shape(),
            soft_delete: registration.soft_delete,
            state: Arc::new(move |events, soft_delete| {
                let past = Past::<A>::fold(&upcasters, events)?;
                let (state, is_there) = past.latest();
                Ok(match state {
                    Some(state) if is_there => Some(DocumentState::There(document_of(state)?)),
                    Some(_) if soft_delete && past.is_kept() => past
                        .removed()
                        .map(|state| document_of(&state))
                        .transpose()?
                        .map(DocumentState::Removed),
                    Some(_) => Some(DocumentState::Gone),
                    None => None,
                })
            }),
        })
    }
}

/// An aggregate that is kept as documents and has none, or an old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingDocument {
    /// The table that lacks it.
    pub table: &'static str,
    /// The aggregate.
    pub stream: StreamId,
}

impl<S: Storage> StorageStore<S> {
    /// Writes the documents that follow from the events of aggregates which were not kept as documents before, or not for a while; how
    /// many it looked at. Broken off, it can be done again. Nobody serves meanwhile: who does not find a document takes the aggregate for
    /// missing.
    ///
    /// # Errors
    /// When the storage is out of reach, or an event cannot be read; those before it are done. [`StoreError::NoTenant`] when tenants
    /// have storages of their own: it is done for each, with [`for_tenant`](Self::for_tenant).
    pub async fn build_documents(
        &self,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<u64, StoreError> {
        if matches!(self.inner.tenancy, Tenancy::Apart(_)) {
            return Err(StoreError::NoTenant);
        }
        const BATCH: usize = 500;
        let (mut position, mut done) = (Position::START, 0);
        loop {
            let events = self.inner.storage.read(position, BATCH).await?;
            let Some(last) = events.last() else { return Ok(done) };
            position = last.position;
            for event in events.iter().filter(|event| event.version == Version::new(1)) {
                if let Some(backfill) = self.inner.backfill(&event.stream.aggregate) {
                    build(&self.inner, backfill, &event.stream).await?;
                    done += 1;
                    progress(done);
                }
            }
        }
    }

    /// One of the aggregates that were changed last which is kept as documents and has none: somebody has chosen documents for what was
    /// loaded from events before. `None` when all of them are as they should be.
    ///
    /// # Errors
    /// When the storage is out of reach, or an event cannot be read.
    pub async fn missing_document(&self) -> Result<Option<MissingDocument>, StoreError> {
        const LOOKED_AT: u64 = 200;
        const STREAMS: usize = 20;
        if matches!(self.inner.tenancy, Tenancy::Apart(_)) {
            return Ok(None);
        }
        let storage = &self.inner.storage;
        let from = storage.head().await?.get().saturating_sub(LOOKED_AT);
        let events =
            storage.read(Position::new(from), LOOKED_AT.try_into().unwrap_or_default()).await?;
        // The newest first, each aggregate once, at the version that it came to.
        let mut seen = BTreeSet::new();
        let newest = events.into_iter().rev().filter(|event| seen.insert(event.stream.clone()));
        let kept = newest.filter_map(|event| {
            Some((self.inner.backfill(&event.stream.aggregate)?, event.stream, event.version))
        });
        for (backfill, stream, version) in kept.take(STREAMS) {
            let document = storage.document(backfill.table, &stream).await?;
            if document.as_ref().is_some_and(|document| document.version >= version) {
                continue;
            }
            let built = state(&self.inner, backfill, &stream).await?.map(|built| built.state);
            let wrong = match built {
                None => false,
                Some(DocumentState::Gone) => document.is_some(),
                Some(DocumentState::There(_) | DocumentState::Removed(_)) => true,
            };
            if wrong {
                return Ok(Some(MissingDocument { table: backfill.table, stream }));
            }
        }
        Ok(None)
    }
}

async fn state<S: Storage>(
    store: &Composition<S>,
    backfill: &Backfill,
    stream: &StreamId,
) -> Result<Option<BuiltDocument>, StoreError> {
    let events = store.storage.read_stream(stream, Version::NEW).await?;
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(None) };
    let state = (backfill.state)(&events, backfill.soft_delete)?;
    Ok(state.map(|state| BuiltDocument {
        table: backfill.table,
        stream: stream.clone(),
        version: last.version,
        shape: backfill.shape,
        state,
        created_at: begun(first),
        updated_at: last.metadata.at,
    }))
}

async fn build<S: Storage>(
    store: &Composition<S>,
    backfill: &Backfill,
    stream: &StreamId,
) -> Result<(), StoreError> {
    match state(store, backfill, stream).await? {
        Some(document) => store.storage.build_document(document).await,
        None => Ok(()),
    }
}

impl<S> Composition<S> {
    fn backfill(&self, aggregate: &str) -> Option<&Backfill> {
        self.backfills().iter().find(|known| known.aggregate == aggregate)
    }
}
