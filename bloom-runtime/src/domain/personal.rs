//! What says something of a person, and can be forgotten.

use std::{fmt, hash::Hash};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    Comparable, FieldPath, Kind, MemberOf, Ordered, Queryable, Shape, Shaped, Textual, Within,
};

/// A value that says something of a person: it is stored so that it can be forgotten.
///
/// In events it is encrypted with a key of the person, the subject of the event. Once the key is gone, so is the value, wherever
/// the event is read: it is [forgotten](Self::is_forgotten) then. So a domain that holds one says what it does without it.
///
/// It is a field of an event or of an aggregate, as `Personal<T>` or `Option<Personal<T>>`; what is forgotten of the latter is `None`.
///
/// ```
/// use bloom_runtime::{domain::Personal, prelude::*};
///
/// #[derive(DomainEvent)]
/// #[event(subject)]
/// pub enum PatientEvent {
///     #[event(name = "patient.admitted", rev = 1)]
///     Admitted { ward: String, name: Personal<String> },
/// }
///
/// let name = Personal::new("Ada".to_owned());
/// assert_eq!(name.known().map(String::as_str), Some("Ada"));
/// assert_eq!(format!("{name:?}"), "Personal(..)");
///
/// // What a reader gets once the patient is forgotten.
/// let read = PatientEvent::from_body("patient.admitted", 1, r#"{"ward":"north","name":null}"#)?;
/// let PatientEvent::Admitted { name, .. } = read;
/// assert!(name.is_forgotten());
/// # Ok::<(), bloom_runtime::domain::DecodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Personal<T>(Option<T>);

impl<T> Personal<T> {
    /// A value that is known.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(Some(value))
    }

    /// A value that was forgotten.
    #[must_use]
    pub const fn forgotten() -> Self {
        Self(None)
    }

    /// The value, unless it was forgotten.
    #[must_use]
    pub const fn known(&self) -> Option<&T> {
        self.0.as_ref()
    }

    /// The value itself, unless it was forgotten.
    #[must_use]
    pub fn into_known(self) -> Option<T> {
        self.0
    }

    /// Whether it was forgotten.
    #[must_use]
    pub const fn is_forgotten(&self) -> bool {
        self.0.is_none()
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// Logs and panics are no place for it.
impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_forgotten() { "Personal(forgotten)" } else { "Personal(..)" })
    }
}

impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self)
    }
}

impl<T: Shaped> Shaped for Personal<T> {
    fn shape(within: &mut Within) -> Shape {
        Shape::Optional(Box::new(T::shape(within)))
    }
}

impl<A: ?Sized, T: MemberOf<A>> MemberOf<A> for Personal<T> {}

impl<T: Comparable> Comparable for Personal<T> {
    const KIND: Kind = T::KIND;
}

impl<T: Ordered> Ordered for Personal<T> {}

impl<T: Textual> Textual for Personal<T> {}

/// The tokens are those of the value: what is forgotten equals none.
impl<T: Queryable> Queryable for Personal<T> {
    type Tokens<R> = T::Tokens<R>;

    fn tokens<R>(path: FieldPath) -> Self::Tokens<R> {
        T::tokens(path)
    }
}

/// Which fields of an event are personal, and of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalFields {
    /// Their names.
    pub fields: &'static [&'static str],
    /// Who it is, when the event says so; otherwise the aggregate itself.
    pub subject: Option<String>,
}
