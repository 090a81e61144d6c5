//! What happens to an aggregate as a record, whatever its domain calls it.

/// Removing and bringing back: events that a store writes itself, beside those of the domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lifecycle {
    /// It was removed: nothing but its history, or those who ask for what was removed, finds it.
    Removed,
    /// It was brought back.
    Restored,
    /// What was kept of it is gone; it cannot be brought back.
    Purged,
    /// A person was forgotten of whom its events had something personal: the subject in the metadata.
    Forgotten,
    /// There was an event that has been truncated: its position is left, and what happened is not known any more.
    Truncated,
    /// The last of those events that were truncated, with the state that the aggregate had come to by then.
    Genesis,
}

impl Lifecycle {
    const ALL: [Self; 6] = [
        Self::Removed,
        Self::Restored,
        Self::Purged,
        Self::Forgotten,
        Self::Truncated,
        Self::Genesis,
    ];

    /// The stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Removed => "bloom.removed",
            Self::Restored => "bloom.restored",
            Self::Purged => "bloom.purged",
            Self::Forgotten => "bloom.forgotten",
            Self::Truncated => "bloom.truncated",
            Self::Genesis => "bloom.genesis",
        }
    }

    /// The one with this stored name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        // Events of the domain are many, and never begin like this.
        if !name.starts_with("bloom.") {
            return None;
        }
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}
