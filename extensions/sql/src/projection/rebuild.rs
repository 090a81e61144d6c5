//! Building the tables of a projection anew, beside those that are read.
//!
//! The live tables follow the log meanwhile. When the new rows have come as far, they take the place of the old ones in one
//! transaction: tables, indexes, grants and views on them stay what they are.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bloom_runtime::{
    application::retry,
    ports::{Position, Storage, StoreError},
};

use super::{
    beginning::begin_parts,
    checkpoint::{self, Checkpoint, forget_parked, moved},
    error::ProjectionError,
    generation::{Generation, generations},
    parking::{self, ParkedEvent},
    projector::Projector,
    set::Followed,
    stand_in,
    status::ProjectionState,
    swap::{self, Swap, lacks_more},
    view::Tables,
    worker::{Advanced, BATCH, is_passing},
};
use crate::{queries::SqlStorage, transaction::Transaction, value::SqlValue};

/// How far a rebuild has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RebuildProgress {
    /// Everything up to here is in the new tables.
    pub position: Position,
    /// The newest event of the log.
    pub head: Position,
    /// Since it began.
    pub elapsed: Duration,
}

impl RebuildProgress {
    /// Events taken in a second, so far.
    #[must_use]
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.position.get() as f64 / seconds } else { 0.0 }
    }

    /// How long the rest will take at this rate; `None` before there is one.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        let left = self.head.get().saturating_sub(self.position.get()) as f64;
        Some(self.rate())
            .filter(|rate| *rate > 0.0)
            .and_then(|rate| Duration::try_from_secs_f64(left / rate).ok())
    }
}

/// So often a swap is tried again that fails for another reason than that somebody was faster.
const REFUSED: usize = 3;

/// So long it waits after each that somebody was faster than.
const PAUSE: Duration = Duration::from_millis(5);

/// Swaps that have come to nothing.
#[derive(Default)]
struct Attempts {
    /// Since others were faster.
    overtaken: u32,
    /// Since it could not be done.
    refused: usize,
}

impl<L: Storage, S: SqlStorage> Projector<L, S> {
    /// Builds the tables of one projection anew and puts them in the place of the old ones, while these are read and, where the
    /// application runs, follow the log. What it cannot take it sets aside, if the old ones lack the same. What an earlier rebuild left unfinished is thrown away. Returns how far the new ones are.
    ///
    /// # Errors
    /// [`ProjectionError::Failed`] when an event cannot be taken: the old tables then stay as they are.
    pub async fn rebuild(
        &self,
        name: &str,
        mut progress: impl FnMut(RebuildProgress) + Send,
    ) -> Result<Position, ProjectionError> {
        let projection = self.followed(name)?;
        let generation = loop {
            match self.begin(projection).await {
                // Another rebuild has ended meanwhile.
                Err(ProjectionError::Store(StoreError::Conflict { .. })) => {}
                begun => break begun?,
            }
        };
        let tables = Tables::building(projection.tables, generation);
        let begun = Instant::now();
        let patience = || retry::pauses(Duration::from_millis(10), Duration::from_secs(5));
        let (mut pauses, mut attempts) = (patience(), Attempts::default());
        loop {
            let went_on =
                self.get_on(projection, generation, &tables, begun, &mut attempts, &mut progress);
            match went_on.await {
                Ok(Some(position)) => return Ok(position),
                Ok(None) => pauses = patience(),
                // The old ones are there meanwhile.
                Err(error) if is_passing(&error) => {
                    tracing::warn!(projection = name, "{error}; the rebuild waits and tries again");
                    tokio::time::sleep(pauses.next().unwrap_or_default()).await;
                }
                Err(error) => {
                    self.give_up(projection.name, generation, &tables).await?;
                    return Err(error);
                }
            }
        }
    }

