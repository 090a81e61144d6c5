//! The storage port on PostgreSQL.

use std::sync::{Arc, atomic::Ordering};

use bloom_runtime::{
    application::{conceal, current_context},
    ports::{
        Batch, BuiltDocument, Cipher, Committed, DocumentQuery, LogReader, Outcome,
        OutdatedDocument, Position, ReshapedDocument, Selection, Storage, StoreError,
        StoredSnapshot, StreamId, TakeDocument, Truncation,
    },
};
use tokio::sync::watch;

use super::{
    error::{is_transient, store_error},
    events,
    loads::Loads,
    migrate::{self, SCHEMA},
    notify::Heads,
    open::{self, Open},
    options::PostgresOptions,
    pool::{Connections, Whose},
    projection_role, read, work, write,
    writer::Writer,
};
use crate::{
    migration::{MigrationError, MigrationState, Migrations},
    projection::{
        Projections,
        inline::{Inline, Rights},
    },
    subjects, truncation,
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
    connections: Connections,
    loads: Loads,
    writer: Writer,
    heads: Heads,
    cipher: Option<Arc<dyn Cipher>>,
    inline: Option<Inline>,
    projection_role: Option<Arc<str>>,
}

/// How often is tried what the server gives up for others.
const ATTEMPTS: usize = 5;

impl PostgresStorage {
    /// Opens a database that has every migration.
    ///
    /// # Errors
    /// [`MigrationError::Pending`] when it lacks one, and whatever else is wrong with it.
    pub async fn open(url: &str, migrations: &Migrations) -> Result<Self, MigrationError> {
        Self::open_with(url, migrations, &PostgresOptions::default()).await
    }

    /// The same, used in another way.
    ///
    /// # Errors
    /// As [`Self::open`], and [`MigrationError::RowSecurityPassedBy`] or [`MigrationError::ProjectionRole`] when what is asked for
    /// would be in vain.
    pub async fn open_with(
        url: &str,
        migrations: &Migrations,
        options: &PostgresOptions,
    ) -> Result<Self, MigrationError> {
        let connections = Connections::open(url, options.connections, options.row_security)?;
        let pending: Vec<String> = planned(&connections, migrations)
            .await?
            .into_iter()
            .filter(|(_, state)| *state == MigrationState::Pending)
            .map(|(name, _)| name)
            .collect();
        if !pending.is_empty() {
            return Err(MigrationError::Pending { names: pending });
        }
        let unreachable = |error: StoreError| MigrationError::Unavailable(error.into());
        let mut client = connections.take(Whose::All).await.map_err(unreachable)?;
        if let Some(role) = &options.projection_role {
            projection_role::check(&mut client, role).await?;
        }
        if options.row_security && read::passes_by(&client).await.map_err(unreachable)? {
            return Err(MigrationError::RowSecurityPassedBy);
        }
        connections.note_views(read::views(&client).await.map_err(unreachable)?);
        let head = events::head(&client).await.map_err(unreachable)?;
        let heads = Heads::start(url, connections.clone(), head);
        let writer = Writer::start(connections.clone(), heads.clone());
        let projection_role = options.projection_role.as_deref().map(Arc::from);
        let loads = Loads::start(connections.clone());
        Ok(Self { connections, loads, writer, heads, cipher: None, inline: None, projection_role })
    }

    /// What a migration would do: each by name, in order. Changes nothing.
    ///
    /// # Errors
    /// When the database does not fit the program or cannot be read.
    pub async fn plan(
        url: &str,
        migrations: &Migrations,
    ) -> Result<Vec<(String, MigrationState)>, MigrationError> {
        planned(&Connections::open(url, 1, false)?, migrations).await
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
        migrate::apply(&Connections::open(url, 1, false)?, migrations).await
    }

    /// Gives a role what projections need to write in it: their [`tables`](crate::Projections::tables), their places in the log, and to make tables in the schema, for
    /// rebuilds. Nothing is taken from it.
    ///
    /// # Errors
    /// [`MigrationError::ProjectionRole`] when there is no such role, or no such table yet.
    pub async fn grant_to_projections(
        url: &str,
        role: &str,
        tables: &[&str],
    ) -> Result<(), MigrationError> {
        let connections = Connections::open(url, 1, false)?;
        projection_role::grant(&connections, role, tables).await
    }

