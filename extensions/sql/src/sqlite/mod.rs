//! SQLite: one file, one writer thread, a pool of readers.
//!
//! The writer takes all units of work that wait and commits them in one transaction, each within a savepoint
//! of its own, so that one that fails takes nothing of the others with it.

mod connection;
pub(crate) mod copy;
mod cursors;
mod error;
mod event_log;
mod events;
mod held;
mod migrate;
mod open;
mod options;
mod pool;
mod read;
mod storage;
mod tenants;
mod translate;
mod value;
mod work;
mod write;
mod writer;

pub(crate) use events::{keys_within as keys, log_within as log};
pub use held::HeldSqlite;
pub use options::{Durability, SqliteOptions};
pub use storage::SqliteStorage;
pub use tenants::FilePerTenant;
pub(crate) use translate::Sqlite as Dialect;
pub(crate) use work::{execute, query, still_open};
