//! The verbs that every application has.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod db;
pub(crate) mod documents;
pub(crate) mod events;
pub(crate) mod forget;
pub(crate) mod migrate;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod projection;
pub(crate) mod serve;
mod truncate;
