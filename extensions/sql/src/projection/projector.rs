//! Runs projections and looks after them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bloom_runtime::{
    application::Shapes,
    ports::{Position, Shift, Storage, StoreError},
};

use super::{
    Projection,
    beginning::served,
    checkpoint,
    error::ProjectionError,
    generation::{Generation, generations},
    set::{Followed, Projections},
    shutting_out::{Lookout, listed},
    status::{ProjectionState, ProjectionStatus},
    view::Tables,
    worker::{Advanced, BATCH, Worker},
};
use crate::{parameters, queries::SqlStorage};

/// The projections of an application on a log, with their tables in the same database or in another.
pub struct Projector<L, S = L> {
    log: Arc<L>,
    pub(super) views: Arc<S>,
    pub(super) projections: Projections,
    shapes: Shapes,
    patience: Duration,
    /// For how long it holds what it works on, at a time.
    pub(super) holding: Duration,
    /// Whether it rebuilds one part after the other.
    is_sparing: bool,
    /// Whether its tables are in another database, where no transaction appends events.
    is_apart: bool,
}

/// So long an event is tried before it is set aside, unless somebody says otherwise.
const PATIENCE: Duration = Duration::from_secs(5);

impl<S: SqlStorage> Projector<S> {
    /// Their tables are in the database of the log.
    #[must_use]
    pub fn new(storage: &Arc<S>, projections: Projections) -> Self {
        let projector = Self::apart(Arc::clone(storage), Arc::clone(storage), projections);
        Self { is_apart: false, ..projector }
    }
}

impl<L: Storage, S: SqlStorage> Projector<L, S> {
    /// Their tables are in another database than the log: none of them can be written with the events.
    #[must_use]
    pub fn apart(log: Arc<L>, views: Arc<S>, projections: Projections) -> Self {
        Self {
            log,
            views,
            projections,
            shapes: Shapes::default(),
            patience: PATIENCE,
            holding: Shift::new().lasting(),
            is_sparing: false,
            is_apart: true,
        }
    }

    /// Reads with these [`StorageStore::shapes`](bloom_runtime::application::StorageStore::shapes) the states that stand for events that were truncated. Needed where
    /// an aggregate is registered with `upcast`.
    #[must_use]
    pub fn reading(mut self, shapes: Shapes) -> Self {
        self.shapes = shapes;
        self
    }

    /// Tries an event for so long before it is set aside, where a projection does that ([`Projection::PARKING`]); five seconds unless this
    /// is said.
    #[must_use]
    pub const fn patient_for(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Holds what it works on for so long at a time, from [`Shift::SHORTEST`] to [`Shift::LONGEST`] and five seconds unless this is said: after a process was killed, another one
    /// goes on when that time is over.
    #[must_use]
    pub const fn holding_for(mut self, time: Duration) -> Self {
        self.holding = time;
        self
    }

    /// Rebuilds the [parts](super::Projected::in_parts) of a projection one after the other and not at the same time, where the database has more to do.
    #[must_use]
    pub const fn sparing(mut self) -> Self {
        self.is_sparing = true;
        self
    }

    /// Takes with each of them everything that is in the log now: for tests, and for whoever runs none in the background.
    ///
    /// # Errors
    /// The first failure of one of them, which is noted, so that [`Self::status`] tells it. It sets nothing aside.
    pub async fn catch_up(&self) -> Result<(), ProjectionError> {
        for projection in self.projections.all() {
            let worker = self.worker(projection);
            let tables = Tables::live(projection.tables);
            loop {
                let seen = self.served(projection).await?;
                if seen.state() == ProjectionState::Paused || seen.is_inline() {
                    break;
                }
                let mut is_over = true;
                for part in seen.parts() {
                    match worker.advance(part, &tables, BATCH).await {
                        Ok(advanced) => is_over &= advanced == Advanced::Nothing,
                        Err(error) => {
                            worker.note(part, &error).await;
                            return Err(error);
                        }
                    }
                }
                if is_over {
                    break;
                }
            }
        }
        Ok(())
    }

    /// How each of them stands; one that is being rebuilt stands there twice.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn status(&self) -> Result<Vec<ProjectionStatus>, ProjectionError> {
        let (head, roster) = (self.views.head().await?, listed(&*self.views).await?);
        let mut all = Vec::new();
        for projection in self.projections.all() {
            let name = projection.name;
            let may_be_inline = self.may_be_inline(name);
            let is_listed_so = roster.aggregates(name).eq(projection.aggregates());
            let known = generations(&*self.views, name).await?;
            if known.iter().all(Generation::is_building) {
                all.push(ProjectionStatus {
                    name,
                    state: ProjectionState::Live,
                    position: Position::START,
                    skipped: 0,
                    parked: 0,
                    failure: None,
                    parts: Vec::new(),
                    awaits_rebuild: false,
                });
            }
            all.extend(known.into_iter().map(|generation| {
                let is_inline = generation.is_inline();
                let is_otherwise = if is_inline {
                    !may_be_inline || !is_listed_so
                } else {
                    may_be_inline || generation.parts().len() as u64 != u64::from(projection.parts)
                };
                ProjectionStatus {
                    name,
                    state: if is_inline { ProjectionState::Inline } else { generation.state() },
                    position: if is_inline { head } else { generation.position() },
                    skipped: generation.skipped(),
                    parked: generation.parked().0,
                    failure: generation.failure().map(ToOwned::to_owned),
                    parts: generation.status(),
                    awaits_rebuild: !generation.is_building() && is_otherwise,
                }
            }));
        }
        Ok(all)
    }

