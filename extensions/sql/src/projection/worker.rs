//! One projection following the log.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use bloom_runtime::{
    application::{Delivery, Shapes, retry},
    domain::{Classified, ErrorKind},
    ports::{Lifecycle, Position, RecordedEvent, Storage, StoreError, StreamId},
};
use tokio::sync::watch;

use super::{
    beginning::served,
    checkpoint::{self, Checkpoint, ProjectionState, advance, moved},
    error::ProjectionError,
    parking::{
        ParkedEvent,
        reason::{chain, reason},
        rows,
    },
    set::Followed,
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
        reached: watch::Sender<Delivery>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut pauses = patience();
        let mut failing = Failing::default();
        while !*stop.borrow() {
            let mut appended = self.log.appended();
            appended.mark_unchanged();
            let pause = match self.follow(&reached, &mut failing).await {
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

    async fn follow(
        &self,
        reached: &watch::Sender<Delivery>,
        failing: &mut Failing,
    ) -> Result<Advanced, ProjectionError> {
        let seen = served(&*self.views, &self.projection, self.may_be_inline).await?;
        if seen.is_inline() {
            return Ok(self.stand_by(reached, &seen));
        }
        let is_paused = seen.state == ProjectionState::Paused;
        stands(reached, seen.position, is_paused);
        if is_paused {
            return Ok(Advanced::Elsewhere);
        }
        let tables = Tables::live(self.projection.tables);
        let advanced = match self.advance(&seen, &tables, BATCH).await {
            Err(ProjectionError::Failed { position, source, .. })
                if self.may_park(&seen, &source) && failing.at(position) >= self.patience =>
            {
                self.set_aside(&seen, position, source).await
            }
            advanced => advanced,
        };
        match advanced {
            Ok(Advanced::To(position)) => {
                stands(reached, position, false);
                Ok(Advanced::To(position))
            }
            Err(error) => {
                self.note(&seen, &error).await;
                Err(error)
            }
            other => other,
        }
    }

    /// It is written with the events, so that there is nothing to follow.
    fn stand_by(&self, reached: &watch::Sender<Delivery>, seen: &Checkpoint) -> Advanced {
        let name = self.projection.name;
        if self.may_be_inline {
            stands(reached, seen.position, false);
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
        let entries = self.log.read(seen.position, limit).await?;
        let Some(last) = entries.last().map(|entry| entry.position) else {
            return Ok(Advanced::Nothing);
        };
        contiguous(seen.position, &entries)?;
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

    /// Writes what follows from the entries and moves the checkpoint, in one transaction.
    async fn take(
        &self,
        seen: &Checkpoint,
        tables: &Tables,
        entries: Vec<RecordedEvent>,
        last: Position,
    ) -> Result<(), StoreError> {
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
        checkpoint::commit(&*self.views, move |transaction| {
            let (steps, seen, tables) = (Arc::clone(&steps), seen.clone(), tables.clone());
            let (behind, waiting) = (Arc::clone(&behind), Arc::clone(&waiting));
            let forgotten = Arc::clone(&forgotten);
            Box::pin(async move {
                advance(transaction, name, &seen, last).await?;
                if seen.parked.0 > 0 {
                    let now = rows::streams(transaction, name, seen.generation).await?;
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
        Ok(first.into_iter().map(|event| event.stream).collect())
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
