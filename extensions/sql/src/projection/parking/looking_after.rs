//! Looking after the events that projections cannot take.

use std::{collections::BTreeSet, sync::Arc};

use bloom_runtime::ports::{Position, Storage, StoreError};

use super::{ParkedEvent, Retried, rows};
use crate::projection::{
    checkpoint::{self, Checkpoint, advance, hold},
    error::ProjectionError,
    generation::Generation,
    projector::Projector,
    set::Followed,
    worker::is_passing,
};
use crate::{parameters, queries::SqlStorage};

impl<L: Storage, S: SqlStorage> Projector<L, S> {
    /// What one of them has set aside, in the order of the log.
    ///
    /// # Errors
    /// When there is none of this name, or the database is out of reach.
    pub async fn parked(&self, name: &str) -> Result<Vec<ParkedEvent>, ProjectionError> {
        let projection = self.followed(name)?;
        let seen = self.served(projection).await?;
        Ok(rows::all(self.views(), projection.name, seen.number()).await?)
    }

    /// Sets the event aside that one of them cannot take, so that it goes on; what follows in the same aggregate waits behind it.
    ///
    /// # Errors
    /// [`ProjectionError::NotThere`] when the projection is not stopped before this event; [`ProjectionError::Forgets`] when it tells of a person
    /// who was forgotten.
    pub async fn park(&self, name: &str, position: Position) -> Result<(), ProjectionError> {
        let projection = self.followed(name)?;
        loop {
            let seen = self.following(projection).await?;
            let (name, reached) = (projection.name, seen.position());
            let not_there = || ProjectionError::NotThere { name, position, reached };
            let seen = self.failing_at(&seen, position).await?.ok_or_else(not_there)?;
            let failure = seen.failure.clone().ok_or_else(not_there)?;
            // It may have changed hands meanwhile, and be there still.
            if self.worker(projection).park(seen, failure, u64::MAX).await? {
                return Ok(());
            }
        }
    }

    /// Takes again what one of them has set aside, each aggregate in its order and up to the first event that fails again; also while
    /// the projection runs, or is paused.
    ///
    /// # Errors
    /// When there is none of this name, or a database is out of reach; what was taken until then stays taken.
    pub async fn retry(&self, name: &str) -> Result<Retried, ProjectionError> {
        let projection = self.followed(name)?;
        let worker = self.worker(projection);
        let mut retried = Retried::default();
        let mut failed = BTreeSet::new();
        loop {
            let seen = self.served(projection).await?;
            let first = rows::first(self.views(), projection.name, seen.number()).await?;
            let Some(next) = first.into_iter().find(|event| !failed.contains(&event.stream)) else {
                retried.left = seen.parked().0;
                return Ok(retried);
            };
            let seen = seen.of(&next.stream);
            let counted =
                rows::count(self.views(), projection.name, seen.generation, &next.stream).await?;
            match worker.take_parked(seen, &next, &counted).await {
                Ok(true) => retried.taken += 1,
                // Somebody else was faster, or a rebuild has put other tables in their place.
                Ok(false) => {}
                Err(error) if is_passing(&error) => return Err(error),
                Err(error) => {
                    worker.note_parked(seen, &next, &counted, &error).await;
                    failed.insert(next.stream);
                }
            }
        }
    }

    /// Passes over an event that one of them cannot take, or that is the first one it has set aside of its aggregate. It is counted, and the
    /// tables go without it.
    ///
    /// # Errors
    /// [`ProjectionError::NotThere`] when the projection is not stopped before this event.
    pub async fn skip(&self, name: &str, position: Position) -> Result<(), ProjectionError> {
        let projection = self.followed(name)?;
        // It may have changed hands meanwhile, and be there still.
        while !self.try_to_skip(projection, position).await? {}
        Ok(())
    }

    /// `false` when somebody else was faster, in whatever it was.
    async fn try_to_skip(
        &self,
        projection: &Arc<Followed>,
        position: Position,
    ) -> Result<bool, ProjectionError> {
        let seen = self.following(projection).await?;
        let name = projection.name;
        let first = rows::first(self.views(), name, seen.number()).await?;
        let aside = first.into_iter().find(|event| event.position == position);
        let not_there = || ProjectionError::NotThere { name, position, reached: seen.position() };
        let seen = match &aside {
            None => self.failing_at(&seen, position).await?.ok_or_else(not_there)?,
            Some(event) => seen.of(&event.stream),
        };
        let counted = match &aside {
            None => Vec::new(),
            Some(event) => rows::count(self.views(), name, seen.generation, &event.stream).await?,
        };
        let checkpoint = seen.clone();
        let skipped = checkpoint::commit(self.views(), move |transaction| {
            let (seen, aside, counted) = (checkpoint.clone(), aside.clone(), counted.clone());
            Box::pin(async move {
                const SQL: &str = "UPDATE bloom_projections SET skipped = skipped + 1
                    WHERE name = $1 AND generation = $2 AND part = $3";
                match aside {
                    None => advance(transaction, name, &seen, position, None).await?,
                    Some(event) => {
                        hold(transaction, name, &seen).await?;
                        rows::still_first(transaction, name, &seen, &event, &counted).await?;
                        rows::release(transaction, name, seen.generation, &event).await?;
                    }
                }
                let values = parameters![name, seen.generation, seen.part];
                transaction.execute(SQL, &values).await?;
                Ok(())
            })
        })
        .await;
        match skipped {
            Err(StoreError::Conflict { .. }) => Ok(false),
            done => Ok(done.map(|()| true)?),
        }
    }

    /// The part that is stopped before an event, and was seen to fail at it: nobody else's event is set aside or passed over, nor one that nobody has
    /// seen fail.
    async fn failing_at<'g>(
        &self,
        generation: &'g Generation,
        position: Position,
    ) -> Result<Option<&'g Checkpoint>, ProjectionError> {
        let before = Position::new(position.get().saturating_sub(1));
        let entries = self.log().read(before, 1).await?;
        let part = match (entries.first(), generation.parts()) {
            (Some(event), _) if event.position == position => generation.of(&event.stream),
            // A hole in the log, which only the one that takes everything can step over.
            (Some(_), [one]) => one,
            _ => return Ok(None),
        };
        let is_stopped = part.position().next() == position && part.failure.is_some();
        Ok(is_stopped.then_some(part))
    }
}