    /// The newest event of the log, which all of them are on the way to.
    ///
    /// # Errors
    /// When the log is out of reach.
    pub async fn head(&self) -> Result<Position, ProjectionError> {
        Ok(self.log.head().await?)
    }

    /// Lets one stand still until [`Self::resume`], in every process.
    ///
    /// # Errors
    /// When there is none of this name, or the database is out of reach.
    pub async fn pause(&self, name: &str) -> Result<(), ProjectionError> {
        self.switch(name, ProjectionState::Live, ProjectionState::Paused).await
    }

    /// Lets one go on.
    ///
    /// # Errors
    /// As [`Self::pause`].
    pub async fn resume(&self, name: &str) -> Result<(), ProjectionError> {
        self.switch(name, ProjectionState::Paused, ProjectionState::Live).await
    }

    async fn switch(
        &self,
        name: &str,
        from: ProjectionState,
        to: ProjectionState,
    ) -> Result<(), ProjectionError> {
        let projection = self.projections.named(name)?;
        let name = projection.name;
        // A rebuild that ends meanwhile puts another checkpoint in the place of this one.
        while self.following(projection).await?.state() == from {
            checkpoint::commit(&*self.views, move |transaction| {
                Box::pin(async move {
                    const SQL: &str =
                        "UPDATE bloom_projections SET state = $1 WHERE name = $2 AND state = $3";
                    transaction
                        .execute(SQL, &parameters![to.as_str(), name, from.as_str()])
                        .await?;
                    Ok(())
                })
            })
            .await?;
        }
        Ok(())
    }

    /// Waits until everything up to a position is in the tables, but for what is set aside, whichever process runs the projection: what a commit returned
    /// is then seen by whoever reads them.
    ///
    /// # Errors
    /// [`ProjectionError::Behind`] when it takes longer than this.
    pub async fn wait_for<P: Projection>(
        &self,
        position: Position,
        longest: Duration,
    ) -> Result<(), ProjectionError> {
        const PAUSES: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(50));
        let projection = self.projections.named(P::NAME)?;
        let begun = Instant::now();
        let mut pause = PAUSES.0;
        loop {
            let reached = self.served(projection).await?.position();
            if reached >= position {
                return Ok(());
            }
            let waited = begun.elapsed();
            if waited >= longest {
                let name = projection.name;
                return Err(ProjectionError::Behind { name, wanted: position, reached, waited });
            }
            tokio::time::sleep(pause.min(longest - waited)).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    pub(super) fn lookout(&self) -> Lookout<S> {
        Lookout { views: Arc::clone(&self.views), is_apart: self.is_apart }
    }

    /// Whether one is written with the events by this program, where it is written so.
    pub(super) fn may_be_inline(&self, name: &str) -> bool {
        !self.is_apart && self.views.writes_inline(name)
    }

    /// How far the one has come that is read.
    pub(super) async fn served(
        &self,
        projection: &Arc<Followed>,
    ) -> Result<Generation, StoreError> {
        served(&*self.views, projection, self.may_be_inline(projection.name)).await
    }

    /// The same of one that follows the log.
    pub(super) async fn following(
        &self,
        projection: &Arc<Followed>,
    ) -> Result<Generation, ProjectionError> {
        let seen = self.served(projection).await?;
        if seen.is_inline() {
            return Err(ProjectionError::WithTheEvents { name: projection.name });
        }
        Ok(seen)
    }

    pub(super) fn worker(&self, projection: &Arc<Followed>) -> Worker<L, S> {
        Worker {
            log: Arc::clone(&self.log),
            views: Arc::clone(&self.views),
            projection: Arc::clone(projection),
            shapes: self.shapes.clone(),
            patience: self.patience,
            may_be_inline: self.may_be_inline(projection.name),
            shift: None,
        }
    }

    pub(super) fn log(&self) -> &L {
        &self.log
    }

    pub(super) const fn is_apart(&self) -> bool {
        self.is_apart
    }

    pub(super) const fn is_sparing(&self) -> bool {
        self.is_sparing
    }

    pub(super) const fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    pub(super) fn views(&self) -> &S {
        &self.views
    }

    pub(super) fn followed(&self, name: &str) -> Result<&Arc<Followed>, ProjectionError> {
        self.projections.named(name)
    }
}
