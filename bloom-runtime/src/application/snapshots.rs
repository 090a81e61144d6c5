//! When a snapshot is taken.

use std::{sync::Arc, time::Duration};

use crate::{domain::Timestamp, ports::Payload};

/// What has happened since the last snapshot of an aggregate, or since its first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SinceSnapshot {
    /// How many events were read.
    pub events: usize,
    /// How many bytes of payload that was.
    pub bytes: usize,
    /// How long ago it was taken; `None` when there is none.
    pub age: Option<Duration>,
}

/// When a snapshot of an aggregate is taken: when it was loaded, beside whoever waits for it.
///
/// ```
/// use bloom_runtime::application::{Events, Snapshots};
/// # use bloom_runtime::testing::conformance::Account;
///
/// let accounts = Events::folded::<Account>().snapshots(Snapshots::every(100));
/// ```
#[derive(Clone)]
pub struct Snapshots {
    due: Arc<dyn Fn(&SinceSnapshot) -> bool + Send + Sync>,
    edition: u32,
}

impl Snapshots {
    /// Whenever so many events had to be read.
    #[must_use]
    pub fn every(events: usize) -> Self {
        Self::when(move |since| since.events >= events.max(1))
    }

    /// Whenever so many bytes of payload had to be read.
    #[must_use]
    pub fn every_bytes(bytes: usize) -> Self {
        Self::when(move |since| since.bytes >= bytes.max(1))
    }

    /// When the last one is older than this and something has happened since.
    #[must_use]
    pub fn older_than(age: Duration) -> Self {
        Self::when(move |since| since.events > 0 && since.age.is_none_or(|old| old >= age))
    }

    /// By a rule of one's own.
    #[must_use]
    pub fn when(due: impl Fn(&SinceSnapshot) -> bool + Send + Sync + 'static) -> Self {
        Self { due: Arc::new(due), edition: 1 }
    }

    /// Throws away what was taken under another number. Raise it when `apply` makes something else of the same events; a change of
    /// the fields is noticed without.
    #[must_use]
    pub const fn edition(mut self, edition: u32) -> Self {
        self.edition = edition;
        self
    }

    /// What a snapshot has to say of its shape to be used.
    pub(super) fn shape(&self, shape: &crate::domain::Shape) -> String {
        format!("{} {shape}", self.edition)
    }

    pub(super) fn is_due(
        &self,
        events: &[Payload],
        taken: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        let age = taken.map(|taken| {
            let micros = now.as_micros().saturating_sub(taken.as_micros());
            Duration::from_micros(micros.try_into().unwrap_or_default())
        });
        let bytes = events.iter().map(|event| event.body.len()).sum();
        (self.due)(&SinceSnapshot { events: events.len(), bytes, age })
    }
}
