//! What uses the ports: handling commands and queries, the unit of work, retry, subscriptions.

mod ambient;
mod app;
mod buffer;
mod composition;
mod failure;
mod handler;
mod keyset;
mod repository;
pub mod retry;
mod store;
mod subscription;
mod system;
mod unit_of_work;

pub use ambient::{current_context, in_context, spawn};
pub use app::{App, Execution};
pub use composition::{Documents, Events, Loading};
pub use failure::Failure;
pub use handler::{Command, Handler, Provides, Query};
pub use repository::BufferedRepository;
pub use store::StorageStore;
pub use subscription::{Delivery, EventHandler, Recorded, Running, Subscriptions, Sync};
pub use system::{SystemClock, UuidV7};
pub use unit_of_work::BufferedUnitOfWork;
