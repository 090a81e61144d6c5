//! The time.

use crate::domain::Timestamp;

/// Tells the time. The domain never asks it: handlers do, and pass the answer on.
pub trait Clock: Send + Sync + 'static {
    /// This moment.
    fn now(&self) -> Timestamp;
}
