//! Why a copy fails.

use crate::migration::MigrationError;

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The address is of no database that this program has a driver for.
    #[error("`{scheme}` is no database that this program was built for")]
    Scheme {
        /// How the address begins.
        scheme: String,
    },
    /// Both addresses are the same.
    #[error("the source and the target are the same database")]
    Same,
    /// Something is in the target already.
    #[error("`{table}` of the target is not empty; copy into a database that was only migrated")]
    Occupied {
        /// The table.
        table: String,
    },
    /// The target lacks a table of the source.
    #[error("the target has no table `{table}`; run `migrate up` on it first")]
    Missing {
        /// The table.
        table: String,
    },
    /// A database cannot be read or written; the target is as it was.
    #[error("the {which} failed; nothing was copied")]
    Failed {
        /// Which of both.
        which: &'static str,
        /// What it says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

pub(crate) fn failed(
    which: &'static str,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> CopyError {
    CopyError::Failed { which, source: error.into() }
}

/// The other side is gone before it was done.
pub(crate) fn broken_off() -> CopyError {
    failed("database", BrokenOff)
}

pub(super) fn is_broken_off(error: &CopyError) -> bool {
    matches!(error, CopyError::Failed { source, .. } if source.is::<BrokenOff>())
}

#[derive(Debug, thiserror::Error)]
#[error("the other side is gone")]
struct BrokenOff;

impl From<MigrationError> for CopyError {
    fn from(error: MigrationError) -> Self {
        failed("database", error)
    }
}
