//! Why a verb fails.

use bloom_runtime::{application::Failure, ports::StoreError};

/// What stops the binary, for the person who started it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The configuration is wrong; the message names the key.
    #[error("the configuration is wrong")]
    Config(#[source] ::config::ConfigError),

    /// There is nothing to encrypt personal data with.
    #[error("personal data cannot be encrypted")]
    Cipher(#[source] crate::application::CipherError),

    /// The filter of the log is none.
    #[error(
        "`{filter}` in `log.filter` or RUST_LOG is no filter; write a level, `info`, or levels by module, `warn,shop=debug`"
    )]
    LogFilter {
        /// What was given.
        filter: String,
    },

    /// The address of the database is not one that this program understands.
    #[error("`{url}` is not a database of this program; write {expected}")]
    DatabaseUrl {
        /// What was given.
        url: String,
        /// What fits.
        expected: &'static str,
    },

    /// The database does not fit or cannot be opened.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error(transparent)]
    Migration(#[from] bloom_sql::MigrationError),

    /// Nothing was copied.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error(transparent)]
    Copy(#[from] bloom_sql::CopyError),

    /// The program has no driver for the other database of a copy.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error(
        "this program was built without that database; build it with both: `cargo run --features bloom-manage/{feature} -- db copy ..`"
    )]
    OtherDatabase {
        /// The feature of `bloom-manage` that brings it.
        feature: &'static str,
    },

    /// Something is wrong with a read model.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error(transparent)]
    Projection(#[from] bloom_sql::ProjectionError),

    /// No scratch database could be made.
    #[cfg(feature = "postgres")]
    #[error("no schema could be made to verify in; the user needs the right to make one")]
    Scratch(#[source] Box<dyn std::error::Error + Send + Sync>),

    /// Somebody has given up.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error("interrupted")]
    Interrupted,

    /// What is promised does not hold on this database.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error("{count} promises do not hold on this database")]
    Verify {
        /// How many.
        count: usize,
    },

    /// One projector follows one log.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error(
        "tenants have storages of their own, each with a log: run a `Projector` for each, on the storage of `store.for_tenant(..)`, \
         and leave `projections` empty"
    )]
    ProjectionsPerTenant,
    /// Whatever this program appended would be refused.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error(
        "`{projection}` is written with the events in this database, and not by this program, so that the log would refuse what it appends: {step}"
    )]
    LeftOut {
        /// The first such projection.
        projection: String,
        /// What to do.
        step: String,
    },

    /// Read models need tables, and the storage has none.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error(
        "read models are tables, and a store in memory has none: give the application a database"
    )]
    NoTables,

    /// This names no aggregate and id.
    #[error("`{name}` names no stream; write the aggregate and its id, as in `order-0199..`")]
    NotAStream {
        /// What was given.
        name: String,
    },

    /// Nothing happened to this one.
    #[error("there is no event of `{stream}`")]
    NoStream {
        /// The stream.
        stream: String,
    },

    /// The log is not that long.
    #[error("there is no event {position}: the newest is {head}")]
    NoEvent {
        /// What was asked for.
        position: u64,
        /// The newest.
        head: u64,
    },

    /// An aggregate is kept as documents and has none.
    #[error(
        "`{stream}` has no document in `{table}`, or an old one: it was loaded from its events before; write them with `documents build`"
    )]
    MissingDocument {
        /// The table.
        table: &'static str,
        /// The aggregate.
        stream: String,
    },

    /// Nobody has said which events are old.
    #[error(
        "say which events are old: `--before 2026-01-01T00:00:00Z`, or `events.keep_days` in the configuration"
    )]
    NothingIsOld,

    /// Events could not be written to the archive, and none of them went.
    #[error("the archive `{path}` cannot be written, and nothing more was truncated")]
    Archive {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },

    /// `bloom.lock` belongs to a project.
    #[error("there is no `bloom.lock` and no `bloom.toml` here or above; go into the project")]
    NotAProject,

    /// Stored events would not be read as they were written.
    #[error(transparent)]
    EventLock(#[from] crate::event_lock::EventLockError),

    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),

    /// The server does not run.
    #[cfg(feature = "web")]
    #[error(transparent)]
    Serve(#[from] bloom_web::ServeError),

    /// A verb of the project failed.
    #[error("{0}")]
    Verb(Failure),

    /// The machine refuses something basic.
    #[error("the machine refuses: {0}")]
    Machine(#[from] std::io::Error),
}

impl From<Failure> for RunError {
    fn from(failure: Failure) -> Self {
        Self::Verb(failure)
    }
}