    /// The next events, or the swap when there are none; how far the new tables are when they have taken the place of the old ones.
    async fn get_on(
        &self,
        projection: &Arc<Followed>,
        generation: i64,
        tables: &Tables,
        begun: Instant,
        attempts: &mut Attempts,
        progress: &mut (impl FnMut(RebuildProgress) + Send),
    ) -> Result<Option<Position>, ProjectionError> {
        let name = projection.name;
        let known = generations(self.views(), name).await?;
        let building = known.into_iter().find(|known| known.number() == generation);
        let building = building.ok_or(ProjectionError::Overtaken { name })?;
        if !building.is_building() {
            // The swap had happened, and its answer was lost.
            let head = self.head().await?;
            return Ok(Some(building.position().min(head)));
        }
        let head = self.head().await?;
        let position = building.position();
        progress(RebuildProgress { position, head, elapsed: begun.elapsed() });
        let advanced = self.advance_all(projection, &building, tables).await?;
        if advanced.contains(&Advanced::Elsewhere) {
            return Ok(None);
        }
        let is_at_the_end = advanced.iter().all(|advanced| *advanced == Advanced::Nothing);
        let positions: Vec<Position> = (building.parts().iter().zip(&advanced))
            .map(|(part, advanced)| match advanced {
                Advanced::To(position) => *position,
                _ => part.position(),
            })
            .collect();
        let building = building.at(positions);
        let live = self.served(projection).await?;
        // What comes until then is taken while others wait.
        let is_door = self.may_be_inline(name) || live.is_inline();
        let there = if is_door { head } else { head.max(live.furthest()) };
        let is_near = there.get() <= building.position().get() + BATCH as u64;
        if !(is_at_the_end || is_near) {
            return Ok(None);
        }
        // What is in another database cannot be taken at the end.
        if self.is_apart() && !is_door && building.position() < live.furthest() {
            tokio::time::sleep(PAUSE).await;
            return Ok(None);
        }
        self.replace(projection, live, building, tables, attempts).await
    }

    /// The next events for each part, all parts at the same time unless the database is to be spared; how far each has come.
    async fn advance_all(
        &self,
        projection: &Arc<Followed>,
        building: &Generation,
        tables: &Tables,
    ) -> Result<Vec<Advanced>, ProjectionError> {
        let is_strict = self.may_be_inline(projection.name);
        let advance = |part: &Checkpoint| {
            let (worker, part, tables) = (self.worker(projection), part.clone(), tables.clone());
            async move {
                if is_strict {
                    worker.advance(&part, &tables, BATCH).await
                } else {
                    worker.advance_or_park(&part, &tables).await
                }
            }
        };
        let parts = building.parts();
        let mut all = Vec::with_capacity(parts.len());
        if self.is_sparing() || parts.len() == 1 {
            for part in parts {
                all.push(advance(part).await?);
            }
            return Ok(all);
        }
        let tasks: Vec<_> = parts.iter().map(|part| tokio::spawn(advance(part))).collect();
        let mut failed = None;
        for task in tasks {
            match task.await {
                Ok(Ok(advanced)) => all.push(advanced),
                Ok(Err(error)) => failed = failed.or(Some(error)),
                Err(error) => {
                    let error = ProjectionError::Store(StoreError::Internal(error.into()));
                    failed = failed.or(Some(error));
                }
            }
        }
        failed.map_or(Ok(all), Err)
    }

    /// Puts the new tables in the place of the old ones, unless these lack less.
    async fn replace(
        &self,
        projection: &Arc<Followed>,
        live: Generation,
        building: Generation,
        tables: &Tables,
        attempts: &mut Attempts,
    ) -> Result<Option<Position>, ProjectionError> {
        let name = projection.name;
        let becomes_inline = self.may_be_inline(name);
        let first = async |generation| parking::rows::first(self.views(), name, generation).await;
        let lacks = first(building.number()).await?;
        let lacking = if becomes_inline || live.is_inline() {
            // The old ones lack nothing.
            lacks.into_iter().next()
        } else {
            lacks_more(&live, &first(live.number()).await?, lacks)
        };
        if let Some(ParkedEvent { position, failure, .. }) = lacking {
            let source = StoreError::Internal(failure.unwrap_or_default().into());
            return Err(ProjectionError::Failed { name, position, source });
        }
        let (is_apart, overtaken) = (self.is_apart(), attempts.overtaken);
        let swap = Swap {
            live,
            building: building.clone(),
            becomes_inline,
            is_apart,
            attempts: overtaken,
        };
        match swap::swap(self.views(), projection, self.shapes(), swap).await {
            Ok(position) => Ok(Some(position)),
            Err(StoreError::Conflict { .. }) => {
                attempts.overtaken += 1;
                tracing::info!(
                    projection = name,
                    "others were faster than its swap; it goes on and tries again"
                );
                tokio::time::sleep(PAUSE * attempts.overtaken.min(20)).await;
                Ok(None)
            }
            Err(error) => {
                let error = ProjectionError::from(error);
                attempts.refused += usize::from(!is_passing(&error));
                // Which event it cannot take is told by taking them as before. What is wrong with the tables would never be told so, where there
                // is always something to take.
                if !is_passing(&error) && attempts.refused < REFUSED {
                    let advanced = self.advance_all(projection, &building, tables).await?;
                    if advanced.iter().any(|advanced| *advanced != Advanced::Nothing) {
                        return Ok(None);
                    }
                }
                Err(error)
            }
        }
    }

