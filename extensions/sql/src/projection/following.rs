//! Following the log, turn by turn, beside the workers of other processes.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use bloom_runtime::{
    application::{Delivery, Resting, sharing::Courtesy},
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
    worker::{Advanced, BATCH, Worker, is_passing},
};
use crate::queries::SqlStorage;

/// Another process may append without telling this one.
const POLL: Duration = Duration::from_millis(250);

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
    parts: BTreeMap<u32, Attempts>,
    /// Whether what others have left is taken at once.
    is_rude: bool,
}

impl Memory {
    /// That of somebody who may never come again, and takes at once what others have left.
    pub(super) fn of_one_turn() -> Self {
        Self { is_rude: true, ..Self::default() }
    }

    /// How long until something is tried again that has failed.
    fn next_try(&self) -> Option<Duration> {
        self.parts.values().filter_map(|part| part.resting.left()).min()
    }
}

/// What a task knows of one part.
#[derive(Default)]
struct Attempts {
    courtesy: Courtesy,
    /// An event that it fails at, and since when.
    failing: Option<(Position, Instant)>,
    resting: Resting,
}

impl Attempts {
    /// How long it has been failing at this event.
    fn failing_at(&mut self, position: Position) -> Duration {
        let since = match self.failing {
            Some((known, since)) if known == position => since,
            _ => Instant::now(),
        };
        self.failing = Some((position, since));
        since.elapsed()
    }
}

/// What came of a turn.
pub(super) struct Turned {
    pub(super) advanced: Advanced,
    /// The first failure of a part; the others have had their turn.
    pub(super) failed: Option<ProjectionError>,
}

impl<L: Storage, S: SqlStorage> Worker<L, S> {
    /// Follows the log until it is told to stop.
    pub(super) async fn run(
        self,
        lane: Lane,
        reached: watch::Sender<Delivery>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut pauses = Resting::pauses();
        let mut memory = Memory::default();
        while !*stop.borrow() {
            let mut appended = self.log.appended();
            appended.mark_unchanged();
            let turned = self.follow(lane, &reached, &mut memory).await;
            let failed = match &turned {
                Ok(turned) => turned.failed.as_ref(),
                Err(error) => Some(error),
            };
            if let Some(error) = failed {
                tracing::warn!(
                    projection = self.projection.name, kind = %error.kind(), "{}; trying again",
                    chain(error)
                );
                reached.send_modify(|delivery| delivery.failing = Some(chain(error)));
            }
            let pause = match turned {
                Ok(Turned { advanced, .. }) => {
                    pauses = Resting::pauses();
                    match (advanced, memory.next_try()) {
                        (Advanced::To(_), _) => continue,
                        (Advanced::Nothing, None) => {
                            is_fine(&reached);
                            tokio::select! {
                                _ = appended.changed() => {}
                                () = tokio::time::sleep(POLL) => {}
                                _ = stop.changed() => {}
                            }
                            continue;
                        }
                        (_, None) => POLL,
                        // Others may have their part in it meanwhile, so that it is looked sooner than it is tried.
                        (_, Some(left)) => POLL.min(left),
                    }
                }
                Err(_) => pauses.next().unwrap_or(POLL),
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Takes some events into each part of a lane whose turn it is.
    pub(super) async fn follow(
        &self,
        lane: Lane,
        reached: &watch::Sender<Delivery>,
        memory: &mut Memory,
    ) -> Result<Turned, ProjectionError> {
        let served = served(&*self.views, &self.projection, self.may_be_inline).await?;
        if served.is_inline() {
            return Ok(Turned {
                advanced: self.stand_by(reached, served.position()),
                failed: None,
            });
        }
        let is_paused = served.state() == ProjectionState::Paused;
        let parts: Vec<&Checkpoint> =
            served.parts().iter().filter(|part| lane.takes(part)).collect();
        let positions = parts.iter().map(|part| part.position());
        stands(reached, positions.min().unwrap_or_else(|| served.position()), is_paused);
        memory.parts.retain(|number, _| parts.iter().any(|part| part.part == *number));
        if is_paused || parts.is_empty() {
            is_fine(reached);
            return Ok(Turned { advanced: Advanced::Elsewhere, failed: None });
        }
        let (mut all, mut failed) = (Advanced::Nothing, None);
        for part in parts {
            let is_rude = memory.is_rude;
            let attempts = memory.parts.entry(part.part).or_default();
            let advanced = match self.follow_part(part, attempts, is_rude).await {
                Ok(advanced) => advanced,
                Err(error) => {
                    attempts.resting.begin(part.position());
                    self.give_way(part, &error).await;
                    failed = failed.or(Some(error));
                    Advanced::Elsewhere
                }
            };
            all = match (all, advanced) {
                (_, Advanced::To(position)) | (Advanced::To(position), _) => Advanced::To(position),
                (Advanced::Nothing, Advanced::Nothing) => Advanced::Nothing,
                _ => Advanced::Elsewhere,
            };
        }
        if all == Advanced::Elsewhere && memory.next_try().is_none() {
            is_fine(reached);
        }
        Ok(Turned { advanced: all, failed })
    }

    /// Takes some events into a part, where it is this worker's turn.
    async fn follow_part(
        &self,
        seen: &Checkpoint,
        attempts: &mut Attempts,
        is_rude: bool,
    ) -> Result<Advanced, ProjectionError> {
        if attempts.resting.is_at(seen.position()) {
            return Ok(Advanced::Elsewhere);
        }
        let held = match &self.shift {
            None => seen.clone(),
            Some(shift) => match self.turn(seen, shift, attempts, is_rude).await? {
                Ok(held) => held,
                Err(not_now) => {
                    if not_now == Advanced::Nothing {
                        attempts.resting.end();
                    }
                    return Ok(not_now);
                }
            },
        };
        let tables = Tables::live(self.projection.tables);
        let advanced = match self.advance(&held, &tables, BATCH).await {
            Err(ProjectionError::Failed { position, source, .. })
                if self.may_park(&held, &source)
                    && attempts.failing_at(position) >= self.patience =>
            {
                self.set_aside(&held, position, source).await
            }
            advanced => advanced,
        };
        if advanced.is_ok() {
            attempts.resting.end();
        }
        advanced
    }

    /// Notes why a part does not get on, and lets others try: they may be of a newer program.
    async fn give_way(&self, part: &Checkpoint, error: &ProjectionError) {
        self.note(part, error).await;
        let Some(shift) = self.shift.as_ref().filter(|_| !is_passing(error)) else { return };
        let name = self.projection.name;
        if let Err(error) = lease::give_up(&*self.views, name, part, shift.worker()).await {
            tracing::warn!(projection = name, "others go on in some seconds: {error}");
        }
    }

    /// The part as this worker holds it, or why it does not.
    async fn turn(
        &self,
        seen: &Checkpoint,
        shift: &Shift,
        attempts: &mut Attempts,
        is_rude: bool,
    ) -> Result<Result<Checkpoint, Advanced>, ProjectionError> {
        let name = self.projection.name;
        let turn = seen.place.turn(shift.worker());
        if turn != Turn::Lapsed {
            attempts.courtesy.forget();
        }
        match turn {
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
            attempts.courtesy.forget();
            return Ok(Err(Advanced::Nothing));
        }
        if !(attempts.courtesy.allows(&seen.place, shift) || is_rude) {
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

/// Whatever it failed with before, nothing waits for it any more.
fn is_fine(reached: &watch::Sender<Delivery>) {
    reached.send_if_modified(|delivery| delivery.failing.take().is_some());
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
