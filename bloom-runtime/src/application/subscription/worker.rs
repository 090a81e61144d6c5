//! One handler following the log.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{
    EventHandler,
    error::DeliveryError,
    tenure::{Moment, Tenure},
};
use crate::{
    application::{
        Delivery, Failure, Happened, Resting, ambient::in_context, caught, sharing::Courtesy,
    },
    domain::{Aggregate, ErrorKind, Metadata},
    ports::{
        Context, Cursors, Lifecycle, Moved, Place, Position, RecordedEvent, Shift, Storage,
        StoreError, Turn,
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

/// What a worker knows from one turn to the next.
#[derive(Default)]
struct Memory {
    courtesy: Courtesy,
    /// Where the place is, as far as is known.
    place: Position,
    resting: Resting,
}

impl<S: Storage + Cursors> Worker<S> {
    const BATCH: usize = 200;
    /// Another process may append without telling this one.
    const POLL: Duration = Duration::from_millis(500);

    pub(super) async fn run<A: Aggregate, H: EventHandler<A::Event>>(mut self, handler: H) {
        let mut pauses = Resting::pauses();
        let mut memory = Memory::default();
        while !*self.stop.borrow() {
            let mut appended = self.storage.appended();
            appended.mark_unchanged();
            let asked = Moment::now();
            let advanced = match self.storage.place(self.name).await {
                Ok(place) => {
                    pauses = Resting::pauses();
                    self.advance::<A, H>(&handler, &place, asked, &mut memory).await
                }
                Err(error) => {
                    self.has_failed(&error.into());
                    self.rest(pauses.next().unwrap_or(Self::POLL)).await;
                    continue;
                }
            };
            match advanced {
                Ok(Advanced::Further) => memory.resting.end(),
                Ok(Advanced::Nothing) => {
                    memory.resting.end();
                    self.is_fine();
                    tokio::select! {
                        _ = appended.changed() => {}
                        () = tokio::time::sleep(Self::POLL) => {}
                        _ = self.stop.changed() => {}
                    }
                }
                Ok(Advanced::Elsewhere) => {
                    let left = memory.resting.left().unwrap_or(Self::POLL);
                    self.rest(left.min(Self::POLL)).await;
                }
                Err(failure) => {
                    self.has_failed(&failure);
                    memory.resting.begin(memory.place);
                    // Others try meanwhile: they may be of a newer program.
                    if failure.kind() != ErrorKind::Unavailable {
                        self.release().await;
                    }
                }
            }
        }
        // Another process goes on with it, however long this one takes over its other handlers.
        self.release().await;
    }

    fn has_failed(&self, failure: &Failure) {
        tracing::warn!(handler = self.name, kind = %failure.kind(), "{}; trying again", failure.chain());
        self.delivery.send_modify(|delivery| delivery.failing = Some(failure.chain()));
    }

    /// Does nothing for a while.
    async fn rest(&mut self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = self.stop.changed() => {}
        }
    }

    async fn release(&self) {
        if let Err(error) = self.storage.release(self.name, self.shift.worker()).await {
            tracing::warn!(handler = self.name, "others go on in some seconds: {error}");
        }
    }

    /// Handles the next events behind a place that was asked for at that moment, where it is this worker's turn.
    async fn advance<A: Aggregate, H: EventHandler<A::Event>>(
        &self,
        handler: &H,
        place: &Place,
        asked: Moment,
        memory: &mut Memory,
    ) -> Result<Advanced, Failure> {
        self.handled(place.position);
        memory.place = place.position;
        let turn = place.turn(self.shift.worker());
        if turn != Turn::Lapsed {
            memory.courtesy.forget();
        }
        match turn {
            Turn::Theirs => {
                self.is_fine();
                return Ok(Advanced::Elsewhere);
            }
            Turn::Mine if place.wanted_by().is_some() => {
                self.storage.hand_over(self.name, place.epoch, &self.shift).await?;
                return Ok(Advanced::Elsewhere);
            }
            _ if memory.resting.is_at(place.position) => return Ok(Advanced::Elsewhere),
            _ => {}
        }
        let events = self.storage.read(place.position, Self::BATCH).await?;
        if events.is_empty() {
            memory.courtesy.forget();
            return Ok(Advanced::Nothing);
        }
        if !memory.courtesy.allows(place, &self.shift) {
            return Ok(Advanced::Elsewhere);
        }
        let Some(mut tenure) = self.hold(place, asked).await? else {
            return Ok(Advanced::Elsewhere);
        };
        let handled = self.handle_all::<A, H>(handler, &mut tenure, events).await;
        let kept = self.keep(&mut tenure).await;
        if kept.is_ok() {
            memory.place = tenure.position;
        }
        handled?;
        kept?;
        Ok(if tenure.is_lost { Advanced::Elsewhere } else { Advanced::Further })
    }

    /// Holds a place that was asked for at that moment; `None` when somebody else was faster.
    async fn hold(&self, place: &Place, asked: Moment) -> Result<Option<Tenure>, StoreError> {
        let Place { position, epoch, .. } = *place;
        let held = place.holder.as_ref().filter(|holder| holder.worker == *self.shift.worker());
        let left = held.map(|holder| holder.left).unwrap_or_default();
        let tenure = Tenure { epoch, asked, left, position, is_lost: false, is_wanted: false };
        if !self.is_due(&tenure) {
            return Ok(Some(tenure));
        }
        let asked = Moment::now();
        let epoch = self.storage.claim(self.name, place, &self.shift).await?;
        let left = self.shift.lasting();
        Ok(epoch.map(|epoch| Tenure { epoch, asked, left, ..tenure }))
    }

    /// Whether it is to be said again that the place is held.
    fn is_due(&self, tenure: &Tenure) -> bool {
        tenure.left() < self.shift.lasting() * 2 / 3
    }

    /// Notes how far it has come, and holds the place for longer.
    async fn keep(&self, tenure: &mut Tenure) -> Result<(), StoreError> {
        if tenure.is_lost {
            return Ok(());
        }
        let (epoch, position, asked) = (tenure.epoch, tenure.position, Moment::now());
        match self.storage.move_cursor(self.name, epoch, &self.shift, position).await? {
            Moved::Lost => {
                tracing::warn!(handler = self.name, "another worker has taken over meanwhile");
                tenure.is_lost = true;
            }
            moved => {
                (tenure.asked, tenure.left) = (asked, self.shift.lasting());
                tenure.is_wanted = moved == Moved::Wanted;
                self.handled(position);
            }
        }
        Ok(())
    }

    /// Handles events one after the other, until one fails, the place is lost or wanted, or it is told to stop.
    async fn handle_all<A: Aggregate, H: EventHandler<A::Event>>(
        &self,
        handler: &H,
        tenure: &mut Tenure,
        events: Vec<RecordedEvent>,
    ) -> Result<(), Failure> {
        for event in events {
            if event.position != tenure.position.next() {
                let (after, found) = (tenure.position, event.position);
                return Err(DeliveryError::Hole { after, found }.into());
            }
            // Whoever was asleep finds out before it does anything.
            if self.is_due(tenure) {
                self.keep(tenure).await?;
            }
            if tenure.is_over() && !tenure.is_lost {
                return Err(DeliveryError::TooSlow { lasting: self.shift.lasting() }.into());
            }
            if tenure.is_lost || tenure.is_wanted || *self.stop.borrow() {
                return Ok(());
            }
            let position = event.position;
            if event.stream.aggregate == A::NAME {
                self.deliver_holding::<A, H>(handler, tenure, event).await?;
            }
            tenure.position = position;
            self.handled(position);
        }
        Ok(())
    }

    /// Delivers an event, and holds the place meanwhile, however long that takes.
    async fn deliver_holding<A: Aggregate, H: EventHandler<A::Event>>(
        &self,
        handler: &H,
        tenure: &mut Tenure,
        event: RecordedEvent,
    ) -> Result<(), Failure> {
        let mut delivering = pin!(self.deliver::<A, H>(handler, event));
        loop {
            tokio::select! {
                done = &mut delivering => return done,
                () = tokio::time::sleep(self.shift.lasting() / 3) => {}
            }
            // The handler may have what this waits for, so that it has to go on meanwhile.
            let mut keeping = pin!(self.keep(tenure));
            let (done, kept) = tokio::select! {
                done = &mut delivering => (Some(done), keeping.await),
                kept = &mut keeping => (None, kept),
            };
            if let Err(error) = kept {
                tracing::warn!(handler = self.name, "its place could not be held: {error}");
            }
            if let Some(done) = done {
                return done;
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
