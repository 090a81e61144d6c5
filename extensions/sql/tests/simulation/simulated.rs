//! A storage each of whose calls waits for its turn.

use std::sync::Arc;

use bloom_runtime::{
    domain::Version,
    ports::{
        Batch, Cipher, Committed, Cursors, DocumentQuery, EventLog, EventSelection, Held,
        LogReader, Moved, Outcome, OutdatedDocument, Payload, Place, Position, RecordedEvent,
        ReshapedDocument, Selection, Shift, Storage, StoreError, StoredSnapshot, StreamId,
        StreamSlice, TakeDocument, Truncation, WorkerId,
    },
};
use bloom_sql::{SqlStorage, SqlValue, SqlWork};

use super::scheduler::Gate;

/// What one actor sees of the storage of all.
pub(crate) struct Simulated<S> {
    pub(crate) inner: Arc<S>,
    pub(crate) gate: Gate,
    /// Whether it registers read models as ones that are written with the events.
    pub(crate) is_inline: bool,
}

impl<S: SqlStorage> EventLog for Simulated<S> {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        self.gate.pass(false, self.inner.read(after, limit)).await
    }

    async fn read_slice(
        &self,
        stream: &StreamId,
        slice: StreamSlice,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.gate.pass(false, self.inner.read_slice(stream, slice)).await
    }

    async fn plain_payloads(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> Result<Option<Vec<Payload>>, StoreError> {
        self.gate.pass(false, self.inner.plain_payloads(stream, after)).await
    }

    async fn select(&self, selection: EventSelection) -> Result<Vec<RecordedEvent>, StoreError> {
        self.gate.pass(false, self.inner.select(selection)).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.gate.pass(false, self.inner.head()).await
    }
}

impl<S: SqlStorage> Storage for Simulated<S> {
    type Work = SqlWork;

    async fn one_document<T: Send + 'static>(
        &self,
        table: &str,
        stream: &StreamId,
        take: TakeDocument<T>,
    ) -> Result<Option<T>, StoreError> {
        self.gate.pass(false, self.inner.one_document(table, stream, take)).await
    }

    async fn each_document<T: Send + 'static>(
        &self,
        query: DocumentQuery,
        take: TakeDocument<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.gate.pass(false, self.inner.each_document(query, take)).await
    }

    async fn count(&self, selection: Selection) -> Result<u64, StoreError> {
        self.gate.pass(false, self.inner.count(selection)).await
    }

    async fn stream_ids(
        &self,
        tenant: &str,
        aggregate: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.gate.pass(false, self.inner.stream_ids(tenant, aggregate, after, limit)).await
    }

    async fn snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        self.gate.pass(false, self.inner.snapshot(stream)).await
    }

    async fn commit(&self, batch: Batch, work: Arc<[SqlWork]>) -> Result<Committed, StoreError> {
        self.gate.pass(true, self.inner.commit(batch, work)).await
    }

    fn accompany(&self, batch: &Batch, work: Arc<[SqlWork]>) -> Result<Arc<[SqlWork]>, StoreError> {
        self.inner.accompany(batch, work)
    }

    async fn outdated(
        &self,
        table: &'static str,
        shape: u32,
        limit: usize,
    ) -> Result<Vec<OutdatedDocument>, StoreError> {
        self.gate.pass(false, self.inner.outdated(table, shape, limit)).await
    }

    async fn reshape(
        &self,
        table: &'static str,
        documents: Vec<ReshapedDocument>,
    ) -> Result<u64, StoreError> {
        self.gate.pass(true, self.inner.reshape(table, documents)).await
    }

    async fn outcome(&self, tenant: &str, key: &str) -> Result<Option<Outcome>, StoreError> {
        self.gate.pass(false, self.inner.outcome(tenant, key)).await
    }

    async fn readers(&self) -> Result<Vec<LogReader>, StoreError> {
        self.gate.pass(false, self.inner.readers()).await
    }

    async fn truncate(&self, truncations: Vec<Truncation>) -> Result<(), StoreError> {
        self.gate.pass(true, self.inner.truncate(truncations)).await
    }

    fn appended(&self) -> tokio::sync::watch::Receiver<Position> {
        self.inner.appended()
    }
}

impl<S: SqlStorage> Cursors for Simulated<S> {
    async fn place(&self, name: &str) -> Result<Place, StoreError> {
        self.gate.pass(false, self.inner.place(name)).await
    }

    async fn save_cursor(&self, name: &str, position: Position) -> Result<(), StoreError> {
        self.gate.pass(true, self.inner.save_cursor(name, position)).await
    }

    async fn claim(
        &self,
        name: &str,
        seen: &Place,
        shift: &Shift,
    ) -> Result<Option<u64>, StoreError> {
        self.gate.pass(true, self.inner.claim(name, seen, shift)).await
    }

    async fn move_cursor(
        &self,
        name: &str,
        epoch: u64,
        shift: &Shift,
        position: Position,
    ) -> Result<Moved, StoreError> {
        self.gate.pass(true, self.inner.move_cursor(name, epoch, shift, position)).await
    }

    async fn hand_over(&self, name: &str, epoch: u64, shift: &Shift) -> Result<(), StoreError> {
        self.gate.pass(true, self.inner.hand_over(name, epoch, shift)).await
    }

    async fn held(&self, worker: &WorkerId) -> Result<Vec<Held>, StoreError> {
        self.gate.pass(false, self.inner.held(worker)).await
    }

    async fn ask_for(
        &self,
        name: &str,
        holder: &WorkerId,
        worker: &WorkerId,
    ) -> Result<(), StoreError> {
        self.gate.pass(true, self.inner.ask_for(name, holder, worker)).await
    }

    async fn release(&self, name: &str, worker: &WorkerId) -> Result<(), StoreError> {
        self.gate.pass(true, self.inner.release(name, worker)).await
    }
}

impl<S: SqlStorage> SqlStorage for Simulated<S> {
    fn cipher(&self) -> Option<&Arc<dyn Cipher>> {
        self.inner.cipher()
    }

    fn writes_inline_of(&self, projection: &str, aggregate: &str) -> bool {
        self.is_inline && self.inner.writes_inline_of(projection, aggregate)
    }

    fn writes_inline(&self, projection: &str) -> bool {
        self.is_inline && self.inner.writes_inline(projection)
    }

    async fn query(
        &self,
        sql: impl Into<String> + Send,
        parameters: Vec<SqlValue>,
    ) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        self.gate.pass(false, self.inner.query(sql, parameters)).await
    }
}
