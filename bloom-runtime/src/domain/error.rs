//! What went wrong, in terms that every layer understands.

use std::{convert::Infallible, error::Error, fmt};

use super::Invalid;

/// The kinds of failure. Each is mapped in one place to an HTTP status, to retrying or not, and to a
/// log level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input is malformed in itself; [`Classified::violations`] names every field.
    Validation,
    /// A business rule forbids it in the present state.
    Rule,
    /// There is no such thing.
    NotFound,
    /// Somebody else changed the same thing meanwhile; running again may succeed.
    Conflict,
    /// The caller acted on a version that is no longer the newest; running again cannot help.
    Stale,
    /// This caller may not do it.
    Forbidden,
    /// Something that is needed is out of reach just now.
    Unavailable,
    /// A fault of the program or its data.
    Internal,
}

impl ErrorKind {
    /// Whether the same request may succeed when it is simply run again.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Conflict)
    }

    /// The name as it appears in logs and problem documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::Rule => "rule",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Stale => "stale",
            Self::Forbidden => "forbidden",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error that knows its kind and has a code that clients may rely on.
pub trait Classified: Error + Send + Sync + 'static {
    /// The kind.
    fn kind(&self) -> ErrorKind;

    /// A stable code such as `order.no_lines`; it never changes once clients have seen it.
    fn code(&self) -> &str;

    /// The failing fields, when the kind is [`ErrorKind::Validation`].
    fn violations(&self) -> Option<&Invalid> {
        None
    }

    /// The error to look at when somebody asks for a concrete type; another one than `self` when this
    /// error only carries it.
    fn innermost(&self) -> &(dyn Error + Send + Sync + 'static);
}

/// For what cannot fail, such as a factory without a rule.
impl Classified for Infallible {
    fn kind(&self) -> ErrorKind {
        match *self {}
    }

    fn code(&self) -> &str {
        match *self {}
    }

    fn innermost(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }
}

/// An error of the domain: a rule that was broken, told in the words of the business.
///
/// Written by `#[derive(DomainError)]`, which writes `Display` and `Error` too:
///
/// ```
/// use bloom_runtime::prelude::*;
///
/// #[derive(DomainError)]
/// pub enum OrderError {
///     #[error(kind = rule, code = "order.no_lines", "order {number} has no lines")]
///     NoLines { number: u32 },
/// }
///
/// let error = OrderError::NoLines { number: 7 };
/// assert_eq!(error.to_string(), "order 7 has no lines");
/// assert_eq!((error.kind(), error.code()), (ErrorKind::Rule, "order.no_lines"));
/// ```
pub trait DomainError: Classified {}

/// Returns the error unless the rule holds.
///
/// ```
/// use bloom_runtime::{domain::Invalid, ensure};
///
/// fn half(number: u32) -> Result<u32, Invalid> {
///     ensure!(number % 2 == 0, Invalid::new("even", "must be even"));
///     Ok(number / 2)
/// }
/// assert_eq!(half(4).unwrap(), 2);
/// assert!(half(3).is_err());
/// ```
#[macro_export]
macro_rules! ensure {
    ($rule:expr, $error:expr $(,)?) => {
        if !$rule {
            return ::core::result::Result::Err(::core::convert::From::from($error));
        }
    };
}
