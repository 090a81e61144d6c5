//! What uses the ports: handling commands and queries, the unit of work, retry, subscriptions.

mod ambient;
mod app;
mod backfill;
mod behaviour;
mod buffer;
mod composition;
mod delivery;
mod event_store;
mod failure;
mod genesis;
mod handler;
mod keyset;
mod known_events;
mod panic;
mod privacy;
mod recorded;
mod registration;
mod repository;
mod resolution;
mod retention;
pub mod retry;
mod save;
mod seals;
mod snapshots;
mod store;
mod subscription;
mod system;
mod tenancy;
mod unit_of_work;
mod upcasters;
mod upcasting;

pub use ambient::{current_context, in_context, spawn};
pub use app::{App, Execution};
pub use backfill::MissingDocument;
pub use behaviour::{Behaviour, Loaded, Saved, Saving, Stage};
pub use delivery::{Delivery, Observer};
pub use event_store::{
    Append, Appended, EventStore, LogPage, LogReading, ProposedEvent, StreamReading,
};
pub use failure::Failure;
pub use handler::{Command, Handler, Provides, Query};
pub use known_events::KnownEvents;
pub use panic::caught;
pub use privacy::{Forgotten, Keyring, Whose, conceal, reveal, subjects_of};
pub use recorded::{Happened, Recorded};
pub use registration::{Documents, Events, Registration};
pub use repository::BufferedRepository;
pub use resolution::{Decision, Divergence, Resolution};
pub use retention::{Kept, Retained, Retention};
pub use snapshots::{SinceSnapshot, Snapshots};
pub use store::StorageStore;
pub use subscription::{EventHandler, Running, Subscriptions, Sync};
pub use system::{SystemClock, UuidV7};
pub use tenancy::Placement;
pub use unit_of_work::BufferedUnitOfWork;
pub use upcasting::Upcasting;
