//! One handler following the log.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::EventHandler;
use crate::{
    application::{
        Delivery, Failure, Happened, ambient::in_context, caught, retry, sharing::Courtesy,
    },
    domain::{Aggregate, Classified, ErrorKind, Metadata},
    ports::{
        Context, Cursors, Lifecycle, Place, Position, RecordedEvent, Shift, Storage, StoreError,
        Turn,
    },
};

pub(super) struct Worker<S> {
    pub(super) name: &'static str,
    pub(super) storage: Arc<S>,
    pub(super) shift: Shift,
    pub(super) delivery: watch::Sender<Delivery>,
    pub(super) stop: watch::Receiver<bool>,
}

/// What came of trying to get on.
enum Advanced {
    /// It has looked at some events.
    Further,
    /// There is nothing new.
    Nothing,
    /// Somebody else does it.
    Elsewhere,
}

/// The place that is held, and since when.
struct Held {
    epoch: u64,
    since: Instant,
    position: Position,
    is_lost: bool,
}

impl<S: Storage + Cursors> Worker<S> {
    const BATCH: usize = 200;
    /// Another process may append without telling this one.
    const POLL: Duration = Duration::from_millis(500);

    pub(super) async fn run<A: Aggregate, H: EventHandler<A::Event>>(mut self, handler: H) {
        let mut pauses = retry::pauses(Duration::from_millis(10), Duration::from_secs(30));
        let mut courtesy = Courtesy::default();
        loop {
            if *self.stop.borrow() {
                return;
            }
            let mut appended = self.storage.appended();
            appended.mark_unchanged();
            let pause = match self.advance::<A, H>(&handler, &mut courtesy).await {
                Ok(advanced) => {
                    pauses = retry::pauses(Duration::from_millis(10), Duration::from_secs(30));
                    match advanced {
                        Advanced::Further => continue,
                        Advanced::Elsewhere => Self::POLL,
                        Advanced::Nothing => {
                            self.is_fine();
                            tokio::select! {
                                _ = appended.changed() => {}
                                () = tokio::time::sleep(Self::POLL) => {}
                                _ = self.stop.changed() => {}
                            }
                            continue;
                        }
                    }
                }
                Err(failure) => {
                    tracing::warn!(handler = self.name, kind = %failure.kind(), "{}; trying again", failure.chain());
                    self.delivery.send_modify(|delivery| delivery.failing = Some(failure.chain()));
                    pauses.next().unwrap_or(Self::POLL)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = self.stop.changed() => {}
            }
        }
    }

    /// Handles the next events, where it is this worker's turn.
    async fn advance<A: Aggregate, H: EventHandler<A::Event>>(
        &self,
        handler: &H,
        courtesy: &mut Courtesy,
    ) -> Result<Advanced, Failure> {
        let place = self.storage.place(self.name).await?;
        self.handled(place.position);
        match place.turn(&self.shift.worker) {
            Turn::Theirs => {
                self.is_fine();
                return Ok(Advanced::Elsewhere);
            }
            Turn::Mine if place.wanted_by().is_some() => {
                self.storage.hand_over(self.name, place.epoch, &self.shift).await?;
                return Ok(Advanced::Elsewhere);
            }
            _ => {}
        }
        let events = self.storage.read(place.position, Self::BATCH).await?;
        if events.is_empty() {
            return Ok(Advanced::Nothing);
        }
        if !courtesy.allows(&place, &self.shift.worker) {
            return Ok(Advanced::Elsewhere);
        }
        let Some(epoch) = self.hold(&place).await? else { return Ok(Advanced::Elsewhere) };
        let (since, position) = (Instant::now(), place.position);
        let mut held = Held { epoch, since, position, is_lost: false };
        let handled = self.handle_all::<A, H>(handler, &mut held, events).await;
        self.keep(&mut held).await?;
        handled?;
        Ok(if held.is_lost { Advanced::Elsewhere } else { Advanced::Further })
    }

    /// The epoch in which the place is this worker's, for some time; `None` when somebody else was faster.
    async fn hold(&self, place: &Place) -> Result<Option<u64>, StoreError> {
        match &place.holder {
            Some(holder)
                if holder.worker == self.shift.worker && holder.left > self.shift.lasting / 2 =>
            {
                Ok(Some(place.epoch))
            }
            _ => self.storage.claim(self.name, place, &self.shift).await,
        }
    }

    /// Notes how far it has come, and holds the place for longer.
    async fn keep(&self, held: &mut Held) -> Result<(), StoreError> {
        if held.is_lost {
            return Ok(());
        }
        let Held { epoch, position, .. } = *held;
        if self.storage.move_cursor(self.name, epoch, &self.shift, position).await? {
            held.since = Instant::now();
            self.handled(position);
        } else {
            tracing::warn!(handler = self.name, "another worker has taken over meanwhile");
            held.is_lost = true;
        }
        Ok(())
    }

    /// Handles events one after the other, until one fails, the place is lost, or it is told to stop.
    async fn handle_all<A: Aggregate, H: EventHandler<A::Event>>(
        &self,
        handler: &H,
        held: &mut Held,
        events: Vec<RecordedEvent>,
    ) -> Result<(), Failure> {
        for event in events {
            if event.position != held.position.next() {
                let (after, found) = (held.position, event.position);
                return Err(DeliveryError::Hole { after, found }.into());
            }
            // Whoever was asleep finds out before it does anything.
            if held.since.elapsed() >= self.shift.lasting / 3 {
                self.keep(held).await?;
            }
            if held.is_lost {
                return Ok(());
            }
            let position = event.position;
            if event.stream.aggregate == A::NAME {
                self.deliver_holding::<A, H>(handler, held, event).await?;
            }
            held.position = position;
            self.handled(position);
            if *self.stop.borrow() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Delivers an event, and holds the place meanwhile, however long that takes.
    async fn deliver_holding<A: Aggregate, H: EventHandler<A::Event>>(
        &self,
        handler: &H,
        held: &mut Held,
        event: RecordedEvent,
    ) -> Result<(), Failure> {
        let mut delivering = pin!(self.deliver::<A, H>(handler, event));
        loop {
            tokio::select! {
                done = &mut delivering => return done,
                () = tokio::time::sleep(self.shift.lasting / 3) => {
                    if let Err(error) = self.keep(held).await {
                        tracing::warn!(handler = self.name, "its place could not be held: {error}");
                    }
                }
            }
        }
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
