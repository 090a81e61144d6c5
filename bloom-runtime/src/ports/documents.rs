//! The newest states of aggregates, as rows.

use super::{StoreError, StreamId};
use crate::domain::{Condition, SortKey, Timestamp, Version};

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

/// A document that follows from the events of an aggregate, which it had not been written with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltDocument {
    /// The table.
    pub table: &'static str,
    /// The aggregate.
    pub stream: StreamId,
    /// The version it must have; then nobody has saved it since its events were read.
    pub version: Version,
    /// The shape of the state.
    pub shape: u32,
    /// The state, which is there or was removed.
    pub state: DocumentState,
    /// When its first event happened.
    pub created_at: Timestamp,
    /// When its last event happened.
    pub updated_at: Timestamp,
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

impl StoredDocument {
    /// The same, lent.
    #[must_use]
    pub fn as_row(&self) -> DocumentRow<'_> {
        let Self { id, version, body, shape, is_removed } = self;
        DocumentRow { id, version: *version, body, shape: *shape, is_removed: *is_removed }
    }
}

/// A document as it is read: what belongs to the storage and is lent for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentRow<'r> {
    /// The id of the aggregate.
    pub id: &'r str,
    /// Its version.
    pub version: Version,
    /// Its state as JSON text.
    pub body: &'r str,
    /// The shape of its state.
    pub shape: u32,
    /// Whether it was removed and is only kept.
    pub is_removed: bool,
}

/// Makes something of each document that is read. It must not wait, since what it is lent may hold a connection; and it may run on
/// another thread than the one who asks, where the ambient context is not known.
pub type TakeDocument<T> = Box<dyn FnMut(DocumentRow<'_>) -> Result<T, StoreError> + Send>;

impl DocumentRow<'_> {
    /// The same, to keep.
    #[must_use]
    pub fn to_document(self) -> StoredDocument {
        let Self { id, version, body, shape, is_removed } = self;
        StoredDocument { id: id.to_owned(), version, body: body.to_owned(), shape, is_removed }
    }
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
