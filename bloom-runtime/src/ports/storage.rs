//! The narrow waist that an adapter implements: rows in, rows out.
//!
//! A storage knows nothing of aggregates, only of streams, documents, keys and positions. Everything typed
//! is written once, in `application`, on top of it.

use std::{future::Future, sync::Arc};

use super::{
    Batch, BuiltDocument, Committed, DocumentQuery, EventLog, LogReader, Outcome, OutdatedDocument,
    Position, ReshapedDocument, Selection, StoreError, StoredDocument, StoredSnapshot, StreamId,
    TakeDocument, Truncation,
};
use crate::domain::Version;

/// A database, seen as the runtime needs it.
///
/// `bloom_runtime::testing::conformance` checks an implementation.
pub trait Storage: EventLog + Send + Sync + 'static {
    /// What a unit of work may do within the commit besides its batch, such as statements in SQL;
    /// [`NoWork`] where there is nothing of the kind.
    type Work: Send + Sync + 'static;

    /// Gives the document of one aggregate to `take` while it is read, so that it need not be copied; what it made of it, if there is one.
    ///
    /// # Errors
    /// When the storage is out of reach, and what `take` returns.
    fn one_document<T: Send + 'static>(
        &self,
        table: &str,
        stream: &StreamId,
        take: TakeDocument<T>,
    ) -> impl Future<Output = Result<Option<T>, StoreError>> + Send;

    /// The document of one aggregate.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn document(
        &self,
        table: &str,
        stream: &StreamId,
    ) -> impl Future<Output = Result<Option<StoredDocument>, StoreError>> + Send {
        self.one_document(table, stream, Box::new(|row| Ok(row.to_document())))
    }

    /// Gives documents to `take`, in the order asked for, while they are read, so that none need be copied; what it made of each. It is called once for
    /// each of them.
    ///
    /// # Errors
    /// When the storage is out of reach, and the first that `take` returns.
    fn each_document<T: Send + 'static>(
        &self,
        query: DocumentQuery,
        take: TakeDocument<T>,
    ) -> impl Future<Output = Result<Vec<T>, StoreError>> + Send;

    /// Documents in the order asked for.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn documents(
        &self,
        query: DocumentQuery,
    ) -> impl Future<Output = Result<Vec<StoredDocument>, StoreError>> + Send {
        self.each_document(query, Box::new(|row| Ok(row.to_document())))
    }

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

    /// The newest snapshot of one aggregate. A storage that keeps none has none.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn snapshot(
        &self,
        _stream: &StreamId,
    ) -> impl Future<Output = Result<Option<StoredSnapshot>, StoreError>> + Send {
        async { Ok(None) }
    }

    /// Keeps a snapshot in the place of an older one; one that is not newer changes nothing, unless it has another shape. Whether it
    /// is kept is the storage's to decide: a snapshot follows from the events.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn save_snapshot(
        &self,
        _stream: &StreamId,
        _snapshot: StoredSnapshot,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Ok(()) }
    }

    /// Writes the batch and then does the work, in order; all or nothing. The events get the next
    /// positions, which the work must not rely on. All of it belongs to the tenant of the batch.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::KeyTaken`], [`StoreError::AlreadyExecuted`], [`StoreError::Crossed`], what the work
    /// failed with, or whatever is wrong with the storage.
    fn commit(
        &self,
        batch: Batch,
        work: Arc<[Self::Work]>,
    ) -> impl Future<Output = Result<Committed, StoreError>> + Send;

    /// The work of a commit with what this storage does of its own accord besides a batch, such as read models that are written in the
    /// same transaction. It is asked before anything in the batch is concealed, and each time that the batch is tried in another form.
    ///
    /// # Errors
    /// When that cannot be told; nothing is committed then.
    fn accompany(
        &self,
        _batch: &Batch,
        work: Arc<[Self::Work]>,
    ) -> Result<Arc<[Self::Work]>, StoreError> {
        Ok(work)
    }

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

    /// Writes a document that follows from events, unless there is one of this version already, or the aggregate has another version
    /// by now. A storage that does not know how says so.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn build_document(
        &self,
        _document: BuiltDocument,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Err(StoreError::Internal("this storage builds no documents".into())) }
    }

    /// The batch with what is personal in it encrypted, as [`conceal`](crate::application::conceal) does it, with a key for each person, which is made
    /// when there is none. A storage that has no cipher refuses what is personal.
    ///
    /// # Errors
    /// [`StoreError::NoCipher`], and when the storage is out of reach.
    fn conceal(&self, batch: Batch) -> impl Future<Output = Result<Batch, StoreError>> + Send {
        let is_plain = batch.subjects().is_empty();
        async move { if is_plain { Ok(batch) } else { Err(StoreError::NoCipher) } }
    }

    /// Forgets the key of a person of a tenant, so that nobody can read any more what it encrypted; whether there was one. It waits for
    /// commits that use the key, and whoever wants to use it afterwards is refused with [`StoreError::KeyForgotten`].
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn forget_key(
        &self,
        _tenant: &str,
        _subject: &str,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        async { Err(StoreError::NoCipher) }
    }

    /// Throws away the snapshot of one aggregate, if there is one.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn drop_snapshot(
        &self,
        _stream: &StreamId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Ok(()) }
    }

    /// What became of a command of a tenant.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn outcome(
        &self,
        tenant: &str,
        key: &str,
    ) -> impl Future<Output = Result<Option<Outcome>, StoreError>> + Send;

    /// Everybody who follows the log of this storage with a place that is kept here: event handlers, read models, also those that are
    /// being built.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn readers(&self) -> impl Future<Output = Result<Vec<LogReader>, StoreError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Takes the first events of some streams out of the log, and puts in their place what is known instead, all or nothing. A stream that was
    /// truncated as far before is left as it is.
    ///
    /// # Errors
    /// [`StoreError::StillRead`] when a reader has not come as far; [`StoreError::BadAppend`] when a stream has not come as far, or
    /// nothing would be left of it that could be read. A storage that does not know how says so.
    fn truncate(
        &self,
        _truncations: Vec<Truncation>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Err(StoreError::Internal("this storage keeps every event".into())) }
    }

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

    fn read_slice(
        &self,
        stream: &StreamId,
        slice: super::StreamSlice,
    ) -> impl Future<Output = Result<Vec<super::RecordedEvent>, StoreError>> + Send {
        (**self).read_slice(stream, slice)
    }

    fn plain_payloads(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> impl Future<Output = Result<Option<Vec<super::Payload>>, StoreError>> + Send {
        (**self).plain_payloads(stream, after)
    }

    fn select(
        &self,
        selection: super::EventSelection,
    ) -> impl Future<Output = Result<Vec<super::RecordedEvent>, StoreError>> + Send {
        (**self).select(selection)
    }

    fn head(&self) -> impl Future<Output = Result<Position, StoreError>> + Send {
        (**self).head()
    }
}

/// The work of a storage that has none of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoWork {}
