//! How workers of several processes share what there is to do, without anybody who tells them.
//!
//! Each takes what nobody holds, and asks for one place at a time of whoever holds most, until all have as many as one more or less.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::ports::{Place, Position, Shift, Turn, WorkerId};

/// So often it is looked whether somebody else has more to do.
pub const BALANCING: Duration = Duration::from_secs(1);

/// One of the things that are shared: who holds it, and who has asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share<U> {
    /// What it is.
    pub unit: U,
    /// Who holds it.
    pub holder: WorkerId,
    /// Who will have it soon.
    pub wanted_by: Option<WorkerId>,
}

/// What a worker asks for, of all that is held: something of whoever has most, when that is at least two more than its own. What somebody has asked
/// for counts as theirs already.
pub fn fair_share<'s, U>(shares: &'s [Share<U>], worker: &WorkerId) -> Option<&'s Share<U>> {
    let mut counted: BTreeMap<&WorkerId, usize> = BTreeMap::new();
    for share in shares {
        *counted.entry(share.wanted_by.as_ref().unwrap_or(&share.holder)).or_default() += 1;
    }
    let own = counted.get(worker).copied().unwrap_or_default();
    let is_free = |share: &&Share<U>| share.wanted_by.is_none() && share.holder != *worker;
    let has = |share: &Share<U>| counted.get(&share.holder).copied().unwrap_or_default();
    let richest = shares.iter().filter(is_free).max_by_key(|share| has(share))?;
    (has(richest) >= own + 2).then_some(richest)
}

/// Leaves what has come to whoever had the place before, for a while: it was woken by the same event, and may only be slow to say that it is there.
#[derive(Debug, Default)]
pub struct Courtesy(Option<(Position, Instant)>);

impl Courtesy {
    /// Longer than any of them sleeps.
    const SHORTEST: Duration = Duration::from_secs(1);

    /// Nothing waits: whoever had the place has nothing to say.
    pub const fn forget(&mut self) {
        self.0 = None;
    }

    /// Whether a worker may take what waits behind a place.
    pub fn allows(&mut self, place: &Place, shift: &Shift) -> bool {
        if place.turn(shift.worker()) != Turn::Lapsed {
            self.0 = None;
            return place.turn(shift.worker()) != Turn::Theirs;
        }
        let since = match self.0 {
            Some((known, since)) if known == place.position => since,
            _ => Instant::now(),
        };
        self.0 = Some((place.position, since));
        // Whoever holds a place says so every third of that time.
        since.elapsed() >= Self::SHORTEST.max(shift.lasting() * 2 / 5)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ports::Holder;

    fn worker(number: usize) -> WorkerId {
        WorkerId::from(number.to_string())
    }

    fn shares(holders: Vec<usize>) -> Vec<Share<usize>> {
        let share = |(unit, holder)| Share { unit, holder: worker(holder), wanted_by: None };
        holders.into_iter().enumerate().map(share).collect()
    }

    const WORKERS: usize = 6;

    proptest! {
        /// Whoever holds what at first, whoever asks, and whenever what was asked for is handed over: each has as many as one more or less in
        /// the end, and nobody asks any more.
        #[test]
        fn all_have_alike_in_the_end(
            holders in prop::collection::vec(0..WORKERS, 0..30),
            order in prop::collection::vec((0..WORKERS, any::<bool>()), 1..20),
        ) {
            let mut shares = shares(holders);
            let mut asked = 0;
            for (asking, hands_over) in order.iter().cycle().take(2_000) {
                let asking = worker(*asking);
                if let Some(unit) = fair_share(&shares, &asking).map(|share| share.unit) {
                    shares[unit].wanted_by = Some(asking);
                    asked += 1;
                }
                if *hands_over {
                    hand_over(&mut shares);
                }
            }
            // What was asked of one who had not got it yet may have left him with more than others.
            let mut before = None;
            while before != Some(asked) {
                before = Some(asked);
                for number in 0..WORKERS {
                    while let Some(unit) = fair_share(&shares, &worker(number)).map(|share| share.unit) {
                        shares[unit].wanted_by = Some(worker(number));
                        asked += 1;
                        prop_assert!(asked <= 100, "they take from each other for ever");
                    }
                }
                hand_over(&mut shares);
            }
            let counts = (0..WORKERS).map(|number| {
                shares.iter().filter(|share| share.holder == worker(number)).count()
            });
            let (least, most) = (counts.clone().min().unwrap(), counts.max().unwrap());
            prop_assert!(most - least <= 1, "{shares:?}");
        }
    }

    fn hand_over(shares: &mut [Share<usize>]) {
        for share in shares {
            if let Some(next) = share.wanted_by.take() {
                share.holder = next;
            }
        }
    }

    #[test]
    fn who_is_slow_to_hand_over_is_asked_for_something_else() {
        let mut shares = shares(vec![1, 1, 1, 1]);
        let first = fair_share(&shares, &worker(2)).unwrap().unit;
        shares[first].wanted_by = Some(worker(2));
        let second = fair_share(&shares, &worker(2)).unwrap().unit;
        assert_ne!(first, second);
        shares[second].wanted_by = Some(worker(2));
        assert_eq!(fair_share(&shares, &worker(2)), None);
    }

    #[test]
    fn what_is_held_is_left_alone_and_what_has_lapsed_for_a_while() {
        let (one, other) = (Shift::new(), Shift::new());
        let mut courtesy = Courtesy::default();
        let mut place = Place::default();
        assert!(courtesy.allows(&place, &one));
        let held = |left| Some(Holder { worker: other.worker().clone(), left, wanted_by: None });
        place.holder = held(Duration::from_secs(1));
        assert!(courtesy.allows(&place, &other));
        assert!(!courtesy.allows(&place, &one));
        place.holder = held(Duration::ZERO);
        assert!(!courtesy.allows(&place, &one));
        let earlier = |courtesy: &mut Courtesy| {
            courtesy.0 = courtesy.0.map(|(position, since)| (position, since - one.lasting()));
        };
        earlier(&mut courtesy);
        assert!(courtesy.allows(&place, &one));

        // Where the holder was heard of meanwhile, it begins anew.
        earlier(&mut courtesy);
        place.holder = held(Duration::from_secs(1));
        assert!(!courtesy.allows(&place, &one));
        place.holder = held(Duration::ZERO);
        assert!(!courtesy.allows(&place, &one));
    }
}
