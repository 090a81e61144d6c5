//! What the derives call. Not part of the public interface.

pub use serde;

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};

use crate::domain::{
    DecodeError, DomainEvent, Json, PartOfValue, Queryable, reconstitution::reconstitute,
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
    reconstitute(|| serde_json::from_str(body))
}

/// The canonical text of a unique value.
pub fn key(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}

pub fn decode_body<T: DeserializeOwned>(
    name: &str,
    revision: u32,
    body: &str,
) -> Result<T, DecodeError> {
    from_json(body).map_err(|source| DecodeError::Body { name: name.to_owned(), revision, source })
}

pub fn unknown_event<E: DomainEvent>(name: &str, revision: u32) -> DecodeError {
    let name = name.to_owned();
    if E::TYPES.iter().any(|event| event.name == name) {
        DecodeError::UnknownRevision { name, revision }
    } else {
        DecodeError::UnknownName { name }
    }
}
