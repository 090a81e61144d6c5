//! What cqrs-es stores in.

use std::sync::Arc;

use anyhow::{Result, bail};
use async_trait::async_trait;
use cqrs_es::{mem_store::MemStore, persist::PersistedEventStore};
use events_harness::{CONNECTIONS, Opening};
use postgres_es::PostgresEventRepository;
use sqlite_es::SqliteEventRepository;
use sqlx::{
    Executor, Pool, Sqlite,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::cqrs_es::{CqrsEs, Log, Order, Replayed};

/// The table of events, as postgres-es says it has to be.
const POSTGRES: &str = "CREATE TABLE IF NOT EXISTS events (
    aggregate_type text                         NOT NULL,
    aggregate_id   text                         NOT NULL,
    sequence       bigint CHECK (sequence >= 0) NOT NULL,
    event_type     text                         NOT NULL,
    event_version  text                         NOT NULL,
    payload        json                         NOT NULL,
    metadata       json                         NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
)";

/// The same of sqlite-es.
const SQLITE: &str = "CREATE TABLE IF NOT EXISTS events (
    aggregate_type text                          NOT NULL,
    aggregate_id   text                          NOT NULL,
    sequence       integer CHECK (sequence >= 0) NOT NULL,
    event_type     text                          NOT NULL,
    event_version  text                          NOT NULL,
    payload        text                          NOT NULL,
    metadata       text                          NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
) STRICT";

/// On PostgreSQL.
pub fn postgres(url: String) -> Opening {
    Box::pin(async move {
        let connections = u32::try_from(CONNECTIONS)?;
        let pool = PgPoolOptions::new().max_connections(connections).connect(&url).await?;
        pool.execute(POSTGRES).await?;
        let repository = move || PostgresEventRepository::new(pool.clone());
        let store = || PersistedEventStore::<_, Order>::new_event_store(repository());
        Ok(Arc::new(CqrsEs::new(store(), store(), Replayed(repository.clone()))) as _)
    })
}

/// On SQLite, each commit on the disk before it is reported.
pub fn sqlite_full(path: String) -> Opening {
    Box::pin(sqlite(path, SqliteSynchronous::Full))
}

/// On SQLite, as the pool that it makes itself has it.
pub fn sqlite_normal(path: String) -> Opening {
    Box::pin(sqlite(path, SqliteSynchronous::Normal))
}

/// With a pool like that of `sqlite_es::default_sqlite_pool`.
async fn sqlite(
    path: String,
    synchronous: SqliteSynchronous,
) -> Result<Arc<dyn events_harness::Contestant>> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true);
    let pool: Pool<Sqlite> =
        SqlitePoolOptions::new().max_connections(10).connect_with(options).await?;
    pool.execute(SQLITE).await?;
    let repository = move || SqliteEventRepository::new(pool.clone());
    let store = || PersistedEventStore::<_, Order>::new_event_store(repository());
    Ok(Arc::new(CqrsEs::new(store(), store(), Replayed(repository.clone()))))
}

/// In memory.
pub fn memory(_: String) -> Opening {
    Box::pin(async {
        let store = MemStore::<Order>::default();
        Ok(Arc::new(CqrsEs::new(store.clone(), store, Forgotten)) as _)
    })
}

/// The memory store has no log.
struct Forgotten;

#[async_trait]
impl Log for Forgotten {
    async fn replay(&self) -> Result<usize> {
        bail!("the memory store has no log")
    }
}
