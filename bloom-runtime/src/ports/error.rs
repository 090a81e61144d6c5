//! What can go wrong with a store.

use std::error::Error;

use super::Position;
use crate::domain::{Classified, ConditionTooLarge, ErrorKind, Version};

/// A failure of a store or of what was asked of it. A driver's own error is found in `source()`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such aggregate.
    #[error("there is no {aggregate} {id}")]
    NotFound {
        /// The stored name of the aggregate.
        aggregate: String,
        /// The id.
        id: String,
    },

    /// Somebody else has saved it since it was loaded; nothing was stored. Running again may succeed.
    #[error("{aggregate} {id} is at version {actual}, not {expected}: it was changed meanwhile")]
    Conflict {
        /// The stored name of the aggregate.
        aggregate: String,
        /// The id.
        id: String,
        /// The version it was loaded at.
        expected: Version,
        /// The version it has.
        actual: Version,
    },

    /// The client acted on an old version. Running again cannot help: the client must look first.
    #[error(
        "{aggregate} {id} is at version {actual}, and the request was made for version {expected}"
    )]
    Stale {
        /// The stored name of the aggregate.
        aggregate: String,
        /// The id.
        id: String,
        /// The version the client has seen.
        expected: Version,
        /// The version it has.
        actual: Version,
    },

    /// Something has happened meanwhile that a decision relies on not having happened; nothing was stored. Running again may succeed.
    #[error("what was decided relies on events up to {after}, and event {position} came meanwhile")]
    Crossed {
        /// How far the events were known.
        after: Position,
        /// The first one that was not.
        position: Position,
    },

    /// What was to be appended does not fit together; nothing was stored.
    #[error("{stream} cannot be appended to: {reason}")]
    BadAppend {
        /// Which stream.
        stream: String,
        /// Why.
        reason: String,
    },

    /// Another aggregate has this unique value; carries the aggregate's own error.
    #[error("{0}")]
    Taken(Box<dyn Classified>),

    /// Something that takes part in the commit refuses it; carries its own error.
    #[error("{0}")]
    Refused(Box<dyn Classified>),

    /// A storage's word that a unique value is taken; the unit of work turns it into [`Self::Taken`].
    #[error("another {aggregate} has this {field}")]
    KeyTaken {
        /// The stored name of the aggregate.
        aggregate: String,
        /// The id of the one that wanted it.
        id: String,
        /// The field.
        field: String,
    },

    /// The command with this key was committed before, by somebody else or by an earlier attempt.
    #[error("the command `{key}` has been executed already")]
    AlreadyExecuted {
        /// The key of the command.
        key: String,
    },

    /// The key names another command than before; a client must use a new key for a new command.
    #[error("the key `{key}` was used for another command; use a new key")]
    KeyReused {
        /// The key of the command.
        key: String,
    },

    /// The value cannot be kept by every store, such as a text with NUL.
    #[error("{aggregate} {id} cannot be stored: {reason}")]
    Unstorable {
        /// The stored name of the aggregate.
        aggregate: String,
        /// The id.
        id: String,
        /// Why.
        reason: String,
    },

    /// What is stored no longer decodes. The data is left as it is.
    #[error("{place} does not decode")]
    Corrupt {
        /// Table and id, or stream and version.
        place: String,
        /// What does not fit, and where.
        source: Box<dyn Error + Send + Sync>,
    },

    /// The first events of the aggregate were truncated, and what is asked for was told by them alone.
    #[error(
        "the first events of {aggregate} {id} were truncated: what it was by then is not known any more"
    )]
    Truncated {
        /// The stored name of the aggregate.
        aggregate: String,
        /// The id.
        id: String,
    },

    /// Somebody who follows the log has not come as far as it would be truncated.
    #[error("`{reader}` is at {position} of the log and has not read what would be truncated")]
    StillRead {
        /// The reader.
        reader: String,
        /// How far it has come.
        position: Position,
    },

    /// The aggregate is not registered with the store.
    #[error(
        "the aggregate `{aggregate}` is not registered: add `.aggregate::<..>(..)` where the store is built"
    )]
    Unregistered {
        /// The stored name of the aggregate.
        aggregate: &'static str,
    },

    /// The person was forgotten while something was written about them; nothing was stored. Running again may succeed.
    #[error("`{subject}` was forgotten meanwhile")]
    KeyForgotten {
        /// The person.
        subject: String,
    },

    /// There is something personal, and nothing to encrypt it with.
    #[error(
        "personal data is encrypted, and the storage has no cipher: give it one, `.with_cipher(..)`, such as that of `bloom-privacy`"
    )]
    NoCipher,

    /// Nobody has said for which tenant, and the store keeps tenants apart.
    #[error("a tenant is needed: set one in the context, `Context::with_tenant`")]
    NoTenant,

    /// Nobody has said on whose behalf, and the aggregate is audited.
    #[error("{aggregate} {id} is audited: say on whose behalf, `Context::with_actor`")]
    NoActor {
        /// The stored name of the aggregate.
        aggregate: String,
        /// The id.
        id: String,
    },

    /// Aggregates of this kind are not kept when they are removed.
    #[error("`{aggregate}` is not kept when it is removed: register it with `.soft_delete()`")]
    NotKept {
        /// The stored name of the aggregate.
        aggregate: &'static str,
    },

    /// A query handler tried to change something; nothing was stored.
    #[error("the query `{query}` tried to write; a change belongs into a command")]
    QueryWrites {
        /// The name of the query.
        query: &'static str,
    },

    /// A specification that is too deep or too long to be asked of a store.
    #[error(transparent)]
    TooLarge(#[from] ConditionTooLarge),

    /// A cursor for the next page that this list did not give out.
    #[error("the page cursor is not one that this list gave out")]
    BadCursor,

    /// The store is out of reach, busy or full; nothing was stored.
    #[error("the store is unavailable: {reason}")]
    Unavailable {
        /// What the store says.
        reason: String,
        /// The driver's error.
        source: Option<Box<dyn Error + Send + Sync>>,
    },

    /// The connection was lost during the commit. Whether it happened is found out by the command's id.
    #[error("the outcome of the commit is unknown; run the command again under the same key")]
    OutcomeUnknown,

    /// A fault of the store or of its adapter.
    #[error("the store failed")]
    Internal(#[source] Box<dyn Error + Send + Sync>),
}

impl Classified for StoreError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } | Self::Truncated { .. } => ErrorKind::NotFound,
            Self::Conflict { .. }
            | Self::Crossed { .. }
            | Self::KeyForgotten { .. }
            | Self::AlreadyExecuted { .. } => ErrorKind::Conflict,
            Self::Stale { .. } => ErrorKind::Stale,
            Self::Taken(error) | Self::Refused(error) => error.kind(),
            Self::KeyTaken { .. } => ErrorKind::Rule,
            Self::NoTenant | Self::NoActor { .. } => ErrorKind::Forbidden,
            Self::KeyReused { .. }
            | Self::Unstorable { .. }
            | Self::TooLarge(_)
            | Self::BadAppend { .. }
            | Self::BadCursor => ErrorKind::Validation,
            Self::Unavailable { .. } | Self::OutcomeUnknown => ErrorKind::Unavailable,
            Self::StillRead { .. } => ErrorKind::Rule,
            Self::Corrupt { .. }
            | Self::Unregistered { .. }
            | Self::NotKept { .. }
            | Self::NoCipher
            | Self::QueryWrites { .. }
            | Self::Internal(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &str {
        match self {
            Self::NotFound { .. } => "store.not_found",
            Self::Conflict { .. } => "store.conflict",
            Self::Crossed { .. } => "store.crossed",
            Self::KeyForgotten { .. } => "store.key_forgotten",
            Self::BadAppend { .. } => "store.bad_append",
            Self::Stale { .. } => "store.stale",
            Self::Taken(error) | Self::Refused(error) => error.code(),
            Self::KeyTaken { .. } => "store.key_taken",
            Self::AlreadyExecuted { .. } => "store.already_executed",
            Self::KeyReused { .. } => "store.key_reused",
            Self::Unstorable { .. } => "store.unstorable",
            Self::Corrupt { .. } => "store.corrupt",
            Self::Truncated { .. } => "store.truncated",
            Self::StillRead { .. } => "store.still_read",
            Self::Unregistered { .. } => "store.unregistered",
            Self::NoTenant => "store.no_tenant",
            Self::NoActor { .. } => "store.no_actor",
            Self::NoCipher => "store.no_cipher",
            Self::NotKept { .. } => "store.not_kept",
            Self::QueryWrites { .. } => "store.query_writes",
            Self::TooLarge(_) => "store.specification_too_large",
            Self::BadCursor => "store.bad_cursor",
            Self::Unavailable { .. } => "store.unavailable",
            Self::OutcomeUnknown => "store.outcome_unknown",
            Self::Internal(_) => "store.internal",
        }
    }

    fn innermost(&self) -> &(dyn Error + Send + Sync + 'static) {
        match self {
            Self::Taken(error) | Self::Refused(error) => error.innermost(),
            other => other,
        }
    }
}
