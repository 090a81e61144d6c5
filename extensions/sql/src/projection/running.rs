//! Running projections in the background, or turn by turn.

use std::{pin::Pin, sync::Arc};

use bloom_runtime::{
    application::{Delivery, Observer},
    ports::{Position, Shift, Storage},
};
use tokio::{sync::watch, task::JoinSet};

use super::{
    crew::Crew,
    error::ProjectionError,
    following::{Lane, Memory, Turned},
    projector::Projector,
    worker::{Advanced, Worker},
};
use crate::queries::SqlStorage;

impl<L: Storage, S: SqlStorage> Projector<L, S> {
    /// Follows the log with all of them, each part in a task of its own, so that one that fails holds up no other. Several processes share the parts.
    #[must_use]
    pub fn start(&self) -> RunningProjections {
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut reached = Vec::new();
        let shift = Shift::new().holding_for(self.holding);
        for projection in self.projections.all() {
            let name = projection.name;
            if projection.inline && !self.may_be_inline(name) {
                tracing::warn!(
                    projection = name,
                    "it is registered as `inline` and follows the log, since the storage was not made `with_inline`, or is not the log's"
                );
            }
            for first in 0..projection.parts {
                let lane = Lane { first, step: projection.parts };
                let (sender, receiver) = watch::channel(Delivery::at_start(projection.name));
                reached.push(receiver);
                let worker = Worker { shift: Some(shift.clone()), ..self.worker(projection) };
                tasks.spawn(worker.run(lane, sender, stopping.clone()));
            }
        }
        let (sender, shut_out) = watch::channel(None);
        tasks.spawn(self.lookout().run(sender, stopping.clone()));
        let observer = Observer::of(reached);
        let crew = Arc::new(Crew {
            views: Arc::clone(&self.views),
            names: self.projections.names(),
            worker: shift.worker().clone(),
            own: observer.clone(),
        });
        if !self.projections.is_empty() {
            tasks.spawn(Arc::clone(&crew).balance(stopping));
        }
        let observer = observer.unless(shut_out);
        RunningProjections { stop, tasks, observer, end: Box::pin(crew.leave()) }
    }

    /// Takes with each of them some of what is there, where it is this worker's turn and as [`Self::start`] does it again and again: for whoever has
    /// no tasks that run on. It sets nothing aside. Whether it has taken something.
    ///
    /// # Errors
    /// The first failure of one of them, which is noted; the others have had their turn.
    pub async fn take_turn(&self, shift: &Shift) -> Result<bool, ProjectionError> {
        let (mut has_taken, mut failed) = (false, None);
        for projection in self.projections.all() {
            let worker = Worker { shift: Some(shift.clone()), ..self.worker(projection) };
            let (reached, _) = watch::channel(Delivery::at_start(projection.name));
            let mut memory = Memory::of_one_turn();
            match worker.follow(Lane::WHOLE, &reached, &mut memory).await {
                Ok(Turned { advanced, failed: why }) => {
                    has_taken |= matches!(advanced, Advanced::To(_));
                    failed = failed.or(why);
                }
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(has_taken), Err)
    }
}

/// Projections that follow the log.
pub struct RunningProjections {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    observer: Observer,
    end: Pin<Box<dyn Future<Output = ()> + Send>>,
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

    /// Lets each finish the events it is at, then stops; another process goes on at once.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        self.end.await;
    }
}
