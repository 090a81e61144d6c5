//! How workers of several processes share what there is to do, without anybody who tells them.
//!
//! Each takes what nobody holds, and asks for one place at a time of whoever holds most, until all have as many as one more or less.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::ports::{Place, Position, Turn, WorkerId};

/// So often it is looked whether somebody else has more to do.
pub const BALANCING: Duration = Duration::from_secs(1);

/// What a worker asks for, of all that is held: of whoever holds most, when that is at least two more than its own.
pub fn fair_share<'h, U>(
    held: &'h [(U, WorkerId)],
    worker: &WorkerId,
) -> Option<&'h (U, WorkerId)> {
    let mut counted: BTreeMap<&WorkerId, usize> = BTreeMap::new();
    for (_, holder) in held {
        *counted.entry(holder).or_default() += 1;
    }
    let own = counted.get(worker).copied().unwrap_or_default();
    let (richest, most) = counted.into_iter().max_by_key(|(_, count)| *count)?;
    if most < own + 2 {
        return None;
    }
    held.iter().find(|(_, holder)| holder == richest)
}

/// Leaves what has come to whoever had the place before, for a while: it was woken by the same event.
#[derive(Debug, Default)]
pub struct Courtesy(Option<(Position, Instant)>);

impl Courtesy {
    /// Longer than any of them sleeps.
    const LASTING: Duration = Duration::from_secs(1);

    /// Whether a worker may take what waits behind a place.
    pub fn allows(&mut self, place: &Place, worker: &WorkerId) -> bool {
        match place.turn(worker) {
            Turn::Mine | Turn::Free => true,
            Turn::Theirs => false,
            Turn::Lapsed => {
                let since = match self.0 {
                    Some((known, since)) if known == place.position => since,
                    _ => Instant::now(),
                };
                self.0 = Some((place.position, since));
                since.elapsed() >= Self::LASTING
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn worker(number: usize) -> WorkerId {
        WorkerId::from(number.to_string())
    }

    proptest! {
        /// Whoever holds what at first, and whoever asks first: each has as many as one more or less in the end, and nobody asks any more.
        #[test]
        fn all_have_alike_in_the_end(holders in prop::collection::vec(0..6_usize, 0..30), order in any::<u64>()) {
            const WORKERS: usize = 6;
            let mut held: Vec<(usize, WorkerId)> = holders.into_iter().map(worker).enumerate().collect();
            let mut asked = 0;
            while let Some(asking) = (0..WORKERS)
                .map(|number| worker((number + usize::try_from(order % 6).unwrap_or_default() + asked) % WORKERS))
                .find(|asking| fair_share(&held, asking).is_some())
            {
                let place = fair_share(&held, &asking).map(|(place, _)| *place).unwrap();
                held[place].1 = asking;
                asked += 1;
                prop_assert!(asked <= 100, "they take from each other for ever");
            }
            let counts: Vec<usize> = (0..WORKERS).map(|number| held.iter().filter(|(_, holder)| *holder == worker(number)).count()).collect();
            let (least, most) = (counts.iter().min().unwrap_or(&0), counts.iter().max().unwrap_or(&0));
            prop_assert!(most - least <= 1, "{counts:?}");
        }
    }

    #[test]
    fn what_is_held_is_left_alone_and_what_has_lapsed_for_a_while() {
        let (one, other) = (worker(1), worker(2));
        let mut courtesy = Courtesy::default();
        let mut place = Place::default();
        assert!(courtesy.allows(&place, &one));
        let held = |left| crate::ports::Holder { worker: worker(2), left, wanted_by: None };
        place.holder = Some(held(Duration::from_secs(1)));
        assert!(courtesy.allows(&place, &other));
        assert!(!courtesy.allows(&place, &one));
        place.holder = Some(held(Duration::ZERO));
        assert!(!courtesy.allows(&place, &one));
        courtesy.0 = courtesy.0.map(|(position, since)| (position, since - Courtesy::LASTING));
        assert!(courtesy.allows(&place, &one));
    }
}
