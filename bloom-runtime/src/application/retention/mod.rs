//! Old events: taking them out of the log, and what is known instead.

mod summary;
mod truncating;

pub(super) use self::summary::Summary;
pub use self::{
    summary::Kept,
    truncating::{Retained, Retention},
};
