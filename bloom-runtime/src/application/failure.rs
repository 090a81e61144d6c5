//! The one error of handlers.

use std::{error::Error, fmt};

use crate::domain::{Classified, ErrorKind, Invalid};

/// Why a command or query failed: any domain or store error, with its kind and code kept.
///
/// Made by `?`; a handler may touch two aggregates and so meet two error types.
///
/// ```
/// use bloom_runtime::{application::Failure, prelude::*};
///
/// #[derive(DomainError)]
/// pub enum OrderError {
///     #[error(kind = rule, code = "order.no_lines", "the order has no lines")]
///     NoLines,
/// }
///
/// fn place() -> Result<(), Failure> {
///     Err(OrderError::NoLines)?
/// }
///
/// let failure = place().unwrap_err();
/// assert_eq!((failure.kind(), failure.code()), (ErrorKind::Rule, "order.no_lines"));
/// assert_eq!(failure.downcast_ref::<OrderError>(), Some(&OrderError::NoLines));
/// ```
pub struct Failure(Box<dyn Classified>);

impl Failure {
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        self.0.code()
    }

    /// The failing fields, when the kind is validation.
    #[must_use]
    pub fn violations(&self) -> Option<&Invalid> {
        self.0.violations()
    }

    /// The error as it was raised, when it is an `E`.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.0.innermost().downcast_ref()
    }

    /// What led to it, if the error says.
    #[must_use]
    pub fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }

    /// The error with all its sources on one line, for logs.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        text
    }
}

/// `Failure` itself is no `Error`, so that every error can become one by `?`.
impl<E: Classified> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({}, {}, {:?})", self.kind(), self.code(), self.chain())
    }
}