    /// The role in which projections write, where that is another.
    pub(crate) fn projection_role(&self) -> Option<&str> {
        self.projection_role.as_deref()
    }

    /// Runs a query of one's own; its rows, each with its columns in order. It sees what is committed; where the server keeps
    /// tenants apart, that of the tenant of the ambient context.
    ///
    /// # Errors
    /// What the database says, also when the statement tries to write.
    pub async fn query(
        &self,
        sql: impl Into<String>,
        parameters: Vec<SqlValue>,
    ) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        let tenant = current_context().tenant.unwrap_or_default();
        let open = Open::begin(&self.connections, Whose::One(&tenant)).await?;
        let client = open.client()?;
        client.batch_execute("SET TRANSACTION READ ONLY").await.map_err(store_error)?;
        let rows = work::query(client, &sql.into(), &parameters).await;
        open.roll_back().await;
        rows
    }

    /// The same with read models that are written with the events: those of them that are [`inline`](crate::Projected::inline).
    #[must_use]
    pub fn with_inline(mut self, projections: &Projections) -> Self {
        let row_security = self.connections.row_security();
        let rights = Rights { role: self.projection_role.clone(), row_security };
        self.inline = Some(Inline::of(projections, rights));
        self
    }

    pub(crate) const fn inline(&self) -> Option<&Inline> {
        self.inline.as_ref()
    }

    /// The same with something to encrypt personal data with.
    #[must_use]
    pub fn with_cipher(mut self, cipher: Arc<dyn Cipher>) -> Self {
        self.cipher = Some(cipher);
        self
    }

    /// What it encrypts personal data with.
    #[must_use]
    pub const fn cipher(&self) -> Option<&Arc<dyn Cipher>> {
        self.cipher.as_ref()
    }

    pub(super) const fn loads(&self) -> &Loads {
        &self.loads
    }

    pub(super) const fn connections(&self) -> &Connections {
        &self.connections
    }

    /// Tells whoever waits for it of a new head.
    pub(super) fn notify(&self, committed: Committed) {
        if let Some(position) = committed.position {
            self.heads.committed(position);
        }
    }
}

async fn planned(
    connections: &Connections,
    migrations: &Migrations,
) -> Result<Vec<(String, MigrationState)>, MigrationError> {
    let client = connections
        .take(Whose::All)
        .await
        .map_err(|error| MigrationError::Unavailable(error.into()))?;
    let applied = migrate::applied(&**client).await?;
    let plan = migrations.plan(&SCHEMA, &applied)?;
    Ok(plan.into_iter().map(|(migration, state)| (migration.name.to_string(), state)).collect())
}

impl Storage for PostgresStorage {
    type Work = SqlWork;

