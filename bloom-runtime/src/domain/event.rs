//! Events: what has happened, in the past tense.

use std::fmt;

use super::{EventShape, PersonalFields, Tag};

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

    /// Whether something in them can be forgotten.
    const HAS_PERSONAL: bool = false;

    /// The stored name.
    fn name(&self) -> &'static str;

    /// The revision of the payload's shape.
    fn revision(&self) -> u32;

    /// What it is about besides its aggregate: the fields that have `#[event(tag)]`, or `#[event(tag = "course")]` where the tag has
    /// another name than the field.
    fn tags(&self) -> Vec<Tag> {
        Vec::new()
    }

    /// Which of its fields can be forgotten: those of type [`Personal`](super::Personal). Whom they are about says the field with
    /// `#[event(subject)]`, or the same on the enum, when it is the aggregate itself; without either it does not compile.
    fn personal(&self) -> Option<PersonalFields> {
        None
    }

    /// The shape of every revision that can be read.
    fn shapes() -> Vec<EventShape>;

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

/// What an event held in an earlier revision, for as long as some of them are stored.
///
/// Written by `#[derive(EventRevision)]`. `From` says how it becomes the next revision, and whoever reads the log, a handler, a
/// projection or the aggregate itself, sees the newest only.
///
/// ```
/// use bloom_runtime::prelude::*;
///
/// #[derive(DomainEvent)]
/// pub enum DoorEvent {
///     #[event(name = "door.opened", rev = 3, from = OpenedV2)]
///     Opened { who: String, gently: bool },
/// }
///
/// /// At first nobody asked who it was.
/// #[derive(EventRevision)]
/// #[event(name = "door.opened", rev = 1)]
/// struct OpenedV1 {}
///
/// #[derive(EventRevision)]
/// #[event(name = "door.opened", rev = 2, from = OpenedV1)]
/// struct OpenedV2 { by: String }
///
/// impl From<OpenedV1> for OpenedV2 {
///     fn from(OpenedV1 {}: OpenedV1) -> Self { Self { by: "somebody".to_owned() } }
/// }
///
/// impl From<OpenedV2> for DoorEvent {
///     fn from(OpenedV2 { by }: OpenedV2) -> Self { Self::Opened { who: by, gently: true } }
/// }
///
/// let read = |revision, body| DoorEvent::from_body("door.opened", revision, body).unwrap();
/// let opened = |who: &str| DoorEvent::Opened { who: who.to_owned(), gently: true };
/// assert_eq!(read(1, "{}"), opened("somebody"));
/// assert_eq!(read(2, r#"{"by":"Ada"}"#), opened("Ada"));
/// assert_eq!(read(3, r#"{"who":"Ada","gently":true}"#), opened("Ada"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no earlier revision of an event",
    label = "not derived from `EventRevision`",
    note = "it becomes one with `#[derive(EventRevision)]` and `#[event(name = \"..\", rev = ..)]`"
)]
pub trait EventRevision: Sized {
    /// The stored name and the revision.
    const TYPE: EventType;

    /// What is stored in this revision, or in one before it, as this revision.
    ///
    /// # Errors
    /// When the revision is unknown or the payload has another shape.
    fn from_body(name: &str, revision: u32, body: &str) -> Result<Self, DecodeError>;

    /// Tells the shapes of those before it, and its own.
    fn shapes(shapes: &mut Vec<EventShape>);
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
