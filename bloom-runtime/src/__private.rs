//! What the derives call. Not part of the public interface.

pub use serde;

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};

use crate::domain::{
    DecodeError, DomainEvent, EventType, Json, PartOfValue, Queryable, reconstitution::reconstitute,
};

/// Implemented by `#[derive(Aggregate)]` alone.
pub trait Sealed {}

/// What a type parameter of a value object must be able to do.
pub trait Part:
    Clone
    + PartialEq
    + Debug
    + Serialize
    + DeserializeOwned
    + PartOfValue
    + Queryable
    + Send
    + Sync
    + 'static
{
}

impl<T> Part for T where
    T: Clone
        + PartialEq
        + Debug
        + Serialize
        + DeserializeOwned
        + PartOfValue
        + Queryable
        + Send
        + Sync
        + 'static
{
}

pub type JsonResult<T> = serde_json::Result<T>;

pub fn to_json(value: &impl Serialize) -> JsonResult<Json> {
    serde_json::to_value(value)
}

pub fn to_text(value: &impl Serialize) -> JsonResult<String> {
    serde_json::to_string(value)
}

pub fn from_json<T: DeserializeOwned>(body: &str) -> JsonResult<T> {
    reconstitute(|| serde_json::from_str(body)).map_err(|error| in_its_place::<T>(body, error))
}

/// The same error with the path to what does not fit.
fn in_its_place<T: DeserializeOwned>(body: &str, error: serde_json::Error) -> serde_json::Error {
    let mut json = serde_json::Deserializer::from_str(body);
    let found = reconstitute(|| serde_path_to_error::deserialize::<_, T>(&mut json)).err();
    match found {
        Some(found) if found.path().iter().next().is_some() => {
            serde::de::Error::custom(format!("`{}`: {}", found.path(), found.inner()))
        }
        _ => error,
    }
}

/// The canonical text of a unique value.
pub fn key(value: &impl Serialize) -> Option<String> {
    // What was forgotten reserves nothing.
    serde_json::to_string(value).ok().filter(|text| text != "null")
}

pub fn decode_body<T: DeserializeOwned>(
    name: &str,
    revision: u32,
    body: &str,
) -> Result<T, DecodeError> {
    from_json(body).map_err(|source| DecodeError::Body { name: name.to_owned(), revision, source })
}

/// Compiles only if what is converted is an earlier revision of the same event.
pub const fn assert_precedes(earlier: EventType, later: EventType) {
    let (left, right) = (earlier.name.as_bytes(), later.name.as_bytes());
    assert!(
        left.len() == right.len(),
        "the earlier revision of an event has the same stored name; write it in both"
    );
    let mut index = 0;
    while index < left.len() {
        assert!(
            left[index] == right[index],
            "the earlier revision of an event has the same stored name; write it in both"
        );
        index += 1;
    }
    assert!(
        earlier.revision < later.revision,
        "the earlier revision of an event has a lower number; raise `rev`"
    );
}

pub fn unknown_event<E: DomainEvent>(name: &str, revision: u32) -> DecodeError {
    let name = name.to_owned();
    if E::TYPES.iter().any(|event| event.name == name) {
        DecodeError::UnknownRevision { name, revision }
    } else {
        DecodeError::UnknownName { name }
    }
}
