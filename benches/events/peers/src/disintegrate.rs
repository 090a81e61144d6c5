//! disintegrate on PostgreSQL: a decision on a state that is queried from the log. It appends in a serializable transaction, which
//! the server may refuse although nobody else wrote the stream; then the command runs again, as its users have to do.

use std::{convert::Infallible, sync::Arc};

use anyhow::{Result, anyhow};
use async_trait::async_trait;
use disintegrate::{
    Decision, Event, EventSourcedStateStore, EventStore, LoadState, NoSnapshot, StateMutate,
    StateQuery, StreamItem, StreamQuery, query, serde::json::Json,
};
use disintegrate_postgres::{PgDecisionMaker, PgEventId, PgEventStore, decision_maker};
use events_harness::{Added, CONNECTIONS, Contestant, Opening};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use sqlx::{Executor, postgres::PgPoolOptions};
use uuid::Uuid;

/// How often a command that the server refused is tried.
const ATTEMPTS: usize = 100;

/// The event.
#[derive(Debug, Clone, PartialEq, Eq, Event, Serialize, Deserialize)]
#[serde(untagged)]
enum OrderEvent {
    /// A line was added.
    Added {
        #[id]
        id: Uuid,
        customer: Uuid,
        note: String,
        total: i64,
    },
}

impl From<Added> for OrderEvent {
    fn from(Added { id, customer, note, total }: Added) -> Self {
        Self::Added { id, customer, note, total }
    }
}

/// The state that decisions are made on.
#[derive(Debug, Clone, StateQuery, Serialize, Deserialize)]
#[state_query(OrderEvent)]
struct Order {
    #[id]
    id: Uuid,
    lines: usize,
    sum: i64,
}

impl Order {
    /// Before the first event.
    const fn new(id: Uuid) -> Self {
        Self { id, lines: 0, sum: 0 }
    }
}

impl StateMutate for Order {
    fn mutate(&mut self, event: OrderEvent) {
        let OrderEvent::Added { total, .. } = event;
        self.lines += 1;
        self.sum += total;
    }
}

/// Adds so many lines to an order.
struct Add {
    stream: Uuid,
    count: usize,
}

impl Decision for Add {
    type Event = OrderEvent;
    type StateQuery = Order;
    type Error = Infallible;

    fn state_query(&self) -> Order {
        Order::new(self.stream)
    }

    fn process(&self, _: &Order) -> Result<Vec<OrderEvent>, Infallible> {
        Ok(Added::several(self.stream, self.count).map(OrderEvent::from).collect())
    }
}

/// The store.
type Store = PgEventStore<OrderEvent, Json<OrderEvent>>;

/// What makes decisions, and the store below.
struct Disintegrate {
    decisions: PgDecisionMaker<OrderEvent, Json<OrderEvent>, NoSnapshot>,
    store: Store,
}

/// On PostgreSQL.
pub fn postgres(url: String) -> Opening {
    Box::pin(async move {
        let connections = u32::try_from(CONNECTIONS)?;
        let pool = PgPoolOptions::new().max_connections(connections).connect(&url).await?;
        pool.execute(include_str!("disintegrate.sql")).await?;
        let store = Store::new_uninitialized(pool, Json::default());
        let decisions = decision_maker(store.clone(), NoSnapshot);
        Ok(Arc::new(Disintegrate { decisions, store }) as _)
    })
}

#[async_trait]
impl Contestant for Disintegrate {
    async fn append(&self, stream: Uuid, count: usize) -> Result<()> {
        let mut attempts = 1..=ATTEMPTS;
        loop {
            let attempt = attempts.next();
            match self.decisions.make(Add { stream, count }).await {
                Ok(_) => return Ok(()),
                Err(_) if attempt.is_some() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn rehydrate(&self, stream: Uuid) -> Result<usize> {
        let store = EventSourcedStateStore::new(self.store.clone(), NoSnapshot);
        let loaded = store.load(Order::new(stream)).await.map_err(|error| anyhow!(error))?;
        Ok(loaded.state().lines)
    }

    async fn catch_up(&self) -> Result<usize> {
        let all: StreamQuery<PgEventId, OrderEvent> = query!(OrderEvent);
        let mut stream = self.store.stream(&all);
        let mut count = 0;
        while let Some(item) = stream.next().await {
            if let StreamItem::Event(event) = item? {
                std::hint::black_box(event.into_inner());
                count += 1;
            }
        }
        Ok(count)
    }
}