    /// Makes the new tables, and throws away those of earlier attempts, whose builders then find out.
    async fn begin(&self, projection: &Arc<Followed>) -> Result<i64, ProjectionError> {
        let name = projection.name;
        let live = self.served(projection).await?;
        let earlier: Vec<i64> = generations(self.views(), name)
            .await?
            .into_iter()
            .filter(Generation::is_building)
            .map(|known| known.number())
            .collect();
        let newest = earlier.iter().copied().max().unwrap_or_default().max(live.number());
        let generation = newest + 1;
        let names = projection.tables;
        if !earlier.is_empty() {
            let live = live.parts()[0].clone();
            // What is left of them may belong to whoever connects: there may have been no other role at that time.
            checkpoint::commit_as(self.views(), None, move |transaction| {
                let (earlier, live) = (earlier.clone(), live.clone());
                Box::pin(async move {
                    for left in earlier {
                        let tables = Tables::building(names, left);
                        if !throw_away(transaction, name, left, &tables).await? {
                            return Err(moved(name, &live));
                        }
                    }
                    Ok(())
                })
            })
            .await?;
        }
        let role = self.views().projection_role().map(ToOwned::to_owned);
        let parts = if self.may_be_inline(name) { 1 } else { projection.parts };
        let live = live.parts()[0].clone();
        checkpoint::commit(self.views(), move |transaction| {
            let (live, role) = (live.clone(), role.clone());
            Box::pin(async move {
                let (state, start) = (ProjectionState::Building, Position::START);
                if !begin_parts(transaction, name, generation, state, start, parts).await? {
                    return Err(moved(name, &live));
                }
                forget_parked(transaction, name, generation).await?;
                let tables = Tables::building(names, generation);
                // Of one that was retired while it was built; its tables may belong to whoever connects.
                transaction.leave_role(role.as_deref()).await?;
                stand_in::drop(transaction, &tables).await?;
                transaction.take_role(role.as_deref()).await?;
                for (table, new) in tables.pairs() {
                    stand_in::create(transaction, table, &new).await?;
                }
                Ok(())
            })
        })
        .await?;
        Ok(generation)
    }

    async fn give_up(
        &self,
        name: &'static str,
        generation: i64,
        tables: &Tables,
    ) -> Result<(), StoreError> {
        let tables = tables.clone();
        checkpoint::commit(self.views(), move |transaction| {
            let tables = tables.clone();
            Box::pin(async move {
                throw_away(transaction, name, generation, &tables).await?;
                Ok(())
            })
        })
        .await
    }
}

/// `false` when it is not being built any more: it may have become the one that is read.
async fn throw_away(
    transaction: &mut Transaction<'_>,
    name: &str,
    generation: i64,
    tables: &Tables,
) -> Result<bool, StoreError> {
    const SQL: &str = "DELETE FROM bloom_projections
        WHERE name = $1 AND generation = $2 AND state = 'building'";
    let values: [SqlValue; 2] = [name.into(), generation.into()];
    if transaction.execute(SQL, &values).await? == 0 {
        return Ok(false);
    }
    forget_parked(transaction, name, generation).await?;
    stand_in::drop(transaction, tables).await?;
    Ok(true)
}
