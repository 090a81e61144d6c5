//! Runs projections and looks after them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bloom_runtime::{
    application::{Delivery, Observer, Shapes},
    ports::{Position, Storage, StoreError},
};
use tokio::{sync::watch, task::JoinSet};

use super::{
    Projection,
    beginning::served,
    checkpoint::{self, Checkpoint, ProjectionState, ProjectionStatus},
    error::ProjectionError,
    set::{Followed, Projections},
    shutting_out::{Lookout, listed},
    view::Tables,
    worker::{Advanced, BATCH, Worker},
};
use crate::{parameters, queries::SqlStorage};

/// The projections of an application on a log, with their tables in the same database or in another.
pub struct Projector<L, S = L> {
    log: Arc<L>,
    views: Arc<S>,
    projections: Projections,
    shapes: Shapes,
    patience: Duration,
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
        let (shapes, patience) = (Shapes::default(), PATIENCE);
        Self { log, views, projections, shapes, patience, is_apart: true }
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

    /// Follows the log with all of them, each in a task of its own, so that one that fails holds up no other.
    #[must_use]
    pub fn start(&self) -> RunningProjections {
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut reached = Vec::new();
        for projection in self.projections.all() {
            let name = projection.name;
            if projection.inline && !self.may_be_inline(name) {
                tracing::warn!(
                    projection = name,
                    "it is registered as `inline` and follows the log, since the storage was not made `with_inline`, or is not the log's"
                );
            }
            let (sender, receiver) = watch::channel(Delivery::at_start(projection.name));
            reached.push(receiver);
            tasks.spawn(self.worker(projection).run(sender, stopping.clone()));
        }
        let (sender, shut_out) = watch::channel(None);
        tasks.spawn(self.lookout().run(sender, stopping));
        RunningProjections { stop, tasks, observer: Observer::of(reached).unless(shut_out) }
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
                if seen.state == ProjectionState::Paused || seen.is_inline() {
                    break;
                }
                match worker.advance(&seen, &tables, BATCH).await {
                    Ok(Advanced::Nothing) => break,
                    Ok(_) => {}
                    Err(error) => {
                        worker.note(&seen, &error).await;
                        return Err(error);
                    }
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
            let known = checkpoint::checkpoints(&*self.views, name).await?;
            if known.iter().all(|checkpoint| checkpoint.state == ProjectionState::Building) {
                all.push(ProjectionStatus {
                    name,
                    state: ProjectionState::Live,
                    position: Position::START,
                    skipped: 0,
                    parked: 0,
                    failure: None,
                    awaits_rebuild: false,
                });
            }
            all.extend(known.into_iter().map(|checkpoint| {
                let is_inline = checkpoint.is_inline();
                let is_built = checkpoint.state != ProjectionState::Building;
                ProjectionStatus {
                    name,
                    state: if is_inline { ProjectionState::Inline } else { checkpoint.state },
                    position: if is_inline { head } else { checkpoint.position },
                    skipped: checkpoint.skipped,
                    parked: checkpoint.parked.0,
                    failure: checkpoint.failure,
                    awaits_rebuild: is_built
                        && (is_inline != may_be_inline || is_inline && !is_listed_so),
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
        while self.following(projection).await?.state == from {
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
            let reached = self.served(projection).await?.position;
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

    /// The checkpoint of the one that is read.
    pub(super) async fn served(
        &self,
        projection: &Arc<Followed>,
    ) -> Result<Checkpoint, StoreError> {
        served(&*self.views, projection, self.may_be_inline(projection.name)).await
    }

    /// The checkpoint of one that follows the log.
    pub(super) async fn following(
        &self,
        projection: &Arc<Followed>,
    ) -> Result<Checkpoint, ProjectionError> {
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
        }
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

/// Projections that follow the log.
pub struct RunningProjections {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    observer: Observer,
}

impl RunningProjections {
    /// Waits until all of them have come so far.
    pub async fn caught_up(&mut self, position: Position) {
        self.observer.caught_up(position).await;
    }

    /// Sees how far they have come from then on.
    #[must_use]
    pub fn observer(&self) -> Observer {
        self.observer.clone()
    }

    /// Lets each finish the events it is at, then stops.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}
