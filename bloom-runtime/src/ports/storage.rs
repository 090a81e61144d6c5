//! The narrow waist that an adapter implements: rows in, rows out.
//!
//! A storage knows nothing of aggregates, only of streams, documents, keys and positions. Everything typed
//! is written once, in `application`, on top of it.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use super::{EventLog, Position, StoreError, StreamId};
use crate::domain::{Condition, Metadata, SortKey, Version};

/// A database, seen as the runtime needs it.
///
/// `bloom_runtime::testing::conformance` checks an implementation.
pub trait Storage: EventLog + Send + Sync + 'static {
    /// What a unit of work may do within the commit besides its batch, such as statements in SQL;
    /// [`NoWork`] where there is nothing of the kind.
    type Work: Send + Sync + 'static;

    /// The document of one aggregate.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn document(
        &self,
        table: &str,
        stream: &StreamId,
    ) -> impl Future<Output = Result<Option<StoredDocument>, StoreError>> + Send;

    /// Documents in the order asked for.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn documents(
        &self,
        query: DocumentQuery,
    ) -> impl Future<Output = Result<Vec<StoredDocument>, StoreError>> + Send;

    /// How many documents there are of those that are selected.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn count(&self, selection: Selection) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// The ids of the streams of one kind and one tenant, ordered, after `after`.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn stream_ids(
        &self,
        tenant: &str,
        aggregate: &str,
        after: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;

    /// Writes the batch and then does the work, in order; all or nothing. The events get the next
    /// positions, which the work must not rely on. All of it belongs to the tenant of the batch.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::KeyTaken`], [`StoreError::AlreadyExecuted`], what the work
    /// failed with, or whatever is wrong with the storage.
    fn commit(
        &self,
        batch: Batch,
        work: Arc<[Self::Work]>,
    ) -> impl Future<Output = Result<Committed, StoreError>> + Send;

    /// Documents of all tenants whose shape is older than `shape`, at most so many.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn outdated(
        &self,
        table: &'static str,
        shape: u32,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<OutdatedDocument>, StoreError>> + Send;

    /// Gives documents another shape, all or none of those that are still what they were: their versions stay, since nothing
    /// has happened to the aggregates. How many were.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn reshape(
        &self,
        table: &'static str,
        documents: Vec<ReshapedDocument>,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// What became of a command of a tenant.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn outcome(
        &self,
        tenant: &str,
        key: &str,
    ) -> impl Future<Output = Result<Option<Outcome>, StoreError>> + Send;

    /// How far the reader called `name` has come; the start when it is new.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn cursor(&self, name: &str) -> impl Future<Output = Result<Position, StoreError>> + Send;

    /// Notes how far the reader called `name` has come.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn save_cursor(
        &self,
        name: &str,
        position: Position,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Tells of new positions committed through this storage: a hint to look, never the only one.
    fn appended(&self) -> tokio::sync::watch::Receiver<Position>;
}

/// A storage that can be held: what is read while it is held stays as it is until the commit.
///
/// For the rare rule that must not be tried twice. Everybody else runs again on conflict, which costs nobody a wait.
///
/// `bloom_runtime::interactive_conformance!` checks an implementation.
pub trait InteractiveStorage: Storage {
    /// The storage as seen by the one who holds it. It is let go by its commit, or when it is dropped, and then nothing
    /// is stored.
    type Held: Storage<Work = Self::Work>;

    /// Waits until it can be held, and holds it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when others hold it for too long, or when it is out of reach.
    fn hold(&self) -> impl Future<Output = Result<Self::Held, StoreError>> + Send;
}

impl<S: EventLog> EventLog for std::sync::Arc<S> {
    fn read(
        &self,
        after: Position,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<super::RecordedEvent>, StoreError>> + Send {
        (**self).read(after, limit)
    }

    fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> impl Future<Output = Result<Vec<super::RecordedEvent>, StoreError>> + Send {
        (**self).read_stream(stream, after)
    }

    fn head(&self) -> impl Future<Output = Result<Position, StoreError>> + Send {
        (**self).head()
    }
}

/// The work of a storage that has none of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoWork {}

/// What one unit of work writes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// Whose it is; empty where tenants are not kept apart. That of each stream, too.
    pub tenant: String,
    /// At most one append per stream.
    pub appends: Vec<StreamAppend>,
    /// Streams that must still be at a version, though nothing is appended to them.
    pub guards: BTreeMap<StreamId, Version>,
    /// The outcome of the command, when it has an id.
    pub outcome: Option<Outcome>,
}

/// New events of one aggregate, and what follows from them.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamAppend {
    /// The aggregate.
    pub stream: StreamId,
    /// The version it must have.
    pub expected: Version,
    /// The events, at least one.
    pub events: Vec<NewEvent>,
    /// The state after them, when it is stored as a document.
    pub document: Option<DocumentWrite>,
    /// The unique values it has from now on; what it had before and is not here becomes free.
    pub keys: Vec<KeyClaim>,
}

impl StreamAppend {
    /// The version it leads to.
    #[must_use]
    pub fn version(&self) -> Version {
        self.expected.after(self.events.len())
    }
}

/// An event that has no position yet.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// The stored name.
    pub name: &'static str,
    /// The revision.
    pub revision: u32,
    /// The payload as JSON text.
    pub body: String,
    /// Who, when and why.
    pub metadata: Metadata,
}

/// The new document of an aggregate.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentWrite {
    /// The table.
    pub table: &'static str,
    /// Which shape the state has: 1, and one more for each upcaster of the program.
    pub shape: u32,
    /// What it is from now on.
    pub state: DocumentState,
}

/// What a document is from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentState {
    /// It is there, with this state as JSON text.
    There(String),
    /// It is kept, with this state as JSON text, and found only by those who ask for what was removed.
    Removed(String),
    /// It is gone for good.
    Gone,
}

/// A unique value that an aggregate reserves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyClaim {
    /// The field.
    pub field: &'static str,
    /// The value in canonical JSON.
    pub value: String,
}

/// A document as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// The id of the aggregate.
    pub id: String,
    /// Its version.
    pub version: Version,
    /// Its state as JSON text.
    pub body: String,
    /// The shape of its state.
    pub shape: u32,
    /// Whether it was removed and is only kept.
    pub is_removed: bool,
}

/// A document whose shape is older than the program's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutdatedDocument {
    /// Whose it is.
    pub tenant: String,
    /// The document.
    pub document: StoredDocument,
}

/// A document with its new shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReshapedDocument {
    /// Whose it is.
    pub tenant: String,
    /// The id of the aggregate.
    pub id: String,
    /// The version it must have; then nobody has saved it since it was read.
    pub version: Version,
    /// The new shape.
    pub shape: u32,
    /// The state in it, as JSON text.
    pub body: String,
}

/// Some documents of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// Whose they are; empty where tenants are not kept apart.
    pub tenant: String,
    /// The table.
    pub table: &'static str,
    /// Those that were removed and are kept, instead of those that are there.
    pub removed: bool,
    /// What they must satisfy.
    pub condition: Condition,
}

/// Which documents to read.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentQuery {
    /// Which.
    pub of: Selection,
    /// What they are sorted by before their ids.
    pub sort: Vec<SortKey>,
    /// So many are left out.
    pub offset: usize,
    /// At most so many.
    pub limit: usize,
}

/// What became of a command, kept under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The key of the command.
    pub key: String,
    /// The digest of the command.
    pub fingerprint: String,
    /// What its handler returned, as JSON text.
    pub body: String,
}

/// What was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Committed {
    /// The place of its last event; `None` when it had none.
    pub position: Option<Position>,
}
