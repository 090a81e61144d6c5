//! Why a verb fails.

use bloom_runtime::{application::Failure, ports::StoreError};

/// What stops the binary, for the person who started it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The configuration is wrong; the message names the key.
    #[error("the configuration is wrong")]
    Config(#[source] ::config::ConfigError),

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
