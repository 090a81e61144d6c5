//! What tells one entity from another for as long as it lives.

use std::{fmt, hash::Hash, str::FromStr};

use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// An identity: a small value with a type of its own, so that an order's id never stands where a
/// customer's is wanted.
///
/// Written by `#[derive(Identity)]` on a tuple struct with one field:
///
/// ```
/// use bloom_runtime::prelude::*;
///
/// #[derive(Identity)]
/// pub struct OrderId(Uuid);
///
/// let id = OrderId::from(Uuid::nil());
/// assert_eq!(id.to_string().parse::<OrderId>(), Ok(id));
/// ```
///
/// The text of `Display` is what stores and URLs use; `FromStr` must read it back.
pub trait Identity:
    Clone
    + Eq
    + Ord
    + Hash
    + fmt::Debug
    + fmt::Display
    + FromStr
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
}

/// An identity that can be made from a UUID and therefore be handed out by an id generator.
pub trait GeneratedIdentity: Identity + Copy {
    /// The identity that carries `uuid`.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The UUID inside.
    fn as_uuid(&self) -> Uuid;
}

/// A text that is not an identity of the type asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct ParseIdentityError {
    /// What was wanted, for example "an OrderId, which is a UUID".
    pub expected: &'static str,
    /// What was given.
    pub text: String,
}
