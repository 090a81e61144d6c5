//! What can go wrong with a service outside.

use std::error::Error;

use crate::domain::{Classified, ErrorKind, Invalid};

/// A failure of a blob storage, a cache, a lock, a broker, ... or of what was asked of it. A driver's own error is found in
/// `source()`.
///
/// A service that does not accept the application's own credentials is [`Internal`](Self::Internal): no caller can help it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// There is no such thing.
    #[error("there is no {what}")]
    NotFound {
        /// What was looked for.
        what: String,
    },

    /// It was to be new, and there is one; nothing was changed. Take it as done, or choose another name.
    #[error("there is already {what}")]
    AlreadyExists {
        /// What is there.
        what: String,
    },

    /// It is not as it was when it was read; nothing was changed. Read it again.
    #[error("{what} was changed meanwhile")]
    Changed {
        /// What has changed.
        what: String,
    },

    /// The time is over for which something was entrusted to the caller; by now somebody else may have it.
    #[error("the lease on {what} is over")]
    LeaseLost {
        /// What was entrusted.
        what: String,
    },

    /// The token was good once; the client has to get a new one.
    #[error("the token has expired")]
    TokenExpired,

    /// The token proves nothing.
    #[error("the token is not accepted: {reason}")]
    TokenRefused {
        /// Why, without any part of the token.
        reason: String,
    },

    /// What was asked for is malformed; says every field that is.
    #[error(transparent)]
    Invalid(#[from] Invalid),

    /// What came from outside is not of the type that was expected. It is left as it is.
    #[error("{what} does not decode")]
    Undecodable {
        /// What it is.
        what: String,
        /// What does not fit, and where.
        source: Box<dyn Error + Send + Sync>,
    },

    /// The driver cannot do it, and does not pretend to.
    #[error("the service does not support {what}")]
    Unsupported {
        /// What was asked for.
        what: String,
    },

    /// The service is out of reach, busy or full; nothing was done.
    #[error("the service is unavailable: {reason}")]
    Unavailable {
        /// What the service says.
        reason: String,
        /// The driver's error.
        source: Option<Box<dyn Error + Send + Sync>>,
    },

    /// The answer was lost: it was done or it was not. Ask again under the same key or id.
    #[error("the outcome is unknown; ask again under the same key")]
    OutcomeUnknown,

    /// A fault of the service, of its driver or of how it is set up.
    #[error("the service failed")]
    Internal(#[source] Box<dyn Error + Send + Sync>),
}

impl Classified for ServiceError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::AlreadyExists { .. } | Self::Changed { .. } | Self::LeaseLost { .. } => {
                ErrorKind::Conflict
            }
            Self::TokenExpired | Self::TokenRefused { .. } => ErrorKind::Forbidden,
            Self::Invalid(_) => ErrorKind::Validation,
            Self::Unavailable { .. } | Self::OutcomeUnknown => ErrorKind::Unavailable,
            Self::Undecodable { .. } | Self::Unsupported { .. } | Self::Internal(_) => {
                ErrorKind::Internal
            }
        }
    }

    fn code(&self) -> &str {
        match self {
            Self::NotFound { .. } => "service.not_found",
            Self::AlreadyExists { .. } => "service.already_exists",
            Self::Changed { .. } => "service.changed",
            Self::LeaseLost { .. } => "service.lease_lost",
            Self::TokenExpired => "service.token_expired",
            Self::TokenRefused { .. } => "service.token_refused",
            Self::Invalid(_) => "service.invalid",
            Self::Undecodable { .. } => "service.undecodable",
            Self::Unsupported { .. } => "service.unsupported",
            Self::Unavailable { .. } => "service.unavailable",
            Self::OutcomeUnknown => "service.outcome_unknown",
            Self::Internal(_) => "service.internal",
        }
    }

    fn violations(&self) -> Option<&Invalid> {
        match self {
            Self::Invalid(invalid) => Some(invalid),
            _ => None,
        }
    }

    fn innermost(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_wrong_with_the_request_is_told_apart_from_what_is_wrong_with_the_service() {
        let down = ServiceError::Unavailable { reason: "down".to_owned(), source: None };
        let odd = ServiceError::Unsupported { what: "SMS".to_owned() };
        let invalid = ServiceError::from(Invalid::new("length", "is too long").at("key"));
        assert_eq!((down.kind(), odd.kind()), (ErrorKind::Unavailable, ErrorKind::Internal));
        assert_eq!((invalid.kind(), invalid.code()), (ErrorKind::Validation, "service.invalid"));
        assert_eq!(invalid.to_string(), "key: is too long");
        assert!(invalid.violations().is_some() && down.violations().is_none());
    }
}
