//! What an event is about, besides the aggregate that it happened to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an event is about, such as `course:c1`: events of several aggregates are found by it.
///
/// An event says its own with `#[event(tag)]` on a field.
///
/// ```
/// use bloom_runtime::{domain::Tag, prelude::*};
///
/// #[derive(DomainEvent)]
/// pub enum EnrolmentEvent {
///     #[event(name = "enrolment.made", rev = 1)]
///     Made {
///         #[event(tag)]
///         course: String,
///         #[event(tag)]
///         student: String,
///         at: Timestamp,
///     },
/// }
///
/// let made = EnrolmentEvent::Made { course: "c1".into(), student: "ada".into(), at: Timestamp::UNIX_EPOCH };
/// assert_eq!(made.tags(), [Tag::new("course", "c1"), Tag::new("student", "ada")]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tag(String);

impl Tag {
    /// The tag for this value of what has this name.
    #[must_use]
    pub fn new(name: &str, value: impl fmt::Display) -> Self {
        Self(format!("{name}:{value}"))
    }

    /// How long a tag may be, in bytes: databases have an index of them.
    pub const MAX_BYTES: usize = 1_000;

    /// Why it cannot be stored by every storage, if it cannot.
    pub(crate) fn unstorable(&self) -> Option<&'static str> {
        if self.0.contains('\0') {
            Some("a tag contains the character NUL")
        } else if self.0.len() > Self::MAX_BYTES {
            Some("a tag is longer than 1000 bytes")
        } else {
            None
        }
    }

    /// The tag as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
