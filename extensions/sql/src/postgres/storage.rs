//! The storage port on PostgreSQL.

use std::sync::Arc;

use bloom_runtime::{
    domain::Version,
    ports::{
        Batch, Committed, DocumentQuery, EventLog, Outcome, Position, RecordedEvent, Selection,
        Storage, StoreError, StoredDocument, StreamId,
    },
};
use deadpool_postgres::Pool;
use tokio::sync::watch;

use super::{
    error::store_error,
    migrate::{self, SCHEMA},
    open::{self, Open},
    pool, read, work, write,
    writer::Writer,
};
use crate::{
    migration::{MigrationError, MigrationState, Migrations},
    value::SqlValue,
    work::SqlWork,
};

/// A database on a PostgreSQL server. Clones share its connections.
///
/// With `?sslmode=require` in the URL they are encrypted, and the server's certificate is checked; otherwise they are not.
///
/// ```no_run
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// use bloom_sql::{Migrations, PostgresStorage};
///
/// let migrations = Migrations::new().with("0001_orders", bloom_sql::migration::postgres_documents("orders"));
/// let url = "postgres://shop@localhost/shop";
/// PostgresStorage::migrate(url, &migrations).await?;
/// let storage = PostgresStorage::open(url, &migrations).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PostgresStorage {
    pool: Pool,
    writer: Writer,
    appended: watch::Sender<Position>,
}

impl PostgresStorage {
    const CONNECTIONS: usize = 16;

    /// Opens a database that has every migration.
    ///
    /// # Errors
    /// [`MigrationError::Pending`] when it lacks one, and whatever else is wrong with it.
    pub async fn open(url: &str, migrations: &Migrations) -> Result<Self, MigrationError> {
        let pool = pool::open(url, Self::CONNECTIONS)?;
        let pending: Vec<String> = planned(&pool, migrations)
            .await?
            .into_iter()
            .filter(|(_, state)| *state == MigrationState::Pending)
            .map(|(name, _)| name)
            .collect();
        if !pending.is_empty() {
            return Err(MigrationError::Pending { names: pending });
        }
        let unreachable = |error: StoreError| MigrationError::Unavailable(error.into());
        let client = pool::take(&pool).await.map_err(unreachable)?;
        let head = read::head(&client).await.map_err(unreachable)?;
        let appended = watch::Sender::new(head);
        let writer = Writer::start(pool.clone(), appended.clone());
        Ok(Self { pool, writer, appended })
    }

    /// What a migration would do: each by name, in order. Changes nothing.
    ///
    /// # Errors
    /// When the database does not fit the program or cannot be read.
    pub async fn plan(
        url: &str,
        migrations: &Migrations,
    ) -> Result<Vec<(String, MigrationState)>, MigrationError> {
        planned(&pool::open(url, 1)?, migrations).await
    }

    /// Applies what is pending, all or nothing, and returns the names. Another one who migrates at the same time is waited
    /// for.
    ///
    /// # Errors
    /// When a migration fails; the database is then as it was.
    pub async fn migrate(
        url: &str,
        migrations: &Migrations,
    ) -> Result<Vec<String>, MigrationError> {
        migrate::apply(&pool::open(url, 1)?, migrations).await
    }

    /// Runs a query of one's own; its rows, each with its columns in order. It sees what is committed.
    ///
    /// # Errors
    /// What the database says, also when the statement tries to write.
    pub async fn query(
        &self,
        sql: impl Into<String>,
        parameters: Vec<SqlValue>,
    ) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        let open = Open::begin(&self.pool).await?;
        let client = open.client()?;
        client.batch_execute("SET TRANSACTION READ ONLY").await.map_err(store_error)?;
        let rows = work::query(client, &sql.into(), &parameters).await;
        open.roll_back().await;
        rows
    }

    pub(super) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Tells whoever waits for it of a new head.
    pub(super) fn notify(&self, committed: Committed) {
        if let Some(position) = committed.position {
            self.appended.send_modify(|known| *known = position.max(*known));
        }
    }
}

async fn planned(
    pool: &Pool,
    migrations: &Migrations,
) -> Result<Vec<(String, MigrationState)>, MigrationError> {
    let client =
        pool::take(pool).await.map_err(|error| MigrationError::Unavailable(error.into()))?;
    let applied = migrate::applied(&**client).await?;
    let plan = migrations.plan(&SCHEMA, &applied)?;
    Ok(plan.into_iter().map(|(migration, state)| (migration.name.to_string(), state)).collect())
}

impl EventLog for PostgresStorage {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        read::log(&*pool::take(&self.pool).await?, after, limit).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        read::stream(&*pool::take(&self.pool).await?, stream, after).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        read::head(&*pool::take(&self.pool).await?).await
    }
}

impl Storage for PostgresStorage {
    type Work = SqlWork;

    async fn document(
        &self,
        table: &str,
        stream: &StreamId,
    ) -> Result<Option<StoredDocument>, StoreError> {
        read::document(&*pool::take(&self.pool).await?, table, stream).await
    }

    async fn documents(&self, query: DocumentQuery) -> Result<Vec<StoredDocument>, StoreError> {
        read::documents(&*pool::take(&self.pool).await?, &query).await
    }

    async fn count(&self, selection: Selection) -> Result<u64, StoreError> {
        read::count(&*pool::take(&self.pool).await?, &selection).await
    }

    async fn stream_ids(
        &self,
        tenant: &str,
        aggregate: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        read::stream_ids(&*pool::take(&self.pool).await?, tenant, aggregate, after, limit).await
    }

    async fn commit(&self, batch: Batch, work: Arc<[SqlWork]>) -> Result<Committed, StoreError> {
        if work.is_empty() {
            return self.writer.commit(batch).await;
        }
        let committed = open::commit_alone(&self.pool, &batch, &work).await?;
        self.notify(committed);
        Ok(committed)
    }

    async fn outcome(&self, tenant: &str, key: &str) -> Result<Option<Outcome>, StoreError> {
        read::outcome(&*pool::take(&self.pool).await?, tenant, key).await
    }

    async fn cursor(&self, name: &str) -> Result<Position, StoreError> {
        read::cursor(&*pool::take(&self.pool).await?, name).await
    }

    async fn save_cursor(&self, name: &str, position: Position) -> Result<(), StoreError> {
        let client = pool::take(&self.pool).await?;
        write::cursor(&client, name, position).await.map_err(store_error)
    }

    fn appended(&self) -> watch::Receiver<Position> {
        self.appended.subscribe()
    }
}
