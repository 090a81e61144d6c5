//! Time and ids that a test can foretell.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use crate::{
    domain::{Timestamp, Uuid},
    ports::{Clock, IdGenerator},
};

/// A clock that stands still until it is told to move. Clones move together.
///
/// ```
/// use bloom_runtime::{ports::Clock, testing::FixedClock};
///
/// let clock = FixedClock::at("2026-03-01T12:00:00Z".parse()?);
/// clock.advance_seconds(60);
/// assert_eq!(clock.now().to_string(), "2026-03-01T12:01:00.000000Z");
/// # Ok::<(), bloom_runtime::domain::ParseTimestampError>(())
/// ```
#[derive(Debug, Clone)]
pub struct FixedClock(Arc<AtomicI64>);

impl FixedClock {
    /// Standing at `moment`.
    #[must_use]
    pub fn at(moment: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(moment.as_micros())))
    }

    /// Moves on.
    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed)).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// The ids 1, 2, 3... as UUIDs. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct CountingIds(Arc<AtomicU64>);

impl CountingIds {
    /// Beginning with 1.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl IdGenerator for CountingIds {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
    }
}
