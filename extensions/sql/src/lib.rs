//! Storage in SQL databases.
//!
//! One behaviour, one driver a feature. Drivers have the same files inside: `connection` opens
//! and configures, `read` and `write` are the statements, `translate` turns conditions into SQL.

pub mod migration;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod condition;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod copy;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod cursors;
mod digest;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod explain;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod failpoint;

#[cfg(feature = "postgres")]
pub mod postgres;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod testing;
/// A schema that goes away with its value, also for whoever checks a server.
#[cfg(feature = "postgres")]
pub use testing::PostgresScratch;

#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::{Durability, FilePerTenant, HeldSqlite, SqliteOptions, SqliteStorage};

#[cfg(feature = "postgres")]
pub use postgres::{
    DatabasePerTenant, HeldPostgres, PostgresOptions, PostgresStorage, SchemaPerTenant,
};

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod projection;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod queries;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod roster;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod selection;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod subjects;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod tenants;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod transaction;
mod truncation;
mod value;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod work;

pub use migration::{Migration, MigrationError, MigrationState, Migrations};
pub use value::SqlValue;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use {
    copy::{Copied, CopyError, Progress, copy},
    projection::{
        ParkedEvent, PartStatus, Projected, Projection, ProjectionError, ProjectionState,
        ProjectionStatus, Projections, Projector, Projects, RebuildProgress, Retried,
        RunningProjections, View,
    },
    queries::SqlStorage,
    tenants::TenantError,
    transaction::Transaction,
    work::{HookFuture, SqlUnitOfWork, SqlWork},
};

/// The driver of SQLite, for hooks that use its connection.
#[cfg(feature = "sqlite")]
pub use rusqlite;

/// The driver of PostgreSQL, for hooks that use its connection.
#[cfg(feature = "postgres")]
pub use tokio_postgres;
