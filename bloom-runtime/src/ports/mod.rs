//! What the application needs from outside, as narrow traits.
//!
//! No concrete adapter is here. Futures are declared `Send`, so that code generic over a store can run in
//! a web handler.

mod batch;
mod blob_storage;
mod cache;
mod cipher;
mod clock;
mod context;
mod cursors;
mod distributed_lock;
mod documents;
mod error;
mod event_log;
mod event_query;
mod identity_provider;
mod ids;
mod lifecycle;
mod message_broker;
mod notifier;
mod page;
mod repository;
mod rows;
pub mod seal;
mod service_error;
mod snapshot;
mod storage;
mod store;
mod truncation;
mod unit_of_work;

pub use batch::{
    Addition, Batch, Boundary, Committed, Expected, KeyClaim, KeyUsed, NewEvent, Outcome,
    StreamAppend,
};
pub use blob_storage::{Blob, BlobEntry, BlobInfo, BlobKey, BlobStorage, BlobTag, NewBlob, PutIf};
pub use cache::Cache;
pub use cipher::{Cipher, SubjectKey};
pub use clock::Clock;
pub use context::{CommandId, Context};
pub use cursors::{Cursors, Held, Holder, Moved, Place, Shift, Turn, WorkerId};
pub use distributed_lock::{DistributedLock, FencingToken, Lease};
pub use documents::{
    BuiltDocument, DocumentQuery, DocumentRow, DocumentState, DocumentWrite, OutdatedDocument,
    ReshapedDocument, Selection, StoredDocument, TakeDocument,
};
pub use error::StoreError;
pub use event_log::{EventLog, Names, Payload, Position, RecordedEvent, StreamId};
pub use event_query::{Criterion, Direction, EventQuery, EventSelection, StreamSlice};
pub use identity_provider::{IdentityProvider, Principal};
pub use ids::IdGenerator;
pub use lifecycle::Lifecycle;
pub use message_broker::{
    ConsumerGroup, Message, MessageBroker, MessageSubscription, ReceivedMessage, Topic,
};
pub use notifier::{Notification, Notifier, Recipient};
pub use page::{Page, PageRequest};
pub use repository::{Receipt, Repository, Revision};
pub use rows::Rows;
pub use seal::{Seal, Sealed};
pub use service_error::ServiceError;
pub use snapshot::StoredSnapshot;
pub use storage::{InteractiveStorage, NoWork, Storage};
pub use store::Store;
pub use truncation::{Instead, LogReader, Truncation};
pub use unit_of_work::UnitOfWork;
