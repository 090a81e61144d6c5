//! One projection following the log.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bloom_runtime::{
    application::Shapes,
    domain::{Classified, ErrorKind},
    ports::{Lifecycle, Position, RecordedEvent, Shift, Storage, StoreError, StreamId},
};

use super::{
    checkpoint::{self, Checkpoint, advance, moved},
    error::ProjectionError,
    lease,
    parking::{ParkedEvent, reason::reason, rows},
    set::Followed,
    view::Tables,
    writing::{steps, write},
};
use crate::queries::SqlStorage;

/// At most so many events share a transaction.
pub(super) const BATCH: usize = 500;
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
                if shift.is_some() && !lease::is_at_hand(transaction, seen.row(name)).await? {
                    return Err(moved(name, &seen));
                }
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

/// Whether it may come right without anybody's doing.
pub(super) fn is_passing(error: &ProjectionError) -> bool {
    error.kind() == ErrorKind::Unavailable
}
