//! Events: what has happened, in the past tense.

use std::fmt;

/// Something that happened to an aggregate, with a stored name and a revision that outlive the code.
///
/// Written by `#[derive(DomainEvent)]` on an enum whose variants have named fields. Payloads are values
/// and primitives, never entities.
///
/// ```
/// use bloom_runtime::prelude::*;
///
/// #[derive(DomainEvent)]
/// pub enum DoorEvent {
///     #[event(name = "door.opened", rev = 1)]
///     Opened { by: String },
/// }
///
/// let event = DoorEvent::Opened { by: "Ada".to_owned() };
/// assert_eq!((event.name(), event.revision()), ("door.opened", 1));
/// assert_eq!(event.to_body().unwrap(), r#"{"by":"Ada"}"#);
/// assert_eq!(DoorEvent::from_body("door.opened", 1, r#"{"by":"Ada"}"#).unwrap(), event);
/// ```
pub trait DomainEvent: Clone + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// Every stored name with its newest revision.
    const TYPES: &'static [EventType];

    /// The stored name.
    fn name(&self) -> &'static str;

    /// The revision of the payload's shape.
    fn revision(&self) -> u32;

    /// The payload as JSON text.
    ///
    /// # Errors
    /// When a field cannot be written as JSON.
    fn to_body(&self) -> serde_json::Result<String>;

    /// The event from what is stored.
    ///
    /// # Errors
    /// When the name or revision is unknown or the payload has another shape.
    fn from_body(name: &str, revision: u32, body: &str) -> Result<Self, DecodeError>;
}

/// A stored name and the newest revision of its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType {
    /// The stored name, such as `order.placed`.
    pub name: &'static str,
    /// The revision.
    pub revision: u32,
}

/// A stored event that this program cannot read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// No variant has this stored name.
    #[error("no event is named `{name}`")]
    UnknownName {
        /// The stored name.
        name: String,
    },
    /// The variant has another revision and nothing converts this one.
    #[error("event `{name}` has no revision {revision}")]
    UnknownRevision {
        /// The stored name.
        name: String,
        /// The stored revision.
        revision: u32,
    },
    /// The payload does not fit.
    #[error("the payload of `{name}` revision {revision} does not fit")]
    Body {
        /// The stored name.
        name: String,
        /// The stored revision.
        revision: u32,
        /// What does not fit.
        source: serde_json::Error,
    },
}
