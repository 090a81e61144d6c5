//! PostgreSQL: a pool of connections, and one writer that takes all units of work that wait.
//!
//! What waits is committed by one statement, so that the order without holes costs one lock for all of them. When one of them
//! does not fit, each is tried alone, and it alone fails.

mod arrays;
mod connection;
pub(crate) mod copy;
mod cursors;
mod error;
mod event_log;
mod events;
mod held;
mod loads;
mod lost;
mod migrate;
mod notify;
mod open;
mod options;
mod pool;
mod projection_role;
mod read;
mod storage;
mod tenants;
mod translate;
mod value;
mod work;
mod write;
mod writer;

pub(crate) use events::{keys, log};
pub use held::HeldPostgres;
pub use options::PostgresOptions;
pub use storage::PostgresStorage;
pub use tenants::{DatabasePerTenant, SchemaPerTenant};
pub(crate) use translate::Postgres as Dialect;
pub(crate) use work::{execute, query};
