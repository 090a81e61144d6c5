//! The storage port on SQLite.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
};

use bloom_runtime::{
    application::conceal,
    ports::{
        Batch, BuiltDocument, Cipher, Committed, DocumentQuery, LogReader, Outcome,
        OutdatedDocument, Position, ReshapedDocument, Selection, Storage, StoreError,
        StoredSnapshot, StreamId, TakeDocument, Truncation,
    },
};
use tokio::sync::watch;

use super::{
    connection, events, migrate,
    open::Turn,
    options::{Durability, SqliteOptions},
    pool::Readers,
    read, work, write,
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

/// A database in one file. Clones share it.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("shop.db");
/// use bloom_sql::{Migrations, SqliteStorage};
///
/// let migrations = Migrations::new().with("0001_orders", bloom_sql::migration::documents("orders"));
/// SqliteStorage::migrate(&path, &migrations)?;
/// let storage = SqliteStorage::open(&path, &migrations)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SqliteStorage {
    path: PathBuf,
    readers: Readers,
    writer: Writer,
    views: Arc<write::Views>,
    appended: watch::Sender<Position>,
    cipher: Option<Arc<dyn Cipher>>,
    inline: Option<Inline>,
}

impl SqliteStorage {
    /// Opens a database that has every migration.
    ///
    /// # Errors
    /// [`MigrationError::Pending`] when it lacks one, and whatever else is wrong with it.
    pub fn open(path: impl AsRef<Path>, migrations: &Migrations) -> Result<Self, MigrationError> {
        Self::open_with(path, migrations, &SqliteOptions::default())
    }

