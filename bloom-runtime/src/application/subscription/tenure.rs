//! Holding a place, by one's own clocks.

use std::time::{Duration, Instant, SystemTime};

use crate::ports::Position;

/// A moment, from which time has gone by also where the machine was asleep.
#[derive(Clone, Copy)]
pub(super) struct Moment(Instant, SystemTime);

impl Moment {
    pub(super) fn now() -> Self {
        Self(Instant::now(), SystemTime::now())
    }

    fn elapsed(self) -> Duration {
        self.0.elapsed().max(self.1.elapsed().unwrap_or_default())
    }
}

/// The place that is held.
pub(super) struct Tenure {
    pub(super) epoch: u64,
    /// When it was asked for, and for how long it is held from then on.
    pub(super) asked: Moment,
    pub(super) left: Duration,
    pub(super) position: Position,
    pub(super) is_lost: bool,
    pub(super) is_wanted: bool,
}

impl Tenure {
    /// For how long it is held still.
    pub(super) fn left(&self) -> Duration {
        self.left.saturating_sub(self.asked.elapsed())
    }

    pub(super) fn is_over(&self) -> bool {
        self.left().is_zero()
    }
}
