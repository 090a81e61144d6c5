//! The storage in memory, held by one unit of work.

use std::sync::Arc;

use tokio::sync::{OwnedMutexGuard, watch};

use super::MemoryStorage;
use crate::ports::{
    Batch, Committed, DocumentQuery, EventLog, EventSelection, InteractiveStorage, NoWork, Outcome,
    OutdatedDocument, Position, RecordedEvent, ReshapedDocument, Selection, Storage, StoreError,
    StreamId, StreamSlice, TakeDocument,
};

/// A [`MemoryStorage`] into which nobody else writes while this lives.
pub struct HeldMemory {
    storage: MemoryStorage,
    _turn: OwnedMutexGuard<()>,
}

impl InteractiveStorage for MemoryStorage {
    type Held = HeldMemory;

    async fn hold(&self) -> Result<HeldMemory, StoreError> {
        let turn = Arc::clone(&self.writing).lock_owned().await;
        Ok(HeldMemory { storage: self.clone(), _turn: turn })
    }
}

impl EventLog for HeldMemory {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        self.storage.read(after, limit).await
    }

    async fn read_slice(
        &self,
        stream: &StreamId,
        slice: StreamSlice,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.storage.read_slice(stream, slice).await
    }

    async fn select(&self, selection: EventSelection) -> Result<Vec<RecordedEvent>, StoreError> {
        self.storage.select(selection).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.storage.head().await
    }
}

impl Storage for HeldMemory {
    type Work = NoWork;

    async fn one_document<T: Send + 'static>(
        &self,
        table: &str,
        stream: &StreamId,
        take: TakeDocument<T>,
    ) -> Result<Option<T>, StoreError> {
        self.storage.one_document(table, stream, take).await
    }

    async fn each_document<T: Send + 'static>(
        &self,
        query: DocumentQuery,
        take: TakeDocument<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.storage.each_document(query, take).await
    }

    async fn count(&self, selection: Selection) -> Result<u64, StoreError> {
        self.storage.count(selection).await
    }

    async fn stream_ids(
        &self,
        tenant: &str,
        aggregate: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.storage.stream_ids(tenant, aggregate, after, limit).await
    }

    async fn commit(&self, batch: Batch, _: Arc<[NoWork]>) -> Result<Committed, StoreError> {
        self.storage.write(batch)
    }

    async fn outdated(
        &self,
        table: &'static str,
        shape: u32,
        limit: usize,
    ) -> Result<Vec<OutdatedDocument>, StoreError> {
        self.storage.outdated(table, shape, limit).await
    }

    async fn reshape(
        &self,
        table: &'static str,
        documents: Vec<ReshapedDocument>,
    ) -> Result<u64, StoreError> {
        self.storage.reshape(table, documents).await
    }

    async fn conceal(&self, batch: Batch) -> Result<Batch, StoreError> {
        self.storage.conceal(batch).await
    }

    async fn forget_key(&self, tenant: &str, subject: &str) -> Result<bool, StoreError> {
        self.storage.forget_key(tenant, subject).await
    }

    async fn drop_snapshot(&self, stream: &StreamId) -> Result<(), StoreError> {
        self.storage.drop_snapshot(stream).await
    }

    async fn outcome(&self, tenant: &str, key: &str) -> Result<Option<Outcome>, StoreError> {
        self.storage.outcome(tenant, key).await
    }

    fn appended(&self) -> watch::Receiver<Position> {
        self.storage.appended()
    }
}
