//! What is known of an aggregate instead of its first events.

use crate::{
    application::{
        genesis::{Genesis, begun},
        registration::Registration,
        repository::Past,
    },
    domain::{Aggregate, Version},
    ports::{Instead, Lifecycle, RecordedEvent, StoreError},
};

/// Why the events of an aggregate are kept, however old they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kept {
    /// It is audited: its seals hang on each other.
    Audited,
    /// Some of its events have tags: decisions over several aggregates are made from them, or a person is forgotten by them.
    Tagged,
    /// This program does not know its kind.
    Unknown,
}

/// What there is instead of the first events of an aggregate of one kind.
pub(in crate::application) trait Summary: Send + Sync {
    /// The last of `old` first events that may go, and what is known instead; `None` when too few may, or none of them.
    fn instead(
        &self,
        events: &[RecordedEvent],
        old: usize,
    ) -> Result<Result<Option<(Version, Instead)>, Kept>, StoreError>;
}

impl<A: Aggregate> Summary for Registration<A> {
    fn instead(
        &self,
        events: &[RecordedEvent],
        old: usize,
    ) -> Result<Result<Option<(Version, Instead)>, Kept>, StoreError> {
        // The last one stays: it tells what has become of the aggregate.
        let old = &events[..old.min(events.len().saturating_sub(1))];
        let Some(last) = old.last() else { return Ok(Ok(None)) };
        if self.seal.is_some() {
            return Ok(Err(Kept::Audited));
        }
        let is_tagged = |event: &RecordedEvent| {
            !event.metadata.tags.is_empty() || event.metadata.subject.is_some()
        };
        if old.iter().any(is_tagged) {
            return Ok(Err(Kept::Tagged));
        }
        if is_gone(events, self.soft_delete) {
            // Nothing tells what it was between what goes and its end.
            let all = old.len() + 1 == events.len();
            return Ok(Ok(all.then_some((last.version, Instead::Nothing))));
        }
        // One event for another would be no gain.
        if old.len() < 2 {
            return Ok(Ok(None));
        }
        let Some(state) = Past::<A>::fold(&self.upcasters, old)?.alive() else {
            return Ok(Ok(None));
        };
        let genesis = Genesis::of(&state, &self.upcasters, begun(&old[0]))?;
        Ok(Ok(Some((last.version, Instead::Genesis(genesis)))))
    }
}

/// Whether the aggregate is there no more, and cannot be brought back.
fn is_gone(events: &[RecordedEvent], soft_delete: bool) -> bool {
    let moves = events.iter().rev().filter_map(|event| Lifecycle::named(&event.name));
    let mut ends = moves
        .filter(|one| matches!(one, Lifecycle::Removed | Lifecycle::Restored | Lifecycle::Purged));
    match ends.next() {
        Some(Lifecycle::Removed) => !soft_delete,
        last => last == Some(Lifecycle::Purged),
    }
}