    /// The same, used in another way.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("shop.db");
    /// use bloom_sql::{Durability, Migrations, SqliteOptions, SqliteStorage};
    ///
    /// let migrations = Migrations::new();
    /// SqliteStorage::migrate(&path, &migrations)?;
    /// let options = SqliteOptions::default().with_durability(Durability::EndOfProgram);
    /// let storage = SqliteStorage::open_with(&path, &migrations, &options)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(
        path: impl AsRef<Path>,
        migrations: &Migrations,
        options: &SqliteOptions,
    ) -> Result<Self, MigrationError> {
        let path = path.as_ref().to_owned();
        let pending: Vec<String> = Self::plan(&path, migrations)?
            .into_iter()
            .filter(|(_, state)| *state == MigrationState::Pending)
            .map(|(name, _)| name)
            .collect();
        if !pending.is_empty() {
            return Err(MigrationError::Pending { names: pending });
        }
        let connection = connection::writer(&path, options.durability).map_err(unavailable)?;
        let head = events::head(&connection).map_err(unavailable)?;
        let views = Arc::new(read::views(&connection).map_err(unavailable)?);
        let appended = watch::Sender::new(head);
        let writer = Writer::start(connection, Arc::clone(&views), appended.clone())
            .map_err(|error| MigrationError::Unavailable(error.into()))?;
        Ok(Self {
            readers: Readers::new(path.as_path().into(), options.readers),
            path,
            writer,
            views,
            appended,
            cipher: None,
            inline: None,
        })
    }

    /// What a migration would do: each by name, in order. Creates no file.
    ///
    /// # Errors
    /// When the database does not fit the program or cannot be read.
    pub fn plan(
        path: impl AsRef<Path>,
        migrations: &Migrations,
    ) -> Result<Vec<(String, MigrationState)>, MigrationError> {
        let path = path.as_ref();
        let applied = if path.exists() {
            migrate::applied(&connection::reader(path).map_err(unavailable)?)?
        } else {
            Vec::new()
        };
        let plan = migrations.plan(&migrate::SCHEMA, &applied)?;
        Ok(plan.into_iter().map(|(migration, state)| (migration.name.to_string(), state)).collect())
    }

    /// Applies what is pending, all or nothing, and returns the names. Creates the file and its folder.
    ///
    /// # Errors
    /// When a migration fails; the database is then as it was.
    pub fn migrate(
        path: impl AsRef<Path>,
        migrations: &Migrations,
    ) -> Result<Vec<String>, MigrationError> {
        let path = path.as_ref();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| MigrationError::Unavailable(error.into()))?;
        }
        migrate::apply(
            &mut connection::writer(path, Durability::PowerFailure).map_err(unavailable)?,
            migrations,
        )
    }

    /// Runs a query of one's own on the pool of readers; its rows, each with its columns in order. It sees
    /// what is committed.
    ///
    /// # Errors
    /// What the database says, also when the statement tries to write.
    pub async fn query(
        &self,
        sql: impl Into<String>,
        parameters: Vec<SqlValue>,
    ) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        let sql = sql.into();
        self.readers.ask(move |connection| work::query(connection, &sql, &parameters)).await
    }

    /// The same with read models that are written with the events: those of them that are [`inline`](crate::Projected::inline).
    #[must_use]
    pub fn with_inline(mut self, projections: &Projections) -> Self {
        self.inline = Some(Inline::of(projections, Rights::default()));
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

    pub(super) async fn hold_writer(&self) -> Result<Turn, StoreError> {
        self.writer.hold().await
    }

    pub(super) const fn writer(&self) -> &Writer {
        &self.writer
    }

    pub(super) const fn readers(&self) -> &Readers {
        &self.readers
    }

    pub(super) const fn views(&self) -> &Arc<write::Views> {
        &self.views
    }

    pub(super) fn newest(&self) -> &watch::Sender<Position> {
        &self.appended
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn unavailable(error: rusqlite::Error) -> MigrationError {
    MigrationError::Unavailable(error.into())
}

impl Storage for SqliteStorage {
    type Work = SqlWork;

    async fn one_document<T: Send + 'static>(
        &self,
        table: &str,
        stream: &StreamId,
        take: TakeDocument<T>,
    ) -> Result<Option<T>, StoreError> {
        let (table, tenant, id) = (table.to_owned(), stream.tenant.clone(), stream.id.clone());
        let work = move |connection: &_| read::one_document(connection, &table, &tenant, &id, take);
        self.readers.ask(work).await
    }

    async fn each_document<T: Send + 'static>(
        &self,
        query: DocumentQuery,
        mut take: TakeDocument<T>,
    ) -> Result<Vec<T>, StoreError> {
        let work = move |connection: &_| read::each_document(connection, &query, &mut take);
        self.readers.ask(work).await
    }

    async fn count(&self, selection: Selection) -> Result<u64, StoreError> {
        self.readers.read(move |connection| read::count(connection, &selection)).await
    }

    async fn stream_ids(
        &self,
        tenant: &str,
        aggregate: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let (tenant, aggregate) = (tenant.to_owned(), aggregate.to_owned());
        let after = after.map(ToOwned::to_owned);
        self.readers
            .read(move |connection| {
                read::stream_ids(connection, &tenant, &aggregate, after.as_deref(), limit)
            })
            .await
    }

    async fn snapshot(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        let stream = stream.clone();
        self.readers.read(move |connection| read::snapshot(connection, &stream)).await
    }

    async fn save_snapshot(
        &self,
        stream: &StreamId,
        snapshot: StoredSnapshot,
    ) -> Result<(), StoreError> {
        let work = [SqlWork::snapshot(stream, snapshot)];
        self.writer.commit(Batch::default(), work.into()).await.map(drop)
    }

    async fn commit(&self, batch: Batch, work: Arc<[SqlWork]>) -> Result<Committed, StoreError> {
        self.writer.commit(batch, work).await
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
        self.readers.read(move |connection| read::outdated(connection, table, shape, limit)).await
    }

    async fn reshape(
        &self,
        table: &'static str,
        documents: Vec<ReshapedDocument>,
    ) -> Result<u64, StoreError> {
        self.writer.reshape(table, documents).await
    }

    async fn build_document(&self, document: BuiltDocument) -> Result<(), StoreError> {
        let work = [SqlWork::built(document)];
        self.writer.commit(Batch::default(), work.into()).await.map(drop)
    }

    async fn conceal(&self, batch: Batch) -> Result<Batch, StoreError> {
        let people = batch.subjects();
        if people.is_empty() {
            return Ok(batch);
        }
        let cipher = self.cipher.as_deref().ok_or(StoreError::NoCipher)?;
        let wanted = people.clone();
        let mut keys =
            self.readers.read(move |connection| events::keys(connection, &wanted)).await?;
        let lacking = keys.lacking(&people);
        if !lacking.is_empty() {
            self.writer.commit(Batch::default(), subjects::new_keys(cipher, lacking)?).await?;
            keys = self.readers.read(move |connection| events::keys(connection, &people)).await?;
        }
        conceal(Some(cipher), &keys, batch)
    }

    async fn forget_key(&self, tenant: &str, subject: &str) -> Result<bool, StoreError> {
        let (work, was_there) = subjects::forget_key(tenant, subject);
        self.writer.commit(Batch::default(), work).await?;
        Ok(was_there.load(Ordering::Relaxed))
    }

    async fn drop_snapshot(&self, stream: &StreamId) -> Result<(), StoreError> {
        let work = [SqlWork::without_snapshot(stream)];
        self.writer.commit(Batch::default(), work.into()).await.map(drop)
    }

    async fn outcome(&self, tenant: &str, key: &str) -> Result<Option<Outcome>, StoreError> {
        let (tenant, key) = (tenant.to_owned(), key.to_owned());
        self.readers.read(move |connection| read::outcome(connection, &tenant, &key)).await
    }

    async fn readers(&self) -> Result<Vec<LogReader>, StoreError> {
        let rows = |connection: &_| work::query(connection, truncation::READERS, &[]);
        truncation::readers(self.readers.ask(rows).await?)
    }

    async fn truncate(&self, truncations: Vec<Truncation>) -> Result<(), StoreError> {
        let work = truncation::truncate(truncations);
        self.writer.commit(Batch::default(), work.into()).await.map(drop)
    }

    fn appended(&self) -> watch::Receiver<Position> {
        self.appended.subscribe()
    }
}
