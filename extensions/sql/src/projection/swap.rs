//! The end of a rebuild: the new rows take the place of the old ones, while those who write these wait.
//!
//! Where the projection goes from following the log to being written with the events, or back, it is a door, too, and nobody appends past it.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bloom_runtime::{
    application::{Shapes, reveal, subjects_of},
    ports::{Cipher, Lifecycle, Position, RecordedEvent, StoreError, StreamId},
};

use super::{
    checkpoint::{self, WITH_THE_EVENTS, advance, forget_parked, hold, moved, signed},
    generation::Generation,
    head,
    parking::{ParkedEvent, rows},
    set::Followed,
    stand_in,
    status::ProjectionState,
    view::Tables,
    writing::{steps, write},
};
use crate::{parameters, queries::SqlStorage, transaction::Transaction};

/// So many events are read at a time.
const PAGE: usize = 500;
/// After so many it is looked whether it gets nearer to the head at all: whoever writes the projection waits meanwhile.
const PAGES: usize = 20;
/// At most so many events while others wait, at the first attempt.
const FEW: u64 = 1_000;

/// From which generation to which, and how that is to be written.
pub(super) struct Swap {
    pub(super) live: Generation,
    pub(super) building: Generation,
    pub(super) becomes_inline: bool,
    /// Whether the log is in another database, so that nothing can be taken at the end.
    pub(super) is_apart: bool,
    /// How often somebody was faster, or too much had come.
    pub(super) attempts: u32,
}

impl Swap {
    /// Whether somebody appends past it, unless that is kept from it.
    fn is_door(&self) -> bool {
        self.becomes_inline || self.live.is_inline()
    }
}

/// Puts the new rows in the place of the old ones, takes what these have taken since, and has the projection written with the events from then
/// on, or no longer, where that changes; how far it is then. A conflict when either generation has gone, or there is too much to take while others
/// wait.
pub(super) async fn swap<S: SqlStorage>(
    views: &S,
    projection: &Arc<Followed>,
    shapes: &Shapes,
    swap: Swap,
) -> Result<Position, StoreError> {
    let reached = Arc::new(AtomicU64::new(0));
    let closing = Arc::new(Closing {
        projection: Arc::clone(projection),
        shapes: shapes.clone(),
        cipher: views.cipher().cloned(),
        role: views.projection_role().map(ToOwned::to_owned),
        swap,
    });
    let told = Arc::clone(&reached);
    checkpoint::commit_as(views, None, move |transaction| {
        let (closing, told) = (Arc::clone(&closing), Arc::clone(&told));
        Box::pin(async move {
            let position = closing.close(transaction).await?;
            told.store(position.get(), Ordering::Relaxed);
            Ok(())
        })
    })
    .await?;
    Ok(Position::new(reached.load(Ordering::Relaxed)))
}

struct Closing {
    projection: Arc<Followed>,
    shapes: Shapes,
    cipher: Option<Arc<dyn Cipher>>,
    role: Option<String>,
    swap: Swap,
}

impl Closing {
    async fn close(&self, transaction: &mut Transaction<'_>) -> Result<Position, StoreError> {
        let Self { projection, swap: Swap { live, building, .. }, .. } = self;
        let (name, role) = (projection.name, self.role.as_deref());
        let new = Tables::building(projection.tables, building.number());
        // All are held until the end, so that nobody who follows the log writes into the old tables any more.
        let mut held = Vec::new();
        for part in live.parts() {
            held.push(hold(transaction, name, part).await?);
        }
        let live = &Generation::of_parts(held);
        for part in building.parts() {
            advance(transaction, name, part, part.position(), None).await?;
        }
        let lacks = rows::held(transaction, name, building.number()).await?;
        let waiting: BTreeSet<StreamId> = lacks.iter().map(|event| event.stream.clone()).collect();
        if self.swap.is_door() {
            if !lacks.is_empty() {
                return Err(self.overtaken());
            }
            head::shut(transaction, name).await?;
        } else {
            // What lacked there may have been taken meanwhile.
            let lacking = rows::held(transaction, name, live.number()).await?;
            if lacks_more(live, &lacking, lacks).is_some() {
                return Err(self.overtaken());
            }
            self.follow_up(transaction, live.furthest(), &new, &waiting).await?;
        }
        transaction.take_role(role).await?;
        stand_in::replace(transaction, &new).await?;
        transaction.leave_role(role).await?;

        let reached =
            if self.swap.is_door() { self.go_through(transaction).await? } else { live.furthest() };

        forget_parked(transaction, name, live.number()).await?;
        const FORGET: &str = "DELETE FROM bloom_projections WHERE name = $1 AND generation = $2";
        transaction.execute(FORGET, &parameters![name, live.number()]).await?;
        const SERVE: &str = "UPDATE bloom_projections
            SET state = $3, position = CASE WHEN position < $4 THEN $4 ELSE position END
            WHERE name = $1 AND generation = $2";
        let state = if self.swap.is_door() { ProjectionState::Live } else { live.state() };
        let place = if self.swap.becomes_inline { WITH_THE_EVENTS } else { reached };
        let values = parameters![name, building.number(), state.as_str(), signed(place)];
        transaction.execute(SERVE, &values).await?;
        Ok(reached.max(building.position()))
    }

