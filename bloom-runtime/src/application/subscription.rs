//! Event handlers: fed from the log, at least once, in order, never skipping.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinSet};

use super::{Delivery, Failure, Happened, Observer, Recorded, ambient::in_context, caught, retry};
use crate::{
    domain::{Aggregate, Classified, DomainEvent, ErrorKind, Metadata},
    ports::{Context, Lifecycle, Position, RecordedEvent, Storage},
};

/// Reacts to the events of one kind of aggregate.
///
/// It is called at least once for every event, in the order of the log, also after a restart. When it
/// fails it is called again with the same event after a pause, and later events wait; so it must bear
/// seeing an event twice.
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

type Start<S> = Box<
    dyn FnOnce(Arc<S>, watch::Sender<Delivery>, watch::Receiver<bool>, &mut JoinSet<()>) + Send,
>;

/// The event handlers of an application. Each runs in a task of its own with a cursor of its own, so that
/// one that fails holds up no other.
pub struct Subscriptions<S> {
    storage: Arc<S>,
    starts: Vec<(&'static str, Start<S>)>,
}

/// Handlers that are running.
pub struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    observer: Observer,
}

impl<S: Storage> Subscriptions<S> {
    /// None yet, on the log of `storage`.
    #[must_use]
    pub fn new(storage: Arc<S>) -> Self {
        Self { storage, starts: Vec::new() }
    }

    /// Adds a handler. Its name is stored with its cursor: change it, and it begins at the first event.
    #[must_use]
    pub fn on<A: Aggregate>(
        mut self,
        name: &'static str,
        handler: impl EventHandler<A::Event>,
    ) -> Self {
        let start: Start<S> = Box::new(move |storage, delivery, stop, tasks| {
            let worker = Worker { name, storage, delivery, stop };
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
        for (name, start) in self.starts {
            let (sender, receiver) = watch::channel(Delivery::at_start(name));
            deliveries.push(receiver);
            start(Arc::clone(&self.storage), sender, stopping.clone(), &mut tasks);
        }
        Running { stop, tasks, observer: Observer::of(deliveries) }
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

    /// Lets each handler finish the event it is at, then stops.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

struct Worker<S> {
    name: &'static str,
    storage: Arc<S>,
    delivery: watch::Sender<Delivery>,
    stop: watch::Receiver<bool>,
}

impl<S: Storage> Worker<S> {
    const BATCH: usize = 200;
    /// Another process may append without telling this one.
    const POLL: Duration = Duration::from_millis(500);

    async fn run<A: Aggregate, H: EventHandler<A::Event>>(mut self, handler: H) {
        let mut pauses = patience();
        loop {
            if *self.stop.borrow() {
                return;
            }
            let mut appended = self.storage.appended();
            appended.mark_unchanged();
            match self.advance::<A, H>(&handler).await {
                Ok(0) => {
                    pauses = patience();
                    self.is_fine();
                    tokio::select! {
                        _ = appended.changed() => {}
                        () = tokio::time::sleep(Self::POLL) => {}
                        _ = self.stop.changed() => {}
                    }
                }
                Ok(_) => pauses = patience(),
                Err(failure) => {
                    tracing::warn!(handler = self.name, kind = %failure.kind(), "{}; trying again", failure.chain());
                    self.delivery.send_modify(|delivery| delivery.failing = Some(failure.chain()));
                    let pause = pauses.next().unwrap_or(Self::POLL);
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        _ = self.stop.changed() => {}
                    }
                }
            }
        }
    }

    /// Handles the next events; the number of events looked at.
    async fn advance<A: Aggregate, H: EventHandler<A::Event>>(
        &self,
        handler: &H,
    ) -> Result<usize, Failure> {
        let mut position = self.storage.cursor(self.name).await?;
        self.handled(position);
        let events = self.storage.read(position, Self::BATCH).await?;
        let mut result = Ok(events.len());
        for event in events {
            if event.position != position.next() {
                result = Err(DeliveryError::Hole { after: position, found: event.position }.into());
                break;
            }
            let next = event.position;
            if event.stream.aggregate == A::NAME
                && let Err(failure) = self.deliver::<A, H>(handler, event).await
            {
                result = Err(failure);
                break;
            }
            position = next;
            self.handled(position);
            if *self.stop.borrow() {
                break;
            }
        }
        self.storage.save_cursor(self.name, position).await?;
        self.handled(position);
        result
    }

    async fn deliver<A: Aggregate, H: EventHandler<A::Event>>(
        &self,
        handler: &H,
        event: RecordedEvent,
    ) -> Result<(), Failure> {
        let position = event.position;
        let context = context_of(&event);
        let handled = caught(in_context(context, async {
            // What turns an earlier revision into the newest may panic, as the handler may.
            match Happened::decode(event)? {
                Happened::Moved(moved) if moved.event == Lifecycle::Forgotten => {
                    let subject = moved.metadata.subject.as_deref().unwrap_or_default();
                    handler.on_forgotten(subject, &moved).await
                }
                Happened::Moved(moved) => handler.moved(&moved).await,
                Happened::Event(event) => handler.handle(&event).await,
                // What has led to it happened before this handler began, and is nothing that happens now.
                Happened::Resumed(_) => Ok(()),
            }
        }))
        .await;
        handled.unwrap_or_else(|| Err(DeliveryError::Panic { position }.into()))
    }

    /// Whatever it failed with before, nothing waits for it any more.
    fn is_fine(&self) {
        self.delivery.send_if_modified(|delivery| delivery.failing.take().is_some());
    }

    fn handled(&self, position: Position) {
        self.delivery.send_if_modified(|delivery| {
            let changed = delivery.position != position || !delivery.is_known;
            if changed {
                (delivery.position, delivery.is_known) = (position, true);
                delivery.failing = None;
            }
            changed
        });
    }
}

/// What is done because of an event belongs to the conversation and to the tenant of the event.
fn context_of(event: &RecordedEvent) -> Context {
    let Metadata { event_id, correlation, tenant, .. } = &event.metadata;
    let tenant = Some(&event.stream.tenant).filter(|tenant| !tenant.is_empty()).or(tenant.as_ref());
    Context {
        tenant: tenant.cloned(),
        correlation: correlation.clone(),
        causation: Some(event_id.to_string()),
        ..Context::new()
    }
}

fn patience() -> impl Iterator<Item = Duration> + Send {
    retry::pauses(Duration::from_millis(10), Duration::from_secs(30))
}

#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    #[error("the handler panicked at event {position}")]
    Panic { position: Position },
    #[error("the log has a hole: after {after} comes {found}")]
    Hole { after: Position, found: Position },
}

impl Classified for DeliveryError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Internal
    }

    fn code(&self) -> &str {
        match self {
            Self::Panic { .. } => "delivery.panic",
            Self::Hole { .. } => "delivery.hole",
        }
    }

    fn innermost(&self) -> &(dyn std::error::Error + Send + std::marker::Sync + 'static) {
        self
    }
}
