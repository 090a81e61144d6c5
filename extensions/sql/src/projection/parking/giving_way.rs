//! How a projection goes on behind an event that it cannot take, and takes it later.

use std::{error::Error, sync::Arc};

use bloom_runtime::ports::{Lifecycle, Position, Storage, StoreError};

use super::{ParkedEvent, reason::reason, rows};
use crate::{
    projection::{
        checkpoint::{self, Checkpoint, advance, hold, moved},
        error::ProjectionError,
        lease,
        view::Tables,
        worker::{Advanced, Worker, contiguous},
        writing::{steps, write},
    },
    queries::SqlStorage,
    value::SqlValue,
    work::FailedStatement,
};

impl<L: Storage, S: SqlStorage> Worker<L, S> {
    /// Whether it sets aside one more, for such a reason.
    pub(in crate::projection) fn may_park(&self, seen: &Checkpoint, reason: &StoreError) -> bool {
        seen.parked.1 < self.projection.parks && !FailedStatement::blames_the_server(reason)
    }

    /// Sets aside the event at which it fails; that failure when it cannot be.
    pub(in crate::projection) async fn set_aside(
        &self,
        seen: &Checkpoint,
        position: Position,
        source: StoreError,
    ) -> Result<Advanced, ProjectionError> {
        let (name, failure) = (self.projection.name, reason(&source));
        match self.park(seen, failure.clone(), self.projection.parks).await {
            Ok(true) => {
                tracing::error!(
                    projection = name, %position,
                    "{failure}; the event is set aside, with those that follow it in its aggregate"
                );
                Ok(Advanced::To(position))
            }
            Ok(false) => Ok(Advanced::Elsewhere),
            Err(ProjectionError::Forgets { .. }) => {
                Err(ProjectionError::Failed { name, position, source })
            }
            Err(error) => Err(error),
        }
    }

    /// Sets aside the next event, for so many aggregates at most, and moves behind it; `false` when somebody else has moved, or has set
    /// aside what was left to be.
    pub(in crate::projection) async fn park(
        &self,
        seen: &Checkpoint,
        failure: String,
        most: u64,
    ) -> Result<bool, ProjectionError> {
        let entries = self.log.read(seen.position(), 1).await?;
        contiguous(seen.position(), &entries)?;
        let Some(entry) = entries.into_iter().next() else { return Ok(false) };
        let (name, position) = (self.projection.name, entry.position);
        if !seen.takes(&entry.stream) {
            return Ok(false);
        }
        if entry.name == Lifecycle::Forgotten.name() {
            return Err(ProjectionError::Forgets { name, position });
        }
        let event = ParkedEvent { position, stream: entry.stream, failure: Some(failure) };
        let (seen, shift) = (seen.clone(), self.shift.clone());
        let parked = checkpoint::commit(&*self.views, move |transaction| {
            let (seen, event, shift) = (seen.clone(), event.clone(), shift.clone());
            Box::pin(async move {
                if shift.is_some() && !lease::is_at_hand(transaction, seen.row(name)).await? {
                    return Err(moved(name, &seen));
                }
                advance(transaction, name, &seen, event.position, shift.as_ref()).await?;
                // What only has to wait behind another has no reason of its own.
                let waiting = rows::all_streams(transaction, name, seen.generation).await?;
                let is_behind = waiting.contains(&event.stream);
                if !is_behind && waiting.len() as u64 >= most {
                    return Err(moved(name, &seen));
                }
                let failure = event.failure.clone().filter(|_| !is_behind);
                let event = ParkedEvent { failure, ..event };
                rows::park(transaction, name, seen.generation, &event).await
            })
        });
        is_done(parked.await)
    }

    /// Takes the first event that is set aside of an aggregate; `false` when somebody else has.
    pub(in crate::projection) async fn take_parked(
        &self,
        seen: &Checkpoint,
        event: &ParkedEvent,
        counted: &[Vec<SqlValue>],
    ) -> Result<bool, ProjectionError> {
        let (name, position) = (self.projection.name, event.position);
        let before = Position::new(position.get().saturating_sub(1));
        let failed = |source| ProjectionError::Failed { name, position, source };
        let entries = self.log.read(before, 1).await?;
        contiguous(before, &entries)?;
        let is_there = entries.first().is_some_and(|entry| {
            entry.stream == event.stream && entry.name != Lifecycle::Truncated.name()
        });
        if !is_there {
            return Err(failed(StoreError::Internal(
                "the log does not have it any more; `skip` lets it go".into(),
            )));
        }
        if !self.projection.follows(&event.stream.aggregate) {
            let aggregate = &event.stream.aggregate;
            return Err(failed(StoreError::Internal(
                format!("the projection does not follow `{aggregate}`; `skip` lets it go").into(),
            )));
        }
        let steps = steps(&self.projection, &self.shapes, entries).await.map_err(failed)?;
        let tables = Tables::live(self.projection.tables);
        let (seen, event, counted) = (seen.clone(), event.clone(), counted.to_vec());
        let taken = checkpoint::commit(&*self.views, move |transaction| {
            let (steps, seen, event) = (Arc::clone(&steps), seen.clone(), event.clone());
            let (tables, counted) = (tables.clone(), counted.clone());
            Box::pin(async move {
                hold(transaction, name, &seen).await?;
                rows::still_first(transaction, name, &seen, &event, &counted).await?;
                rows::release(transaction, name, seen.generation, &event).await?;
                write(transaction, &tables, &steps).await
            })
        });
        match taken.await {
            Err(error @ (StoreError::Unavailable { .. } | StoreError::OutcomeUnknown)) => {
                Err(error.into())
            }
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(source) => Err(failed(source)),
            Ok(()) => Ok(true),
        }
    }

    /// Notes why an event that is set aside could not be taken this time, either.
    pub(in crate::projection) async fn note_parked(
        &self,
        seen: &Checkpoint,
        event: &ParkedEvent,
        counted: &[Vec<SqlValue>],
        error: &ProjectionError,
    ) {
        let name = self.projection.name;
        let (seen, event, counted) = (seen.clone(), event.clone(), counted.to_vec());
        let failure = Error::source(error).map_or_else(|| reason(error), reason);
        let noted = checkpoint::commit(&*self.views, move |transaction| {
            let (seen, event, counted) = (seen.clone(), event.clone(), counted.clone());
            let failure = failure.clone();
            Box::pin(async move {
                // Of a person who was forgotten meanwhile nothing is noted any more.
                hold(transaction, name, &seen).await?;
                rows::still_first(transaction, name, &seen, &event, &counted).await?;
                rows::note(transaction, name, seen.generation, event.position, &failure).await
            })
        });
        if let Err(error) = noted.await {
            tracing::warn!(projection = name, "its failure could not be noted: {error}");
        }
    }
}

/// `false` when somebody else has moved the checkpoint.
fn is_done(committed: Result<(), StoreError>) -> Result<bool, ProjectionError> {
    match committed {
        Err(StoreError::Conflict { .. }) => Ok(false),
        done => Ok(done.map(|()| true)?),
    }
}
