//! Every port in memory: the first storage, for tests and for trying things out.
//!
//! Never stronger than a real one: values pass through their stored form, units of work see committed data
//! only, and conflicts, unique keys and positions are those of a database. Nothing survives the process.

mod blob_storage;
mod cache;
mod cursors;
mod distributed_lock;
mod held;
mod identity_provider;
mod log;
mod message_broker;
mod notifier;
mod state;
mod unique_keys;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use self::state::State;
pub use self::{
    blob_storage::MemoryBlobStorage,
    cache::MemoryCache,
    distributed_lock::MemoryLock,
    held::HeldMemory,
    identity_provider::MemoryIdentityProvider,
    message_broker::{MemoryBroker, MemorySubscription},
    notifier::MemoryNotifier,
};
use crate::{
    application::{conceal, reveal, subjects_of},
    domain::{Uuid, Version},
    ports::{
        Batch, BuiltDocument, Cipher, Committed, DocumentQuery, EventLog, EventSelection,
        LogReader, NoWork, Outcome, OutdatedDocument, Payload, Position, RecordedEvent,
        ReshapedDocument, Selection, Storage, StoreError, StoredSnapshot, StreamId, StreamSlice,
        SubjectKey, TakeDocument, Truncation,
    },
};

/// A storage in memory. Clones share the same data.
#[derive(Clone)]
pub struct MemoryStorage {
    state: Arc<Mutex<State>>,
    /// Whoever has it may write.
    writing: Arc<tokio::sync::Mutex<()>>,
    appended: watch::Sender<Position>,
    cipher: Option<Arc<dyn Cipher>>,
}

impl MemoryStorage {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Arc::default(),
            writing: Arc::default(),
            appended: watch::Sender::new(Position::START),
            cipher: None,
        }
    }

    /// The same with something to encrypt personal data with.
    #[must_use]
    pub fn with_cipher(mut self, cipher: Arc<dyn Cipher>) -> Self {
        self.cipher = Some(cipher);
        self
    }

    fn revealed(&self, mut events: Vec<RecordedEvent>) -> Result<Vec<RecordedEvent>, StoreError> {
        let subjects = subjects_of(&events);
        if !subjects.is_empty() {
            let keys = self.state().keys(&subjects);
            reveal(self.cipher.as_deref(), &keys, &mut events)?;
        }
        Ok(events)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic cannot leave it half-changed: `commit` checks everything before it writes anything.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits; it is the caller's turn to write.
    fn write(&self, batch: Batch) -> Result<Committed, StoreError> {
        let committed = self.state().commit(batch)?;
        if let Some(position) = committed.position {
            self.appended.send_modify(|newest| *newest = position.max(*newest));
        }
        Ok(committed)
    }
}

impl Default for MemoryStorage {
    fn default() -> Self {
        Self::new()
    }
}

impl EventLog for MemoryStorage {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        let events = self.state().log.read(after, limit);
        self.revealed(events)
    }

    async fn read_slice(
        &self,
        stream: &StreamId,
        slice: StreamSlice,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let events = self.state().log.read_slice(stream, slice);
        self.revealed(events)
    }

    async fn plain_payloads(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> Result<Option<Vec<Payload>>, StoreError> {
        Ok(self.state().log.payloads(stream, after))
    }

    async fn select(&self, selection: EventSelection) -> Result<Vec<RecordedEvent>, StoreError> {
        let events = self.state().log.select(&selection);
        self.revealed(events)
    }

    async fn head(&self) -> Result<Position, StoreError> {
        Ok(self.state().log.head())
    }
}

impl Storage for MemoryStorage {
    type Work = NoWork;

    async fn one_document<T: Send + 'static>(
        &self,
        table: &str,
        stream: &StreamId,
        mut take: TakeDocument<T>,
    ) -> Result<Option<T>, StoreError> {
        let document = self.state().document(table, stream);
        document.map(|document| take(document.as_row())).transpose()
    }

    async fn each_document<T: Send + 'static>(
        &self,
        query: DocumentQuery,
        mut take: TakeDocument<T>,
    ) -> Result<Vec<T>, StoreError> {
        // What is taken by others is taken when nobody waits for the lock.
        let documents = self.state().documents(&query)?;
        documents.iter().map(|document| take(document.as_row())).collect()
    }

    async fn count(&self, selection: Selection) -> Result<u64, StoreError> {
        self.state().count(&selection)
    }

    async fn stream_ids(
        &self,
        tenant: &str,
        aggregate: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        Ok(self.state().log.stream_ids(tenant, aggregate, after, limit))
    }

    async fn snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        Ok(self.state().snapshot(stream))
    }

    async fn save_snapshot(
        &self,
        stream: &StreamId,
        snapshot: StoredSnapshot,
    ) -> Result<(), StoreError> {
        self.state().save_snapshot(stream, snapshot);
        Ok(())
    }

    async fn commit(&self, batch: Batch, _: Arc<[NoWork]>) -> Result<Committed, StoreError> {
        let _turn = self.writing.lock().await;
        self.write(batch)
    }

    async fn outdated(
        &self,
        table: &'static str,
        shape: u32,
        limit: usize,
    ) -> Result<Vec<OutdatedDocument>, StoreError> {
        Ok(self.state().outdated(table, shape, limit))
    }

    async fn reshape(
        &self,
        table: &'static str,
        documents: Vec<ReshapedDocument>,
    ) -> Result<u64, StoreError> {
        let _turn = self.writing.lock().await;
        Ok(self.state().reshape(table, documents))
    }

    async fn build_document(&self, document: BuiltDocument) -> Result<(), StoreError> {
        let _turn = self.writing.lock().await;
        self.state().build_document(document);
        Ok(())
    }

    async fn conceal(&self, batch: Batch) -> Result<Batch, StoreError> {
        let subjects = batch.subjects();
        if subjects.is_empty() {
            return Ok(batch);
        }
        let cipher = self.cipher.as_deref().ok_or(StoreError::NoCipher)?;
        for (tenant, subject) in subjects.iter().cloned() {
            let (id, key) = (Uuid::now_v7(), cipher.new_key()?);
            self.state().keep_key(SubjectKey { tenant, subject, id, key });
        }
        let keys = self.state().keys(&subjects);
        conceal(Some(cipher), &keys, batch)
    }

    async fn forget_key(&self, tenant: &str, subject: &str) -> Result<bool, StoreError> {
        Ok(self.state().forget_key(tenant, subject))
    }

    async fn drop_snapshot(&self, stream: &StreamId) -> Result<(), StoreError> {
        self.state().drop_snapshot(stream);
        Ok(())
    }

    async fn outcome(&self, tenant: &str, key: &str) -> Result<Option<Outcome>, StoreError> {
        Ok(self.state().outcome(tenant, key))
    }

    async fn readers(&self) -> Result<Vec<LogReader>, StoreError> {
        Ok(self.state().places.readers())
    }

    async fn truncate(&self, truncations: Vec<Truncation>) -> Result<(), StoreError> {
        let _turn = self.writing.lock().await;
        self.state().truncate(truncations)
    }

    fn appended(&self) -> watch::Receiver<Position> {
        self.appended.subscribe()
    }
}
