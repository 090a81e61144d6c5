//! evento, on PostgreSQL and on SQLite: a projection without snapshots is loaded and continued, and a subscription reads the log.
//! It stores events in a binary format of its own, and not as JSON.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use async_trait::async_trait;
use evento::{
    Executor, Projection, ProjectionAggregate,
    metadata::Event,
    migrator::{Migrate, Plan},
    sql::Sql,
    sql_migrator,
    subscription::{Context, SubscriptionBuilder},
};
use events_harness::{Added, CONNECTIONS, Contestant, Opening, PAGE};
use sqlx_evento::{
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use uuid::Uuid;

/// The events.
#[evento::aggregate]
pub enum Order {
    /// The same fields; it knows no UUID.
    LineAdded { id: String, customer: String, note: String, total: i64 },
}

impl From<Added> for LineAdded {
    fn from(Added { id, customer, note, total }: Added) -> Self {
        Self { id: id.to_string(), customer: customer.to_string(), note, total }
    }
}

/// The state that is loaded.
#[evento::projection(id = id)]
#[evento::snapshot(none)]
pub struct OrderView {
    /// The stream.
    pub id: String,
    /// How many events there were.
    pub lines: usize,
    /// The sum of their amounts.
    pub total: i64,
}

/// One more line.
#[evento::handler]
async fn on_added(event: Event<LineAdded>, view: &mut OrderView) -> anyhow::Result<()> {
    view.id.clone_from(&event.aggregate_id);
    view.lines += 1;
    view.total += event.data.total;
    Ok(())
}

/// Counts what comes.
#[evento::subscription]
async fn counted<E: Executor>(
    context: &Context<'_, E>,
    event: Event<LineAdded>,
) -> anyhow::Result<()> {
    std::hint::black_box(event.data.total);
    context.extract::<Arc<AtomicUsize>>().fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// On an executor.
struct Evento<E>(E);

/// On PostgreSQL.
pub fn postgres(url: String) -> Opening {
    Box::pin(async move {
        let connections = u32::try_from(CONNECTIONS)?;
        let pool = PgPoolOptions::new().max_connections(connections).connect(&url).await?;
        let mut connection = pool.acquire().await?;
        sql_migrator::new::<sqlx_evento::Postgres>()?
            .run(&mut *connection, &Plan::apply_all())
            .await?;
        drop(connection);
        Ok(Arc::new(Evento(settled(Sql::from(pool)))) as _)
    })
}

/// On SQLite, each commit on the disk before it is reported.
pub fn sqlite(path: String) -> Opening {
    Box::pin(async move {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new().max_connections(10).connect_with(options).await?;
        let mut connection = pool.acquire().await?;
        sql_migrator::new::<sqlx_evento::Sqlite>()?
            .run(&mut *connection, &Plan::apply_all())
            .await?;
        drop(connection);
        Ok(Arc::new(Evento(settled(Sql::from(pool)))) as _)
    })
}

/// Reads what is new at once: nobody writes while the log is read, so that nothing can come late.
fn settled<D: sqlx_evento::Database>(executor: Sql<D>) -> Sql<D> {
    executor.stable_margin(Duration::ZERO)
}

impl<E: Executor> Evento<E> {
    /// The state after all events; `None` when there are none.
    async fn load(&self, stream: &str) -> Result<Option<OrderView>> {
        let projection = Projection::<E, OrderView>::new::<Order>().handler(on_added());
        projection.load(stream).execute(&self.0).await
    }
}

#[async_trait]
impl<E: Executor> Contestant for Evento<E> {
    async fn append(&self, stream: Uuid, count: usize) -> Result<()> {
        let id = stream.to_string();
        let mut write = match self.load(&id).await? {
            Some(order) => order.write()?,
            None => evento::append(id),
        };
        for event in Added::several(stream, count) {
            write.event(&LineAdded::from(event));
        }
        write.commit(&self.0).await?;
        Ok(())
    }

    async fn rehydrate(&self, stream: Uuid) -> Result<usize> {
        Ok(self.load(&stream.to_string()).await?.map_or(0, |order| order.lines))
    }

    async fn catch_up(&self) -> Result<usize> {
        let count = Arc::new(AtomicUsize::new(0));
        SubscriptionBuilder::new("count")
            .handler(counted())
            .data(Arc::clone(&count))
            .chunk_size(u16::try_from(PAGE)?)
            .ephemeral()
            .run_once(&self.0)
            .await?;
        Ok(count.load(Ordering::Relaxed))
    }
}
