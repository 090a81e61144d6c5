//! Leaving alone for a while what has failed.

use std::time::{Duration, Instant};

use super::retry;
use crate::ports::Position;

/// Where somebody who follows the log has failed, and for how long it is left alone there: for longer each time at the same event, half a minute at
/// most.
pub struct Resting {
    at: Option<(Position, Instant)>,
    pauses: Box<dyn Iterator<Item = Duration> + Send>,
}

impl Default for Resting {
    fn default() -> Self {
        Self { at: None, pauses: Box::new(Self::pauses()) }
    }
}

impl Resting {
    /// The pauses between attempts of whoever follows the log.
    pub fn pauses() -> impl Iterator<Item = Duration> + Send {
        retry::pauses(Duration::from_millis(10), Duration::from_secs(30))
    }

    /// It has failed behind this place.
    pub fn begin(&mut self, place: Position) {
        if self.at.is_none_or(|(known, _)| known != place) {
            self.end();
        }
        self.at = self.pauses.next().map(|pause| (place, Instant::now() + pause));
    }

    /// It has not failed, or got on.
    pub fn end(&mut self) {
        *self = Self::default();
    }

    /// Whether it is left alone behind this place still.
    #[must_use]
    pub fn is_at(&self, place: Position) -> bool {
        self.at.is_some_and(|(known, until)| known == place && until > Instant::now())
    }

    /// For how long still.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        self.at?.1.checked_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rests_for_longer_at_the_same_event_and_anew_at_another() {
        let longest = |resting: &mut Resting, place| {
            for _ in 0..12 {
                resting.begin(place);
            }
            resting.left().unwrap_or_default()
        };
        let mut resting = Resting::default();
        let (here, there) = (Position::new(3), Position::new(4));
        assert!(longest(&mut resting, here) > Duration::from_secs(10));
        assert!(resting.is_at(here) && !resting.is_at(there));
        resting.begin(there);
        assert!(resting.left().is_none_or(|left| left < Duration::from_secs(1)));
        assert!(!resting.is_at(here));
        assert!(longest(&mut resting, there) > Duration::from_secs(10));
        resting.end();
        assert_eq!((resting.left(), resting.is_at(there)), (None, false));
    }
}