    async fn one_document<T: Send + 'static>(
        &self,
        table: &str,
        stream: &StreamId,
        take: TakeDocument<T>,
    ) -> Result<Option<T>, StoreError> {
        let connection = self.connections.take(Whose::One(&stream.tenant)).await?;
        read::one_document(&connection, table, stream, take).await
    }

    async fn each_document<T: Send + 'static>(
        &self,
        query: DocumentQuery,
        take: TakeDocument<T>,
    ) -> Result<Vec<T>, StoreError> {
        let connection = self.connections.take(Whose::One(&query.of.tenant)).await?;
        read::each_document(&connection, &query, take).await
    }

    async fn count(&self, selection: Selection) -> Result<u64, StoreError> {
        read::count(&*self.connections.take(Whose::One(&selection.tenant)).await?, &selection).await
    }

    async fn stream_ids(
        &self,
        tenant: &str,
        aggregate: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        read::stream_ids(
            &*self.connections.take(Whose::One(tenant)).await?,
            tenant,
            aggregate,
            after,
            limit,
        )
        .await
    }

    async fn snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        read::snapshot(&*self.connections.take(Whose::One(&stream.tenant)).await?, stream).await
    }

    async fn save_snapshot(
        &self,
        stream: &StreamId,
        snapshot: StoredSnapshot,
    ) -> Result<(), StoreError> {
        let batch = Batch { tenant: stream.tenant.clone(), ..Batch::default() };
        let work = [SqlWork::snapshot(stream, snapshot)];
        open::commit_alone(&self.connections, &batch, &work).await.map(drop)
    }

    async fn commit(&self, batch: Batch, work: Arc<[SqlWork]>) -> Result<Committed, StoreError> {
        if work.is_empty() && batch.boundaries.is_empty() {
            return self.writer.commit(batch).await;
        }
        let committed = open::commit_alone(&self.connections, &batch, &work).await?;
        self.notify(committed);
        Ok(committed)
    }

    fn accompany(&self, batch: &Batch, work: Arc<[SqlWork]>) -> Result<Arc<[SqlWork]>, StoreError> {
        Ok(match &self.inline {
            Some(inline) => inline.accompany(batch, work),
            None => work,
        })
    }

    async fn outdated(
        &self,
        table: &'static str,
        shape: u32,
        limit: usize,
    ) -> Result<Vec<OutdatedDocument>, StoreError> {
        read::outdated(&*self.connections.take(Whose::All).await?, table, shape, limit).await
    }

    async fn reshape(
        &self,
        table: &'static str,
        documents: Vec<ReshapedDocument>,
    ) -> Result<u64, StoreError> {
        let mut attempts = 1..=ATTEMPTS;
        loop {
            let is_last = attempts.next().is_none_or(|attempt| attempt == ATTEMPTS);
            let client = self.connections.take(Whose::All).await?;
            match write::reshape(&client, table, &documents).await {
                Err(error) if !is_last && error.code().is_some_and(is_transient) => {}
                done => return done.map_err(store_error),
            }
        }
    }

    async fn build_document(&self, document: BuiltDocument) -> Result<(), StoreError> {
        let batch = Batch { tenant: document.stream.tenant.clone(), ..Batch::default() };
        let work = [SqlWork::built(document)];
        open::commit_alone(&self.connections, &batch, &work).await.map(drop)
    }

    async fn conceal(&self, batch: Batch) -> Result<Batch, StoreError> {
        let people = batch.subjects();
        if people.is_empty() {
            return Ok(batch);
        }
        let cipher = self.cipher.as_deref().ok_or(StoreError::NoCipher)?;
        let mut keys = events::keys(&*self.connections.take(Whose::All).await?, &people).await?;
        let lacking = keys.lacking(&people);
        if !lacking.is_empty() {
            let work = subjects::new_keys(cipher, lacking)?;
            open::commit_alone(&self.connections, &Batch::default(), &work).await?;
            keys = events::keys(&*self.connections.take(Whose::All).await?, &people).await?;
        }
        conceal(Some(cipher), &keys, batch)
    }

    async fn forget_key(&self, tenant: &str, subject: &str) -> Result<bool, StoreError> {
        let (work, was_there) = subjects::forget_key(tenant, subject);
        open::commit_alone(&self.connections, &Batch::default(), &work).await?;
        Ok(was_there.load(Ordering::Relaxed))
    }

    async fn drop_snapshot(&self, stream: &StreamId) -> Result<(), StoreError> {
        let work = [SqlWork::without_snapshot(stream)];
        let batch = Batch { tenant: stream.tenant.clone(), ..Batch::default() };
        open::commit_alone(&self.connections, &batch, &work).await.map(drop)
    }

    async fn outcome(&self, tenant: &str, key: &str) -> Result<Option<Outcome>, StoreError> {
        read::outcome(&*self.connections.take(Whose::One(tenant)).await?, tenant, key).await
    }

    async fn readers(&self) -> Result<Vec<LogReader>, StoreError> {
        let client = self.connections.take(Whose::All).await?;
        truncation::readers(work::query(&client, truncation::READERS, &[]).await?)
    }

    async fn truncate(&self, truncations: Vec<Truncation>) -> Result<(), StoreError> {
        let work = truncation::truncate(truncations);
        open::commit_alone(&self.connections, &Batch::default(), &work).await.map(drop)
    }

    fn appended(&self) -> watch::Receiver<Position> {
        self.heads.appended()
    }
}
