//! esrs on PostgreSQL: an aggregate and its manager, without handlers.

use std::{convert::Infallible, sync::Arc};

use anyhow::Result;
use async_trait::async_trait;
use esrs::{
    Aggregate, AggregateState,
    manager::AggregateManager,
    store::postgres::{PgStore, PgStoreBuilder},
};
use events_harness::{Added, CONNECTIONS, Contestant, Opening};
use futures::StreamExt;
use sqlx::{Pool, Postgres, postgres::PgPoolOptions};
use uuid::Uuid;

/// The aggregate.
struct Order;

/// Its state.
#[derive(Debug, Default)]
struct State {
    lines: usize,
    total: i64,
}

/// Adds so many lines to an order.
struct Add {
    stream: Uuid,
    count: usize,
}

impl Aggregate for Order {
    const NAME: &'static str = "orders";
    type State = State;
    type Command = Add;
    type Event = Added;
    type Error = Infallible;

    fn handle_command(_: &State, command: Add) -> Result<Vec<Added>, Infallible> {
        Ok(Added::several(command.stream, command.count).collect())
    }

    fn apply_event(state: State, event: Added) -> State {
        State { lines: state.lines + 1, total: state.total + event.total }
    }
}

/// The manager, and the store below.
struct Esrs {
    manager: AggregateManager<PgStore<Order>>,
    store: PgStore<Order>,
    pool: Pool<Postgres>,
}

/// On PostgreSQL.
pub fn postgres(url: String) -> Opening {
    Box::pin(async move {
        let connections = u32::try_from(CONNECTIONS)?;
        let pool = PgPoolOptions::new().max_connections(connections).connect(&url).await?;
        let store = PgStoreBuilder::new(pool.clone()).try_build().await?;
        let manager = AggregateManager::new(store.clone());
        Ok(Arc::new(Esrs { manager, store, pool }) as _)
    })
}

#[async_trait]
impl Contestant for Esrs {
    async fn append(&self, stream: Uuid, count: usize) -> Result<()> {
        let loaded = self.manager.load(stream).await?;
        let state = loaded.unwrap_or_else(|| AggregateState::with_id(stream));
        self.manager.handle_command(state, Add { stream, count }).await??;
        Ok(())
    }

    async fn rehydrate(&self, stream: Uuid) -> Result<usize> {
        let loaded = self.manager.load(stream).await?;
        Ok(loaded.map_or(0, |state| state.inner().lines))
    }

    async fn catch_up(&self) -> Result<usize> {
        let mut events = self.store.stream_events(&self.pool);
        let mut count = 0;
        while let Some(event) = events.next().await {
            std::hint::black_box(event?.payload);
            count += 1;
        }
        Ok(count)
    }
}
