//! The pool of connections.

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bloom_runtime::ports::StoreError;
use deadpool_postgres::{
    ClientWrapper, HookError, Object, Pool, PoolError, Runtime, TimeoutType, Timeouts,
};

use super::{connection, error::store_error};
use crate::migration::MigrationError;

/// How long somebody waits for a connection before the store is called unavailable.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections to one server, made when they are first needed. Clones share them.
#[derive(Clone)]
pub(super) struct Connections {
    pool: Pool,
    /// The one on which units of work are committed together: a process of the server that does nothing else has at hand what it needs.
    writing: Pool,
    /// Whether the server has to know for whom it is asked.
    row_security: bool,
    /// The views that stand where tables of documents would.
    views: Arc<OnceLock<HashSet<String>>>,
}

/// For whom the server is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose<'t> {
    /// For one tenant, whose rows alone it sees.
    One(&'t str),
    /// For the program itself.
    All,
}

impl Connections {
    /// At most `size` connections to the server that the URL names, besides the one on which is written.
    pub(super) fn open(url: &str, size: usize, row_security: bool) -> Result<Self, MigrationError> {
        let (pool, writing) = (pool(url, size)?, pool(url, 1)?);
        Ok(Self { pool, writing, row_security, views: Arc::default() })
    }

    /// Notes which views there are.
    pub(super) fn note_views(&self, views: HashSet<String>) {
        // They are noted once, when the storage is opened.
        self.views.set(views).ok();
    }

    pub(super) fn is_view(&self, table: &str) -> bool {
        self.views.get().is_some_and(|views| views.contains(table))
    }

    pub(super) const fn row_security(&self) -> bool {
        self.row_security
    }

    /// A connection, for one use.
    pub(super) async fn take(&self, whose: Whose<'_>) -> Result<Object, StoreError> {
        self.lend(&self.pool, whose).await
    }

    /// The connection on which units of work are committed together, for one use.
    pub(super) async fn take_to_write(&self, whose: Whose<'_>) -> Result<Object, StoreError> {
        self.lend(&self.writing, whose).await
    }

    async fn lend(&self, pool: &Pool, whose: Whose<'_>) -> Result<Object, StoreError> {
        let client = pool.get().await.map_err(refused)?;
        self.secure(&client, whose).await?;
        Ok(client)
    }

    /// Tells the server for whom it is asked from now on.
    pub(super) async fn secure(
        &self,
        client: &ClientWrapper,
        whose: Whose<'_>,
    ) -> Result<(), StoreError> {
        if !self.row_security {
            return Ok(());
        }
        let (tenant, every) = match whose {
            Whose::One(tenant) => (tenant, "off"),
            Whose::All => ("", "on"),
        };
        let sql = "SELECT set_config('bloom.tenant', $1, false), set_config('bloom.every_tenant', $2, false)";
        let statement = client.prepare_cached(sql).await.map_err(store_error)?;
        client.query_one(&statement, &[&tenant, &every]).await.map_err(store_error).map(drop)
    }
}

fn pool(url: &str, size: usize) -> Result<Pool, MigrationError> {
    let manager = connection::manager(url).map_err(MigrationError::Unavailable)?;
    let timeouts =
        Timeouts { wait: Some(PATIENCE), create: Some(PATIENCE), recycle: Some(PATIENCE) };
    Pool::builder(manager)
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .timeouts(timeouts)
        .post_create(connection::settle())
        .build()
        .map_err(|error| MigrationError::Unavailable(error.into()))
}

fn refused(error: PoolError) -> StoreError {
    match error {
        PoolError::Timeout(TimeoutType::Wait) => StoreError::Unavailable {
            reason: format!("no connection became free within {PATIENCE:?}"),
            source: None,
        },
        PoolError::Timeout(_) => StoreError::Unavailable {
            reason: format!("the server did not answer within {PATIENCE:?}"),
            source: None,
        },
        PoolError::Backend(error) => store_error(error),
        PoolError::PostCreateHook(HookError::Backend(error)) => store_error(error),
        PoolError::Closed => {
            StoreError::Unavailable { reason: "the storage is closed".to_owned(), source: None }
        }
        error => StoreError::Internal(error.into()),
    }
}
