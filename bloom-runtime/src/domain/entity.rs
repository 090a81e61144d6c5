//! Entities: things with a life inside one aggregate.

use super::Identity;

/// Something with an identity that belongs to exactly one aggregate.
///
/// Written by `#[derive(Entity)]`. Equality and hash are those of the id.
pub trait Entity: Clone + Send + Sync + 'static {
    /// What identifies it.
    type Id: Identity;
    /// The aggregate it belongs to.
    type Root;

    /// The identity.
    fn id(&self) -> &Self::Id;
}
