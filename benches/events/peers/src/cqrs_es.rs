//! cqrs-es, on whatever it stores in: commands through its framework, no snapshots, no queries.

use std::{
    convert::Infallible,
    sync::Arc,
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::Result;
use async_trait::async_trait;
use cqrs_es::{
    Aggregate, AggregateContext, CqrsFramework, DomainEvent, EventEnvelope, EventStore, Query,
    event_sink::EventSink,
    persist::{PersistedEventRepository, QueryReplay},
};
use events_harness::{Added, Contestant};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Line(Added);

impl DomainEvent for Line {
    fn event_type(&self) -> String {
        Added::NAME.to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

/// The aggregate.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Order {
    lines: usize,
    total: i64,
}

/// Adds so many lines to an order.
pub struct Add {
    stream: Uuid,
    count: usize,
}

impl Aggregate for Order {
    const TYPE: &'static str = "order";
    type Command = Add;
    type Event = Line;
    type Error = Infallible;
    type Services = ();

    async fn handle(
        &mut self,
        command: Add,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Infallible> {
        for event in Added::several(command.stream, command.count) {
            sink.write(Line(event), self).await;
        }
        Ok(())
    }

    fn apply(&mut self, Line(event): Line) {
        self.lines += 1;
        self.total += event.total;
    }
}

/// Counts what is dispatched to it.
#[derive(Default)]
struct Count(Arc<AtomicUsize>);

#[async_trait]
impl Query<Order> for Count {
    async fn dispatch(&self, _: &str, events: &[EventEnvelope<Order>]) {
        self.0.fetch_add(events.len(), Ordering::Relaxed);
    }
}

/// How the whole log is read.
#[async_trait]
pub trait Log: Send + Sync + 'static {
    /// How many events it has.
    async fn replay(&self) -> Result<usize>;
}

/// The log of a repository, which is opened by a function.
pub struct Replayed<F>(pub F);

#[async_trait]
impl<R, F> Log for Replayed<F>
where
    R: PersistedEventRepository + Send + Sync + 'static,
    F: Fn() -> R + Send + Sync + 'static,
{
    async fn replay(&self) -> Result<usize> {
        let count = Count::default();
        let counted = Arc::clone(&count.0);
        QueryReplay::<R, Count, Order>::new((self.0)(), count).replay_all().await?;
        Ok(counted.load(Ordering::Relaxed))
    }
}

/// The framework, and what it does not show of its store.
pub struct CqrsEs<S: EventStore<Order>, L> {
    framework: CqrsFramework<Order, S>,
    store: S,
    log: L,
}

impl<S: EventStore<Order>, L> CqrsEs<S, L> {
    /// On two handles of one store.
    pub fn new(framework: S, store: S, log: L) -> Self {
        Self { framework: CqrsFramework::new(framework, Vec::new(), ()), store, log }
    }
}

#[async_trait]
impl<S, L> Contestant for CqrsEs<S, L>
where
    S: EventStore<Order> + 'static,
    S::AC: Send,
    L: Log,
{
    async fn append(&self, stream: Uuid, count: usize) -> Result<()> {
        Ok(self.framework.execute(&stream.to_string(), Add { stream, count }).await?)
    }

    async fn rehydrate(&self, stream: Uuid) -> Result<usize> {
        let mut context = self.store.load_aggregate(&stream.to_string()).await?;
        Ok(context.aggregate().lines)
    }

    async fn catch_up(&self) -> Result<usize> {
        self.log.replay().await
    }
}
