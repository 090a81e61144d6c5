//! One projection following the log.

use std::{sync::Arc, time::Duration};

use bloom_runtime::{
    application::{Delivery, Shapes, caught, retry},
    domain::{Classified, ErrorKind},
    ports::{Position, RecordedEvent, Storage, StoreError},
};
use tokio::sync::watch;

use super::{
    checkpoint::{self, Checkpoint, ProjectionState, advance},
    error::ProjectionError,
    set::{Followed, Step},
    view::{Tables, View},
};
use crate::queries::SqlStorage;

/// At most so many events share a transaction.
pub(super) const BATCH: usize = 500;
/// Another process may append without telling this one.
const POLL: Duration = Duration::from_millis(250);

/// What follows a log, and where it writes.
pub(super) struct Worker<L, S> {
    pub(super) log: Arc<L>,
    pub(super) views: Arc<S>,
    pub(super) projection: Arc<Followed>,
    pub(super) shapes: Shapes,
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
        while !*stop.borrow() {
            let mut appended = self.log.appended();
            appended.mark_unchanged();
            let pause = match self.follow(&reached).await {
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

    async fn follow(&self, reached: &watch::Sender<Delivery>) -> Result<Advanced, ProjectionError> {
        let seen = checkpoint::served(&*self.views, &self.projection).await?;
        let is_paused = seen.state == ProjectionState::Paused;
        stands(reached, seen.position, is_paused);
        if is_paused {
            return Ok(Advanced::Elsewhere);
        }
        let tables = Tables::live(self.projection.tables);
        match self.advance(&seen, &tables, BATCH).await {
            Ok(Advanced::To(position)) => {
                stands(reached, position, false);
                Ok(Advanced::To(position))
            }
            Err(error) if !is_passing(&error) => {
                let name = self.projection.name;
                let noted =
                    checkpoint::note_failure(&*self.views, name, &seen, chain(&error)).await;
                if let Err(error) = noted {
                    tracing::warn!(projection = name, "its failure could not be noted: {error}");
                }
                Err(error)
            }
            other => other,
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

    /// Writes what follows from the entries and moves the checkpoint, in one transaction.
    async fn take(
        &self,
        seen: &Checkpoint,
        tables: &Tables,
        entries: Vec<RecordedEvent>,
        last: Position,
    ) -> Result<(), StoreError> {
        let mut steps: Vec<Step> = Vec::new();
        for entry in entries {
            // What turns an earlier revision into the newest is somebody's code, too.
            let step = caught(async { self.projection.step(entry, &self.shapes) }).await;
            steps.extend(step.unwrap_or_else(panicked)?);
        }
        let name = self.projection.name;
        let (steps, seen, tables): (Arc<[Step]>, _, _) =
            (steps.into(), seen.clone(), tables.clone());
        checkpoint::commit(&*self.views, move |transaction| {
            let (steps, seen, tables) = (Arc::clone(&steps), seen.clone(), tables.clone());
            Box::pin(async move {
                advance(transaction, name, &seen, last).await?;
                let mut view = View::new(transaction.reborrow(), &tables);
                for step in &*steps {
                    let done = caught(step(&mut view)).await;
                    done.unwrap_or_else(panicked)?;
                }
                Ok(())
            })
        })
        .await
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
fn contiguous(after: Position, entries: &[RecordedEvent]) -> Result<(), ProjectionError> {
    let mut last = after;
    for entry in entries {
        if entry.position != last.next() {
            return Err(ProjectionError::Hole { after: last, found: entry.position });
        }
        last = entry.position;
    }
    Ok(())
}

fn panicked<T>() -> Result<T, StoreError> {
    Err(StoreError::Internal("it panicked".into()))
}

fn patience() -> impl Iterator<Item = Duration> + Send {
    retry::pauses(Duration::from_millis(10), Duration::from_secs(30))
}

/// The error with everything that led to it.
fn chain(error: &ProjectionError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Whether it may come right without anybody's doing.
pub(super) fn is_passing(error: &ProjectionError) -> bool {
    error.kind() == ErrorKind::Unavailable
}
