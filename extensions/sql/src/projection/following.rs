//! Following the log, turn by turn, beside the workers of other processes.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use bloom_runtime::{
    application::{Delivery, retry, sharing::Courtesy},
    domain::Classified,
    ports::{Position, Shift, Storage, Turn},
};
use tokio::sync::watch;

use super::{
    beginning::served,
    checkpoint::Checkpoint,
    error::ProjectionError,
    lease,
    parking::reason::chain,
    status::ProjectionState,
    view::Tables,
    worker::{Advanced, BATCH, Worker},
};
use crate::queries::SqlStorage;

/// Another process may append without telling this one.
const POLL: Duration = Duration::from_millis(250);

/// An event that fails, and since when.
#[derive(Default)]
struct Failing(Option<(Position, Instant)>);

impl Failing {
    /// How long it has been failing at this event.
    fn at(&mut self, position: Position) -> Duration {
        let since = match self.0 {
            Some((known, since)) if known == position => since,
            _ => Instant::now(),
        };
        self.0 = Some((position, since));
        since.elapsed()
    }
}

/// Which parts a task takes: every so many, from the one of this number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lane {
    pub(super) first: u32,
    pub(super) step: u32,
}

impl Lane {
    /// All parts.
    pub(super) const WHOLE: Self = Self { first: 0, step: 1 };

    fn takes(self, part: &Checkpoint) -> bool {
        part.part % self.step == self.first
    }
}

/// What a task knows from one turn to the next.
#[derive(Default)]
pub(super) struct Memory {
    failing: Failing,
    courtesy: BTreeMap<u32, Courtesy>,
    /// Whether what others have left is taken at once.
    is_rude: bool,
}

impl Memory {
    /// That of somebody who may never come again, and takes at once what others have left.
    pub(super) fn of_one_turn() -> Self {
        Self { is_rude: true, ..Self::default() }
    }
}

