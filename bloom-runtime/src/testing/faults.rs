//! A storage that fails on request.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::ports::{
    Batch, Committed, Cursors, DocumentQuery, EventLog, EventSelection, Held, LogReader, Moved,
    Outcome, OutdatedDocument, Place, Position, RecordedEvent, ReshapedDocument, Selection, Shift,
    Storage, StoreError, StreamId, StreamSlice, TakeDocument, Truncation, WorkerId,
};

/// What a storage is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Loading one aggregate: repositories fail.
    Load,
    /// Looking for aggregates: finders fail.
    Find,
    /// Committing: units of work fail, and nothing is stored.
    Commit,
    /// Committing, where the answer is lost although everything is stored.
    CommitReply,
    /// Reading the log: event handlers fail.
    ReadLog,
    /// Taking, moving or giving away the place of a reader: event handlers fail, and nothing is changed.
    MovePlace,
}

/// Wraps a storage and lets its next operations fail, so that a test sees what its code does then. Clones
/// share what was requested.
#[derive(Clone)]
pub struct FaultyStorage<S> {
    storage: Arc<S>,
    faults: Arc<Mutex<VecDeque<(Operation, StoreError)>>>,
}

impl<S: Storage> FaultyStorage<S> {
    /// Works like `storage` until told otherwise.
    #[must_use]
    pub fn new(storage: S) -> Self {
        Self { storage: Arc::new(storage), faults: Arc::default() }
    }

    /// The next such operation fails with `error`. Requests add up.
    pub fn fail_next(&self, operation: Operation, error: StoreError) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push_back((operation, error));
    }

    fn check(&self, operation: Operation) -> Result<(), StoreError> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let index = faults.iter().position(|(wanted, _)| *wanted == operation);
        match index.and_then(|index| faults.remove(index)) {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }
}

impl<S: Storage> EventLog for FaultyStorage<S> {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        self.check(Operation::ReadLog)?;
        self.storage.read(after, limit).await
    }

    async fn read_slice(
        &self,
        stream: &StreamId,
        slice: StreamSlice,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.check(Operation::Load)?;
        self.storage.read_slice(stream, slice).await
    }

    async fn select(&self, selection: EventSelection) -> Result<Vec<RecordedEvent>, StoreError> {
        self.check(Operation::ReadLog)?;
        self.storage.select(selection).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.storage.head().await
    }
}

impl<S: Storage> Storage for FaultyStorage<S> {
    type Work = S::Work;

    async fn one_document<T: Send + 'static>(
        &self,
        table: &str,
        stream: &StreamId,
        take: TakeDocument<T>,
    ) -> Result<Option<T>, StoreError> {
        self.check(Operation::Load)?;
        self.storage.one_document(table, stream, take).await
    }

    async fn each_document<T: Send + 'static>(
        &self,
        query: DocumentQuery,
        take: TakeDocument<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.check(Operation::Find)?;
        self.storage.each_document(query, take).await
    }

    async fn count(&self, selection: Selection) -> Result<u64, StoreError> {
        self.check(Operation::Find)?;
        self.storage.count(selection).await
    }

    async fn stream_ids(
        &self,
        tenant: &str,
        aggregate: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.check(Operation::Find)?;
        self.storage.stream_ids(tenant, aggregate, after, limit).await
    }

    async fn commit(&self, batch: Batch, work: Arc<[Self::Work]>) -> Result<Committed, StoreError> {
        self.check(Operation::Commit)?;
        let committed = self.storage.commit(batch, work).await?;
        self.check(Operation::CommitReply)?;
        Ok(committed)
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

    fn accompany(
        &self,
        batch: &Batch,
        work: Arc<[Self::Work]>,
    ) -> Result<Arc<[Self::Work]>, StoreError> {
        self.storage.accompany(batch, work)
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

    async fn readers(&self) -> Result<Vec<LogReader>, StoreError> {
        self.storage.readers().await
    }

    async fn truncate(&self, truncations: Vec<Truncation>) -> Result<(), StoreError> {
        self.storage.truncate(truncations).await
    }

    fn appended(&self) -> watch::Receiver<Position> {
        self.storage.appended()
    }
}

impl<S: Storage + Cursors> Cursors for FaultyStorage<S> {
    async fn place(&self, name: &str) -> Result<Place, StoreError> {
        self.storage.place(name).await
    }

    async fn save_cursor(&self, name: &str, position: Position) -> Result<(), StoreError> {
        self.storage.save_cursor(name, position).await
    }

    async fn claim(
        &self,
        name: &str,
        seen: &Place,
        shift: &Shift,
    ) -> Result<Option<u64>, StoreError> {
        self.check(Operation::MovePlace)?;
        self.storage.claim(name, seen, shift).await
    }

    async fn move_cursor(
        &self,
        name: &str,
        epoch: u64,
        shift: &Shift,
        position: Position,
    ) -> Result<Moved, StoreError> {
        self.check(Operation::MovePlace)?;
        self.storage.move_cursor(name, epoch, shift, position).await
    }

    async fn hand_over(&self, name: &str, epoch: u64, shift: &Shift) -> Result<(), StoreError> {
        self.check(Operation::MovePlace)?;
        self.storage.hand_over(name, epoch, shift).await
    }

    async fn held(&self, worker: &WorkerId) -> Result<Vec<Held>, StoreError> {
        self.storage.held(worker).await
    }

    async fn ask_for(
        &self,
        name: &str,
        holder: &WorkerId,
        worker: &WorkerId,
    ) -> Result<(), StoreError> {
        self.storage.ask_for(name, holder, worker).await
    }

    async fn release(&self, name: &str, worker: &WorkerId) -> Result<(), StoreError> {
        self.check(Operation::MovePlace)?;
        self.storage.release(name, worker).await
    }
}
