//! Personal data: encrypted in events, and forgotten with its key.
//!
//! Storages call [`conceal`] and [`reveal`], and keep the keys; what is above them sees plain values, or forgotten ones.

mod envelope;
mod forgetting;

pub(super) use self::forgetting::{Forgetting, tag as subject_tag};
pub use self::{
    envelope::{Keyring, Whose, conceal, reveal, subjects_of},
    forgetting::Forgotten,
};
