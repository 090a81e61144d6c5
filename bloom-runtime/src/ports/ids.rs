//! New identities.

use crate::domain::Uuid;

/// Hands out UUIDs that nobody has seen before.
pub trait IdGenerator: Send + Sync + 'static {
    /// The next one.
    fn next(&self) -> Uuid;
}
