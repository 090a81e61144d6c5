//! Bloom, on each of its storages: the public unit of work, and the log.

use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use bloom_cache::Cached;
use bloom_runtime::{
    application::{Events, Happened, StorageStore},
    memory::MemoryStorage,
    ports::{EventLog, Position, Repository, Storage, Store, UnitOfWork},
    prelude::Aggregate,
};
use bloom_sql::{
    Durability, Migrations, PostgresOptions, PostgresStorage, SqliteOptions, SqliteStorage,
};
use events_harness::{Added, CONNECTIONS, Contestant, Opening, PAGE};
use uuid::Uuid;

use crate::order::{Order, OrderEvent};

/// A store with one kind of aggregate, which is folded from its events.
struct Bloom<S>(StorageStore<S>);

impl<S: Storage> Bloom<S> {
    /// A store on this storage.
    fn on(storage: S) -> Arc<dyn Contestant> {
        Arc::new(Self(StorageStore::new(storage).aggregate::<Order>(Events::folded())))
    }
}

/// On PostgreSQL.
pub fn postgres(url: String) -> Opening {
    Box::pin(async move {
        let migrations = Migrations::new();
        PostgresStorage::migrate(&url, &migrations).await?;
        let options = PostgresOptions::default().with_connections(CONNECTIONS);
        Ok(Bloom::on(PostgresStorage::open_with(&url, &migrations, &options).await?))
    })
}

/// On PostgreSQL, with aggregates remembered: a command on one that this program wrote last has nothing to load.
pub fn postgres_cached(url: String) -> Opening {
    Box::pin(async move {
        let migrations = Migrations::new();
        PostgresStorage::migrate(&url, &migrations).await?;
        let options = PostgresOptions::default().with_connections(CONNECTIONS);
        let storage = PostgresStorage::open_with(&url, &migrations, &options).await?;
        let orders = Events::folded().with(Cached::at_most(10_000));
        let contestant: Arc<dyn Contestant> =
            Arc::new(Bloom(StorageStore::new(storage).aggregate::<Order>(orders)));
        Ok(contestant)
    })
}

/// On SQLite.
pub fn sqlite(path: String) -> Opening {
    Box::pin(async move {
        let migrations = Migrations::new();
        SqliteStorage::migrate(&path, &migrations)?;
        Ok(Bloom::on(SqliteStorage::open(&path, &migrations)?))
    })
}

/// On SQLite, where a power failure may take the last commits.
pub fn sqlite_normal(path: String) -> Opening {
    Box::pin(async move {
        let migrations = Migrations::new();
        SqliteStorage::migrate(&path, &migrations)?;
        let options = SqliteOptions::default().with_durability(Durability::EndOfProgram);
        Ok(Bloom::on(SqliteStorage::open_with(&path, &migrations, &options)?))
    })
}

/// In memory.
pub fn memory(_: String) -> Opening {
    Box::pin(async { Ok(Bloom::on(MemoryStorage::new())) })
}

#[async_trait]
impl<S: Storage> Contestant for Bloom<S> {
    async fn append(&self, stream: Uuid, count: usize) -> Result<()> {
        let mut uow = self.0.begin().await?;
        let mut lines = Added::several(stream, count);
        let mut order = uow.repository::<Order>().find_by_id(&stream.into()).await?;
        if order.is_none() {
            order = lines.next().map(Order::open);
        }
        if let Some(mut order) = order {
            lines.for_each(|line| order.add(line));
            uow.repository().save(order)?;
        }
        uow.commit().await?;
        Ok(())
    }

    async fn rehydrate(&self, stream: Uuid) -> Result<usize> {
        let mut uow = self.0.begin().await?;
        let order = uow.repository::<Order>().get(&stream.into()).await?;
        Ok(usize::try_from(order.version().get())?)
    }

    async fn catch_up(&self) -> Result<usize> {
        let (mut after, mut count) = (Position::START, 0);
        loop {
            let page = self.0.storage().read(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(count) };
            after = last.position;
            for entry in page {
                std::hint::black_box(Happened::<OrderEvent>::decode(entry)?);
                count += 1;
            }
        }
    }
}