    /// Takes everything up to the head, which is held then, and writes there whether the projection is written with the events; how far the log is.
    async fn go_through(&self, transaction: &mut Transaction<'_>) -> Result<Position, StoreError> {
        let Swap { building, becomes_inline, .. } = &self.swap;
        let name = self.projection.name;
        // Most of it is taken while others still append; the head is held for the rest only.
        let mut position = building.position();
        self.approach(transaction, &mut position).await?;
        let (newest, mut roster) = head::hold(transaction).await?;
        self.is_little(position, newest)?;
        while self.take_into_live(transaction, &mut position).await? > 0 {}
        if position != newest {
            let hole = format!("the log has a hole: after {position} comes nothing up to {newest}");
            return Err(StoreError::Internal(hole.into()));
        }
        if *becomes_inline {
            roster.enrol(name, building.number(), self.projection.aggregates());
        } else {
            roster.strike(name);
        }
        head::list(transaction, &roster).await?;
        Ok(newest)
    }

    /// Takes into the new tables what the old ones have taken since. What cannot be taken is left to the rebuild, which sets it aside or says why
    /// not.
    async fn follow_up(
        &self,
        transaction: &mut Transaction<'_>,
        reached: Position,
        new: &Tables,
        waiting: &BTreeSet<StreamId>,
    ) -> Result<(), StoreError> {
        let mut position = self.swap.building.position();
        if position >= reached {
            return Ok(());
        }
        if self.swap.is_apart {
            return Err(self.overtaken());
        }
        self.is_little(position, reached)?;
        while position < reached {
            let mut entries = transaction.log(position, PAGE).await?;
            entries.retain(|entry| entry.position <= reached);
            let Some(last) = entries.last().map(|entry| entry.position) else {
                return Err(self.overtaken());
            };
            position = last;
            let (behind, due): (Vec<_>, Vec<_>) =
                self.untaken(entries).partition(|entry| waiting.contains(&entry.stream));
            for RecordedEvent { position, stream, name, .. } in behind {
                // A person is forgotten at once, and once more: the rebuild does that.
                if name == Lifecycle::Forgotten.name() {
                    return Err(self.overtaken());
                }
                let event = ParkedEvent { position, stream, failure: None };
                let (name, generation) = (self.projection.name, self.swap.building.number());
                rows::park(transaction, name, generation, &event).await?;
            }
            match self.take(transaction, due, new).await {
                Err(error @ (StoreError::Unavailable { .. } | StoreError::OutcomeUnknown)) => {
                    return Err(error);
                }
                taken => taken.map_err(|_| self.overtaken())?,
            }
        }
        Ok(())
    }

    /// Others do not wait for long, or somewhat longer where it has come to nothing before.
    fn is_little(&self, from: Position, to: Position) -> Result<(), StoreError> {
        let few = FEW.saturating_mul(1 << self.swap.attempts.min(40));
        if to.get().saturating_sub(from.get()) > few { Err(self.overtaken()) } else { Ok(()) }
    }

    fn overtaken(&self) -> StoreError {
        moved(self.projection.name, &self.swap.building.parts()[0])
    }

    /// Takes events while others append, as long as that brings it nearer to the head.
    async fn approach(
        &self,
        transaction: &mut Transaction<'_>,
        position: &mut Position,
    ) -> Result<(), StoreError> {
        let mut left = u64::MAX;
        loop {
            for _ in 0..PAGES {
                if self.take_into_live(transaction, position).await? < PAGE {
                    return Ok(());
                }
            }
            let now = head::newest(transaction).await?.get().saturating_sub(position.get());
            if now >= left {
                return Ok(());
            }
            left = now;
        }
    }

    /// Takes the next events into the live tables, whose rows are the new ones by now; how many there were.
    async fn take_into_live(
        &self,
        transaction: &mut Transaction<'_>,
        position: &mut Position,
    ) -> Result<usize, StoreError> {
        let entries = transaction.log(*position, PAGE).await?;
        let count = entries.len();
        let Some(last) = entries.last().map(|entry| entry.position) else { return Ok(0) };
        *position = last;
        let due = self.untaken(entries).collect();
        self.take(transaction, due, &Tables::live(self.projection.tables)).await?;
        Ok(count)
    }

    /// Those that the new tables do not have yet, whose parts have not all come as far.
    fn untaken(&self, entries: Vec<RecordedEvent>) -> impl Iterator<Item = RecordedEvent> {
        let building = &self.swap.building;
        let is_new = |entry: &RecordedEvent| entry.position > building.of(&entry.stream).position();
        entries.into_iter().filter(is_new)
    }

    async fn take(
        &self,
        transaction: &mut Transaction<'_>,
        mut entries: Vec<RecordedEvent>,
        tables: &Tables,
    ) -> Result<(), StoreError> {
        self.reveal(transaction, &mut entries).await?;
        let steps = steps(&self.projection, &self.shapes, entries).await?;
        let role = self.role.as_deref();
        transaction.take_role(role).await?;
        write(transaction, tables, &steps).await?;
        transaction.leave_role(role).await
    }

    async fn reveal(
        &self,
        transaction: &mut Transaction<'_>,
        entries: &mut [RecordedEvent],
    ) -> Result<(), StoreError> {
        let people = subjects_of(entries);
        if people.is_empty() {
            return Ok(());
        }
        let keys = transaction.keys(&people).await?;
        reveal(self.cipher.as_deref(), &keys, entries)
    }
}

/// What the new tables lack that the old ones have: these are not replaced by such. Each is given by the first event of each aggregate
/// that is set aside.
pub(super) fn lacks_more(
    live: &Generation,
    lacking: &[ParkedEvent],
    lacks: Vec<ParkedEvent>,
) -> Option<ParkedEvent> {
    lacks.into_iter().find(|event| {
        let is_there = event.position <= live.of(&event.stream).position();
        let lacks_as_well = lacking
            .iter()
            .any(|known| known.stream == event.stream && known.position <= event.position);
        is_there && !lacks_as_well
    })
}
