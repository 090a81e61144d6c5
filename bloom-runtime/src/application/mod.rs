//! What uses the ports: handling commands and queries, the unit of work, retry, subscriptions.

mod ambient;
mod app;
mod failure;
mod handler;
mod repository;
pub mod retry;
mod store;
mod subscription;
mod system;
mod unit_of_work;

pub use ambient::{current_context, in_context, spawn};
pub use app::App;
pub use failure::Failure;
pub use handler::{Command, Handler, Provides, Query};
pub use repository::BufferedRepository;
pub use store::{Documents, Events, Loading, StorageStore};
pub use subscription::{Delivery, EventHandler, Recorded, Running, Subscriptions, Sync};
pub use system::{SystemClock, UuidV7};
pub use unit_of_work::BufferedUnitOfWork;
