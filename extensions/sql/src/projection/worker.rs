//! One projection following the log.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use bloom_runtime::{
    application::{Delivery, Shapes, retry, sharing::Courtesy},
    domain::{Classified, ErrorKind},
    ports::{Lifecycle, Position, RecordedEvent, Shift, Storage, StoreError, StreamId, Turn},
};
use tokio::sync::watch;

use super::{
    beginning::served,
    checkpoint::{self, Checkpoint, advance, moved},
    error::ProjectionError,
    lease,
    parking::{
        ParkedEvent,
        reason::{chain, reason},
        rows,
    },
    set::Followed,
    status::ProjectionState,
    view::Tables,
    writing::{steps, write},
};
use crate::queries::SqlStorage;

/// At most so many events share a transaction.
pub(super) const BATCH: usize = 500;
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

/// What follows a log, and where it writes.
pub(super) struct Worker<L, S> {
    pub(super) log: Arc<L>,
    pub(super) views: Arc<S>,
    pub(super) projection: Arc<Followed>,
    pub(super) shapes: Shapes,
    /// How long it tries an event before it is set aside.
    pub(super) patience: Duration,
    /// Whether this program writes it with the events, where it is written so.
    pub(super) may_be_inline: bool,
    /// For whom parts are held while they are worked on; `None` for whoever only does something once.
    pub(super) shift: Option<Shift>,
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

/// What came of trying to get on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advanced {
    /// It took all events up to here.
    To(Position),
    /// There is nothing new.
    Nothing,
    /// Somebody else has moved it, or has told it to stand still.
    Elsewhere,
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

    /// Notes why it does not get on, unless that may pass.
    pub(super) async fn note(&self, seen: &Checkpoint, error: &ProjectionError) {
        if is_passing(error) {
            return;
        }
        let name = self.projection.name;
        let noted = checkpoint::note_failure(&*self.views, name, seen, reason(error)).await;
        if let Err(error) = noted {
            tracing::warn!(projection = name, "its failure could not be noted: {error}");
        }
    }

    /// Takes the next events behind a checkpoint into tables, at most so many.
    ///
    /// When they fail together each is tried alone, so that all before the one that fails are taken.
    pub(super) async fn advance(
        &self,
        seen: &Checkpoint,
        tables: &Tables,
        limit: usize,
    ) -> Result<Advanced, ProjectionError> {
        let entries = self.log.read(seen.position(), limit).await?;
        let Some(last) = entries.last().map(|entry| entry.position) else {
            return Ok(Advanced::Nothing);
        };
        contiguous(seen.position(), &entries)?;
        let single = entries.len() == 1;
        let first = entries[0].position;
        match self.take(seen, tables, entries, last).await {
            Ok(()) => Ok(Advanced::To(last)),
            Err(StoreError::Conflict { .. }) => Ok(Advanced::Elsewhere),
            Err(error @ (StoreError::Unavailable { .. } | StoreError::OutcomeUnknown)) => {
                Err(error.into())
            }
            Err(source) if single => {
                Err(ProjectionError::Failed { name: self.projection.name, position: first, source })
            }
            Err(_) => Box::pin(self.advance(seen, tables, 1)).await,
        }
    }

    /// The same, setting aside at once what cannot be taken, where the projection does that.
    pub(super) async fn advance_or_park(
        &self,
        seen: &Checkpoint,
        tables: &Tables,
    ) -> Result<Advanced, ProjectionError> {
        match self.advance(seen, tables, BATCH).await {
            Err(ProjectionError::Failed { position, source, .. })
                if self.may_park(seen, &source) =>
            {
                self.set_aside(seen, position, source).await
            }
            advanced => advanced,
        }
    }

    /// Writes what follows from those entries that are for this part and moves the checkpoint, in one transaction.
    async fn take(
        &self,
        seen: &Checkpoint,
        tables: &Tables,
        mut entries: Vec<RecordedEvent>,
        last: Position,
    ) -> Result<(), StoreError> {
        entries.retain(|entry| seen.takes(&entry.stream));
        let waiting = self.waiting(seen).await?;
        let is_behind = |entry: &RecordedEvent| {
            self.projection.follows(&entry.stream.aggregate) && waiting.contains(&entry.stream)
        };
        let behind: Arc<[ParkedEvent]> = entries
            .iter()
            .filter(|entry| is_behind(entry))
            .map(|entry| ParkedEvent {
                position: entry.position,
                stream: entry.stream.clone(),
                failure: None,
            })
            .collect();
        let forgotten: Arc<[StreamId]> = entries
            .iter()
            .filter(|entry| is_behind(entry) && entry.name == Lifecycle::Forgotten.name())
            .map(|entry| entry.stream.clone())
            .collect();
        // A person is forgotten at once, and once more when the events before have been taken.
        let is_due =
            |entry: &RecordedEvent| !is_behind(entry) || entry.name == Lifecycle::Forgotten.name();
        let due = entries.into_iter().filter(is_due).collect();
        let steps = steps(&self.projection, &self.shapes, due).await?;
        let name = self.projection.name;
        let (seen, tables, waiting) = (seen.clone(), tables.clone(), Arc::new(waiting));
        let shift = self.shift.clone();
        checkpoint::commit(&*self.views, move |transaction| {
            let (steps, seen, tables) = (Arc::clone(&steps), seen.clone(), tables.clone());
            let (behind, waiting) = (Arc::clone(&behind), Arc::clone(&waiting));
            let (forgotten, shift) = (Arc::clone(&forgotten), shift.clone());
            Box::pin(async move {
                advance(transaction, name, &seen, last, shift.as_ref()).await?;
                if seen.parked.0 > 0 {
                    let mut now = rows::streams(transaction, name, seen.generation).await?;
                    now.retain(|stream| seen.takes(stream));
                    if now != *waiting {
                        return Err(moved(name, &seen));
                    }
                }
                for event in &*behind {
                    rows::park(transaction, name, seen.generation, event).await?;
                }
                for stream in &*forgotten {
                    rows::hush(transaction, name, seen.generation, stream).await?;
                }
                write(transaction, &tables, &steps).await
            })
        })
        .await
    }

    /// The aggregates whose events wait, since one of them is set aside.
    async fn waiting(&self, seen: &Checkpoint) -> Result<BTreeSet<StreamId>, StoreError> {
        if seen.parked.0 == 0 {
            return Ok(BTreeSet::new());
        }
        let first = rows::first(&*self.views, self.projection.name, seen.generation).await?;
        let streams = first.into_iter().map(|event| event.stream);
        Ok(streams.filter(|stream| seen.takes(stream)).collect())
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

/// A reader that wants everything does not go on over a hole.
pub(super) fn contiguous(
    after: Position,
    entries: &[RecordedEvent],
) -> Result<(), ProjectionError> {
    let mut last = after;
    for entry in entries {
        if entry.position != last.next() {
            return Err(ProjectionError::Hole { after: last, found: entry.position });
        }
        last = entry.position;
    }
    Ok(())
}

fn patience() -> impl Iterator<Item = Duration> + Send {
    retry::pauses(Duration::from_millis(10), Duration::from_secs(30))
}

/// Whether it may come right without anybody's doing.
pub(super) fn is_passing(error: &ProjectionError) -> bool {
    error.kind() == ErrorKind::Unavailable
}
