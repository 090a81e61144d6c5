//! What the application needs from outside, as narrow traits.
//!
//! No concrete adapter is here. Futures are declared `Send`, so that code generic over a store can run in
//! a web handler.

mod clock;
mod context;
mod error;
mod event_log;
mod ids;
mod page;
mod repository;
mod storage;
mod store;
mod unit_of_work;

pub use clock::Clock;
pub use context::{CommandId, Context};
pub use error::StoreError;
pub use event_log::{EventLog, Position, RecordedEvent, StreamId};
pub use ids::IdGenerator;
pub use page::{Page, PageRequest};
pub use repository::{Receipt, Repository};
pub use storage::{
    Batch, Committed, DocumentQuery, DocumentWrite, InteractiveStorage, KeyClaim, NewEvent, NoWork,
    Outcome, Storage, StoredDocument, StreamAppend,
};
pub use store::Store;
pub use unit_of_work::UnitOfWork;
