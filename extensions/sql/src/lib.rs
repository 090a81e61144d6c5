//! Storage in SQL databases.
//!
//! One schema, one behaviour, one driver a feature. Drivers have the same files inside: `connection` opens
//! and configures, `read` and `write` are the statements, `translate` turns conditions into SQL.

pub mod migration;

#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStorage;

pub use migration::{Migration, MigrationError, MigrationState, Migrations};
