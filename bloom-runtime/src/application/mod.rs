//! What uses the ports: handling commands and queries, the unit of work, retry, subscriptions.

mod ambient;
mod app;
mod behaviour;
mod buffer;
mod composition;
mod failure;
mod handler;
mod keyset;
mod registration;
mod repository;
mod resolution;
pub mod retry;
mod save;
mod seals;
mod store;
mod subscription;
mod system;
mod tenancy;
mod unit_of_work;
mod upcasters;
mod upcasting;

pub use ambient::{current_context, in_context, spawn};
pub use app::{App, Execution};
pub use behaviour::{Behaviour, Loaded, Saved, Saving, Stage};
pub use failure::Failure;
pub use handler::{Command, Handler, Provides, Query};
pub use registration::{Documents, Events, Registration};
pub use repository::BufferedRepository;
pub use resolution::{Decision, Divergence, Resolution};
pub use store::StorageStore;
pub use subscription::{Delivery, EventHandler, Recorded, Running, Subscriptions, Sync};
pub use system::{SystemClock, UuidV7};
pub use tenancy::Placement;
pub use unit_of_work::BufferedUnitOfWork;
pub use upcasting::Upcasting;
