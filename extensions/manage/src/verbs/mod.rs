//! The verbs that every application has.

pub(crate) mod events;
pub(crate) mod migrate;
pub(crate) mod serve;
