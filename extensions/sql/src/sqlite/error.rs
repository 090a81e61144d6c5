//! SQLite's errors in the words of the port.

use bloom_runtime::ports::StoreError;
use rusqlite::{Error, ErrorCode};

/// What cannot be helped by the program is `Unavailable`; the rest is a fault.
pub(super) fn store_error(error: Error) -> StoreError {
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process keeps writing"
        }
        Some(ErrorCode::CannotOpen) => "the file cannot be opened",
        Some(ErrorCode::ReadOnly) => "the file is read-only",
        Some(ErrorCode::SystemIoFailure) => "the disk does not answer",
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            return StoreError::Corrupt {
                place: "the database file".to_owned(),
                source: error.into(),
            };
        }
        _ => return StoreError::Internal(error.into()),
    };
    StoreError::Unavailable { reason: reason.to_owned(), source: Some(error.into()) }
}

/// The storage is being closed.
pub(super) fn closed() -> StoreError {
    StoreError::Unavailable { reason: "the storage is closed".to_owned(), source: None }
}
