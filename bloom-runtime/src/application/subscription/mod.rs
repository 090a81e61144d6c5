//! Event handlers: fed from the log, at least once, in order, never skipping.

mod balancing;
mod error;
mod tenure;
mod worker;

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinSet};

use self::{balancing::Balancing, worker::Worker};
use super::{Delivery, Failure, Observer, Recorded};
use crate::{
    domain::{Aggregate, DomainEvent},
    ports::{Cursors, Lifecycle, Position, Shift, Storage},
};

/// Reacts to the events of one kind of aggregate.
///
/// It is called at least once for every event, in the order of the log, also after a restart. When it
/// fails it is called again with the same event after a pause, and later events wait; so it must bear
/// seeing an event twice. Of several processes one calls it, until it stops or is not heard of for some seconds.
///
/// What it does happens in the context of the event: for its tenant, as part of its conversation, caused by it.
pub trait EventHandler<E: DomainEvent>: Send + std::marker::Sync + 'static {
    /// Reacts.
    ///
    /// # Errors
    /// Whatever keeps it from reacting now; it will be called again.
    fn handle(&self, event: &Recorded<E>) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Reacts to a person being forgotten of whom an event of the aggregate said something: whatever the handler keeps of them has to go.
    /// Does nothing unless it is written.
    ///
    /// # Errors
    /// As [`Self::handle`].
    fn on_forgotten(
        &self,
        _subject: &str,
        _event: &Recorded<Lifecycle>,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        async { Ok(()) }
    }

    /// Reacts to an aggregate that was removed, brought back or purged, and to an event that was [truncated](Lifecycle::Truncated)
    /// before the handler came to it; does nothing unless it is written.
    ///
    /// # Errors
    /// As [`Self::handle`].
    fn moved(
        &self,
        _event: &Recorded<Lifecycle>,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        async { Ok(()) }
    }
}

/// A handler that is a plain function and awaits nothing: `Sync(|event| { .. Ok(()) })`.
pub struct Sync<F>(pub F);

impl<E, F> EventHandler<E> for Sync<F>
where
    E: DomainEvent,
    F: Fn(&Recorded<E>) -> Result<(), Failure> + Send + std::marker::Sync + 'static,
{
    async fn handle(&self, event: &Recorded<E>) -> Result<(), Failure> {
        (self.0)(event)
    }
}

type Start<S> = Box<dyn FnOnce(Arc<S>, Shift, Ways, &mut JoinSet<()>) + Send>;

/// What a handler tells, and what it is told.
struct Ways {
    delivery: watch::Sender<Delivery>,
    stop: watch::Receiver<bool>,
}

/// The event handlers of an application. Each runs in a task of its own with a cursor of its own, so that
/// one that fails holds up no other. Several processes share them.
pub struct Subscriptions<S> {
    storage: Arc<S>,
    shift: Shift,
    starts: Vec<(&'static str, Start<S>)>,
}

/// Handlers that are running.
pub struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    observer: Observer,
}

impl<S: Storage + Cursors> Subscriptions<S> {
    /// None yet, on the log of `storage`.
    #[must_use]
    pub fn new(storage: Arc<S>) -> Self {
        Self { storage, shift: Shift::new(), starts: Vec::new() }
    }

    /// Holds the place of a handler for so long at a time, from [`Shift::SHORTEST`] to [`Shift::LONGEST`] and five seconds unless this is said: after a process was
    /// killed, another one goes on when that time is over.
    #[must_use]
    pub fn holding_for(mut self, time: Duration) -> Self {
        self.shift = self.shift.holding_for(time);
        self
    }

    /// Adds a handler. Its name is stored with its cursor: change it, and it begins at the first event.
    #[must_use]
    pub fn on<A: Aggregate>(
        mut self,
        name: &'static str,
        handler: impl EventHandler<A::Event>,
    ) -> Self {
        let start: Start<S> = Box::new(move |storage, shift, Ways { delivery, stop }, tasks| {
            let worker = Worker { name, storage, shift, delivery, stop };
            tasks.spawn(worker.run::<A, _>(handler));
        });
        self.starts.push((name, start));
        self
    }

    /// The stored names of all of them, in the order in which they were added.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.starts.iter().map(|(name, _)| *name).collect()
    }

    /// Starts them all.
    #[must_use]
    pub fn start(self) -> Running {
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut deliveries = Vec::new();
        let names = self.names();
        let Self { storage, shift, starts } = self;
        for (name, start) in starts {
            let (delivery, receiver) = watch::channel(Delivery::at_start(name));
            deliveries.push(receiver);
            let ways = Ways { delivery, stop: stopping.clone() };
            start(Arc::clone(&storage), shift.clone(), ways, &mut tasks);
        }
        let observer = Observer::of(deliveries);
        if !names.is_empty() {
            let (worker, own) = (shift.worker().clone(), observer.clone());
            tasks.spawn(Balancing { storage, names, worker, own }.run(stopping));
        }
        Running { stop, tasks, observer }
    }
}

impl Running {
    /// How far each handler has come.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.observer.deliveries()
    }

    /// Sees how far they have come from then on.
    #[must_use]
    pub fn observer(&self) -> Observer {
        self.observer.clone()
    }

    /// Waits until every handler has handled everything up to `position`.
    pub async fn caught_up(&mut self, position: Position) {
        self.observer.caught_up(position).await;
    }

    /// Lets each handler finish the event it is at, then stops; another process goes on with each as soon as it has.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}
