//! Everything that is promised of read models, of such as follow the log in several parts.

#[path = "projections.rs"]
mod suite;

const PARTS: u32 = 3;
