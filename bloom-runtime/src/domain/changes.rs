//! The events of an aggregate that are not committed yet.

use super::Version;

/// An aggregate's version and the events it has raised since it was loaded.
///
/// Never serialized: a store keeps the version beside the document, and commits the events.
#[derive(Debug, Clone)]
pub struct Changes<E> {
    base: Version,
    pending: Vec<E>,
}

impl<E> Changes<E> {
    /// Of an aggregate that is new.
    #[must_use]
    pub const fn new() -> Self {
        Self::since(Version::NEW)
    }

    /// Of an aggregate that was loaded at `version`.
    #[must_use]
    pub const fn since(version: Version) -> Self {
        Self { base: version, pending: Vec::new() }
    }

    /// The version at which the aggregate was loaded or last flushed.
    #[must_use]
    pub const fn base(&self) -> Version {
        self.base
    }

    /// The version with the pending events counted.
    #[must_use]
    pub fn version(&self) -> Version {
        self.base.after(self.pending.len())
    }

    /// The events since then, oldest first.
    #[must_use]
    pub fn pending(&self) -> &[E] {
        &self.pending
    }

    /// Notes an event. Called by the derived `raise`, after the event has been applied.
    pub fn push(&mut self, event: E) {
        self.pending.push(event);
    }

    /// Hands over the pending events and counts them as committed.
    pub fn flush(&mut self) -> Vec<E> {
        self.base = self.version();
        std::mem::take(&mut self.pending)
    }
}

impl<E> Default for Changes<E> {
    fn default() -> Self {
        Self::new()
    }
}
