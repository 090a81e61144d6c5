//! Storage in SQL databases.
//!
//! One schema, one behaviour, one driver a feature. Drivers have the same files inside: `connection` opens
//! and configures, `read` and `write` are the statements, `translate` turns conditions into SQL.

pub mod migration;

#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::{HeldSqlite, SqliteStorage};

#[cfg(feature = "sqlite")]
mod transaction;
mod value;
#[cfg(feature = "sqlite")]
mod work;

pub use migration::{Migration, MigrationError, MigrationState, Migrations};
pub use value::SqlValue;

#[cfg(feature = "sqlite")]
pub use {
    transaction::Transaction,
    work::{HookFuture, SqlUnitOfWork, SqlWork},
};

/// The driver of SQLite, for hooks that use its connection.
#[cfg(feature = "sqlite")]
pub use rusqlite;