impl<L: Storage, S: SqlStorage> Worker<L, S> {
    /// Follows the log until it is told to stop.
    pub(super) async fn run(
        self,
        lane: Lane,
        reached: watch::Sender<Delivery>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut pauses = patience();
        let mut memory = Memory::default();
        while !*stop.borrow() {
            let mut appended = self.log.appended();
            appended.mark_unchanged();
            let pause = match self.follow(lane, &reached, &mut memory).await {
                Ok(Advanced::To(_)) => {
                    pauses = patience();
                    continue;
                }
                Ok(Advanced::Nothing) => {
                    pauses = patience();
                    reached.send_if_modified(|delivery| delivery.failing.take().is_some());
                    tokio::select! {
                        _ = appended.changed() => {}
                        () = tokio::time::sleep(POLL) => {}
                        _ = stop.changed() => {}
                    }
                    continue;
                }
                Ok(Advanced::Elsewhere) => POLL,
                Err(error) => {
                    tracing::warn!(
                        projection = self.projection.name, kind = %error.kind(), "{}; trying again",
                        chain(&error)
                    );
                    reached.send_modify(|delivery| delivery.failing = Some(chain(&error)));
                    pauses.next().unwrap_or(POLL)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Takes some events into each part of a lane whose turn it is.
    ///
    /// # Errors
    /// The first failure of a part; the others have had their turn.
    pub(super) async fn follow(
        &self,
        lane: Lane,
        reached: &watch::Sender<Delivery>,
        memory: &mut Memory,
    ) -> Result<Advanced, ProjectionError> {
        let served = served(&*self.views, &self.projection, self.may_be_inline).await?;
        if served.is_inline() {
            return Ok(self.stand_by(reached, served.position()));
        }
        let is_paused = served.state() == ProjectionState::Paused;
        let parts: Vec<&Checkpoint> =
            served.parts().iter().filter(|part| lane.takes(part)).collect();
        let positions = parts.iter().map(|part| part.position());
        stands(reached, positions.min().unwrap_or_else(|| served.position()), is_paused);
        if is_paused || parts.is_empty() {
            return Ok(Advanced::Elsewhere);
        }
        let (mut advanced, mut failed) = (Advanced::Nothing, None);
        for part in parts {
            match self.follow_part(part, memory).await {
                Ok(Advanced::To(position)) => advanced = Advanced::To(position),
                Ok(Advanced::Elsewhere) if advanced == Advanced::Nothing => {
                    advanced = Advanced::Elsewhere;
                }
                Ok(_) => {}
                Err(error) => {
                    self.note(part, &error).await;
                    failed = failed.or(Some(error));
                }
            }
        }
        match failed {
            Some(error) => Err(error),
            None => Ok(advanced),
        }
    }

    /// Takes some events into a part, where it is this worker's turn.
    async fn follow_part(
        &self,
        seen: &Checkpoint,
        memory: &mut Memory,
    ) -> Result<Advanced, ProjectionError> {
        let held = match &self.shift {
            None => seen.clone(),
            Some(shift) => match self.turn(seen, shift, memory).await? {
                Ok(held) => held,
                Err(not_now) => return Ok(not_now),
            },
        };
        let tables = Tables::live(self.projection.tables);
        match self.advance(&held, &tables, BATCH).await {
            Err(ProjectionError::Failed { position, source, .. })
                if self.may_park(&held, &source)
                    && memory.failing.at(position) >= self.patience =>
            {
                self.set_aside(&held, position, source).await
            }
            advanced => advanced,
        }
    }

    /// The part as this worker holds it, or why it does not.
    async fn turn(
        &self,
        seen: &Checkpoint,
        shift: &Shift,
        memory: &mut Memory,
    ) -> Result<Result<Checkpoint, Advanced>, ProjectionError> {
        let name = self.projection.name;
        match seen.place.turn(&shift.worker) {
            Turn::Theirs => return Ok(Err(Advanced::Elsewhere)),
            Turn::Mine if seen.place.wanted_by().is_some() => {
                lease::hand_over(&*self.views, name, seen, shift).await?;
                return Ok(Err(Advanced::Elsewhere));
            }
            Turn::Mine => return Ok(Ok(seen.clone())),
            Turn::Free | Turn::Lapsed => {}
        }
        // Where there is nothing to do, nobody needs to hold it.
        if self.log.read(seen.position(), 1).await?.is_empty() {
            return Ok(Err(Advanced::Nothing));
        }
        let courtesy = memory.courtesy.entry(seen.part).or_default();
        if !memory.is_rude && !courtesy.allows(&seen.place, &shift.worker) {
            return Ok(Err(Advanced::Elsewhere));
        }
        let claimed = lease::claim(&*self.views, name, seen, shift).await?;
        Ok(claimed.ok_or(Advanced::Elsewhere))
    }

    /// It is written with the events, so that there is nothing to follow.
    fn stand_by(&self, reached: &watch::Sender<Delivery>, position: Position) -> Advanced {
        let name = self.projection.name;
        if self.may_be_inline {
            stands(reached, position, false);
            return Advanced::Nothing;
        }
        reached.send_if_modified(|delivery| {
            let is_news = delivery.failing.is_none();
            delivery.is_known = true;
            delivery.failing = Some(ProjectionError::ShutOut { name: name.to_owned() }.to_string());
            is_news
        });
        Advanced::Elsewhere
    }
}

/// Tells how far it has come, if that has changed.
fn stands(reached: &watch::Sender<Delivery>, position: Position, is_paused: bool) {
    reached.send_if_modified(|delivery| {
        let now = (position, is_paused, true);
        let changed = (delivery.position, delivery.is_paused, delivery.is_known) != now;
        if changed {
            (delivery.position, delivery.is_paused, delivery.is_known) = now;
            delivery.failing = None;
        }
        changed
    });
}

fn patience() -> impl Iterator<Item = Duration> + Send {
    retry::pauses(Duration::from_millis(10), Duration::from_secs(30))
}
