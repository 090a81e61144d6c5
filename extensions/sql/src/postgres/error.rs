//! PostgreSQL's errors in the words of the port.

use bloom_runtime::{domain::Version, ports::StoreError};
use serde::Deserialize;
use tokio_postgres::{Error, error::SqlState};

use crate::roster::LeftOut;

/// What somebody reads in the detail of what the schema's functions raise.
#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    aggregate: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    field: String,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    expected: u64,
    #[serde(default)]
    actual: u64,
}

/// What cannot be helped by the program is `Unavailable`; what the schema's functions raise is what they say; the rest is a
/// fault.
pub(super) fn store_error(error: Error) -> StoreError {
    let Some(said) = error.as_db_error() else {
        // What does not come from the server comes from the way to it, or from a value that cannot be sent.
        return if is_of_the_connection(&error) {
            unavailable("the connection was lost or could not be made", error)
        } else {
            StoreError::Internal(error.into())
        };
    };
    let code = said.code();
    if let Some(refused) = refused(code.code(), said.detail()) {
        return refused;
    }
    let reason = match code {
        code if *code == SqlState::TOO_MANY_CONNECTIONS => "the server has too many clients",
        code if *code == SqlState::ADMIN_SHUTDOWN
            || *code == SqlState::CRASH_SHUTDOWN
            || *code == SqlState::CANNOT_CONNECT_NOW =>
        {
            "the server is shutting down or starting"
        }
        code if *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => {
            "nothing happened in the unit of work for too long, so that the server has undone it"
        }
        code if *code == SqlState::DISK_FULL => "the server's disk is full",
        code if code.code().starts_with("08") => "the connection failed",
        code if code.code().starts_with("53") => "the server has not enough resources",
        code if is_transient(code) => "the server keeps giving up this transaction for others",
        _ => return StoreError::Internal(error.into()),
    };
    unavailable(reason, error)
}

fn is_of_the_connection(error: &Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(one) = cause {
        if one.is::<std::io::Error>() {
            return true;
        }
        cause = one.source();
    }
    // The driver tells these apart by their words alone.
    let words = error.to_string();
    error.is_closed() || words.starts_with("timeout") || words.contains("TLS")
}

fn unavailable(reason: &str, error: Error) -> StoreError {
    StoreError::Unavailable { reason: reason.to_owned(), source: Some(error.into()) }
}

/// What `bloom_stage` and `bloom_append` raise.
fn refused(code: &str, detail: Option<&str>) -> Option<StoreError> {
    if !code.starts_with("BL0") {
        return None;
    }
    let Detail { aggregate, id, field, key, subject, expected, actual } =
        serde_json::from_str(detail?).ok()?;
    let key = key.unwrap_or_default();
    match code {
        "BL001" => Some(StoreError::Conflict {
            aggregate,
            id,
            expected: Version::new(expected),
            actual: Version::new(actual),
        }),
        "BL002" => Some(StoreError::AlreadyExecuted { key }),
        "BL003" => Some(StoreError::KeyTaken { aggregate, id, field }),
        "BL004" => Some(StoreError::KeyForgotten { subject }),
        INLINE if id.is_empty() => {
            Some(LeftOut { aggregate, projections: key }.into_store_error())
        }
        // It has written what was listed when it looked.
        INLINE => Some(StoreError::Unavailable {
            reason: "a read model that is written with these events was rebuilt meanwhile; the same again succeeds".to_owned(),
            source: None,
        }),
        _ => None,
    }
}

/// The read models that are written with the events are others than the transaction has written.
const INLINE: &str = "BL005";

/// Whether they are others by now, so that the same again may succeed.
pub(super) fn is_other_inline(code: &SqlState) -> bool {
    code.code() == INLINE
}

/// Whether the same again may succeed at once: a deadlock, or a serialization failure.
pub(super) fn is_transient(code: &SqlState) -> bool {
    *code == SqlState::T_R_DEADLOCK_DETECTED || *code == SqlState::T_R_SERIALIZATION_FAILURE
}

/// The same of an error that is in the words of the port already.
pub(super) fn is_transient_error(error: &StoreError) -> bool {
    let StoreError::Unavailable { source: Some(source), .. } = error else { return false };
    source.downcast_ref::<Error>().and_then(Error::code).is_some_and(is_transient)
}

/// Whether the server or whoever looks after it is what is wrong, rather than the statement or its values: a timeout, a lock that is
/// not given, a server that takes no writes, a right that is missing, a fault of its system.
pub(super) fn is_of_the_server(error: &StoreError) -> bool {
    let StoreError::Internal(error) = error else { return false };
    let code = error.downcast_ref::<Error>().and_then(Error::code);
    code.is_some_and(|code| {
        [
            SqlState::QUERY_CANCELED,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::INSUFFICIENT_PRIVILEGE,
            SqlState::SYSTEM_ERROR,
            SqlState::IO_ERROR,
        ]
        .contains(code)
    })
}

/// Whether the server may have done what it was asked, although nobody said so.
pub(super) fn is_lost(error: &Error) -> bool {
    match error.code() {
        None => is_of_the_connection(error),
        Some(code) => *code == SqlState::ADMIN_SHUTDOWN || *code == SqlState::CRASH_SHUTDOWN,
    }
}

/// The same failure once more, for the next one who waits. Several fail alike only when the server is out of reach.
pub(super) fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable { reason, .. } => {
            StoreError::Unavailable { reason: reason.clone(), source: None }
        }
        other => StoreError::Internal(other.to_string().into()),
    }
}
