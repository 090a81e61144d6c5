//! A user's own SQL within a unit of work.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use bloom_runtime::{
    application::BufferedUnitOfWork,
    ports::{
        BuiltDocument, DocumentState, Storage, StoreError, StoredSnapshot, StreamId, UnitOfWork,
    },
};

use crate::{condition::identifier, transaction::Transaction, value::SqlValue};

/// What a hook does: boxed, since it borrows the transaction that it is given.
pub type HookFuture<'t> = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 't>>;

type Hook = dyn for<'t> Fn(&'t mut Transaction<'_>) -> HookFuture<'t> + Send + Sync;

/// What a unit of work does in the flush besides its saves.
pub struct SqlWork(pub(crate) Kind);

pub(crate) enum Kind {
    Statement {
        sql: String,
        parameters: Vec<SqlValue>,
    },
    Hook(Box<Hook>),
    /// Read models that are written with the events, and their names.
    Inline {
        projections: Vec<&'static str>,
        hook: Box<Hook>,
    },
    Together(Arc<[SqlWork]>),
}

/// A statement that a database does not take.
#[derive(Debug, thiserror::Error)]
#[error("{said}")]
pub(crate) struct FailedStatement {
    pub(crate) said: String,
    /// Whether another statement would have failed as well.
    pub(crate) is_of_the_server: bool,
}

impl FailedStatement {
    /// Whether an error is one over which no statement is to blame.
    pub(crate) fn blames_the_server(error: &StoreError) -> bool {
        let StoreError::Internal(error) = error else { return false };
        error.downcast_ref::<Self>().is_some_and(|failed| failed.is_of_the_server)
    }
}

impl fmt::Debug for SqlWork {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Statement { sql, .. } => formatter.debug_tuple("Statement").field(sql).finish(),
            Kind::Hook(_) => formatter.write_str("Hook"),
            Kind::Inline { projections, .. } => {
                formatter.debug_tuple("Inline").field(projections).finish()
            }
            Kind::Together(all) => formatter.debug_list().entries(&**all).finish(),
        }
    }
}

impl SqlWork {
    /// Lets what follows in the transaction see the rows of every tenant.
    pub(crate) fn for_every_tenant() -> Self {
        Self::hook(|transaction| Box::pin(transaction.see_every_tenant(true)))
    }

    /// Lets what follows in the transaction have the rights of a role of the server, and no others.
    pub(crate) fn in_role(role: &str) -> Self {
        let role = role.to_owned();
        Self::hook(move |transaction| {
            let role = role.clone();
            Box::pin(async move { transaction.take_role(Some(&role)).await })
        })
    }

    /// Keeps a snapshot, unless a newer one of the same shape is there.
    pub(crate) fn snapshot(stream: &StreamId, snapshot: StoredSnapshot) -> Self {
        const SQL: &str = "INSERT INTO bloom_snapshots (tenant, aggregate, id, version, shape, body, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (tenant, aggregate, id) DO UPDATE
            SET version = excluded.version, shape = excluded.shape, body = excluded.body, at = excluded.at
            WHERE bloom_snapshots.version < excluded.version OR bloom_snapshots.shape <> excluded.shape";
        let StreamId { tenant, aggregate, id } = stream.clone();
        let version = snapshot.version.get().cast_signed();
        let parameters = crate::parameters![
            tenant,
            aggregate,
            id,
            version,
            snapshot.shape,
            snapshot.body,
            snapshot.at
        ];
        Self(Kind::Statement { sql: SQL.to_owned(), parameters })
    }

    /// Throws a snapshot away.
    pub(crate) fn without_snapshot(stream: &StreamId) -> Self {
        const SQL: &str =
            "DELETE FROM bloom_snapshots WHERE tenant = $1 AND aggregate = $2 AND id = $3";
        let StreamId { tenant, aggregate, id } = stream.clone();
        Self::statement(SQL, crate::parameters![tenant, aggregate, id])
    }

    /// A statement of Bloom's own.
    pub(crate) fn statement(sql: &str, parameters: Vec<SqlValue>) -> Self {
        Self(Kind::Statement { sql: sql.to_owned(), parameters })
    }

    /// Writes read models with the events.
    pub(crate) fn inline<H>(projections: Vec<&'static str>, hook: H) -> Self
    where
        H: for<'t> Fn(&'t mut Transaction<'_>) -> HookFuture<'t> + Send + Sync + 'static,
    {
        Self(Kind::Inline { projections, hook: Box::new(hook) })
    }

    /// All of it, in order.
    pub(crate) const fn together(all: Arc<[Self]>) -> Self {
        Self(Kind::Together(all))
    }

    /// Whether it writes this read model with the events, which on a server its functions look at.
    #[cfg(feature = "sqlite")]
    pub(crate) fn writes_inline(&self, projection: &str) -> bool {
        match &self.0 {
            Kind::Inline { projections, .. } => projections.contains(&projection),
            Kind::Together(all) => all.iter().any(|one| one.writes_inline(projection)),
            Kind::Statement { .. } | Kind::Hook(_) => false,
        }
    }

    /// A hook of Bloom's own.
    pub(crate) fn hook<H>(hook: H) -> Self
    where
        H: for<'t> Fn(&'t mut Transaction<'_>) -> HookFuture<'t> + Send + Sync + 'static,
    {
        Self(Kind::Hook(Box::new(hook)))
    }
}

impl SqlWork {
    /// Writes a document that follows from events, unless there is one as new, or the aggregate has moved on.
    pub(crate) fn built(document: BuiltDocument) -> Self {
        let BuiltDocument { table, stream, version, shape, state, created_at, updated_at } =
            document;
        let StreamId { tenant, aggregate, id } = stream;
        let table = identifier(table);
        let version = version.get().cast_signed();
        let current = "EXISTS (SELECT 1 FROM bloom_streams s
            WHERE s.tenant = $1 AND s.aggregate = $2 AND s.id = $3 AND s.version = $4)";
        let (body, removed_at) = match state {
            DocumentState::There(body) => (body, None),
            DocumentState::Removed(body) => (body, Some(updated_at)),
            DocumentState::Gone => {
                let sql = format!(
                    "DELETE FROM {table} WHERE tenant = $1 AND id = $3 AND version < $4 AND {current}"
                );
                let parameters = crate::parameters![tenant, aggregate, id, version];
                return Self(Kind::Statement { sql, parameters });
            }
        };
        Self::hook(move |transaction| {
            // One driver takes the text as it is, the other wants to be told what it is.
            let json = |number: u8| {
                if transaction.is_sqlite() {
                    format!("${number}")
                } else {
                    format!("${number}::text::jsonb")
                }
            };
            let cast = |number: u8, ty: &str| {
                if transaction.is_sqlite() {
                    format!("${number}")
                } else {
                    format!("${number}::{ty}")
                }
            };
            let update = format!(
                "UPDATE {table} SET version = $4, shape = $5, body = {}, updated_at = $7, removed_at = $8
                 WHERE tenant = $1 AND id = $3 AND version < $4 AND {current}",
                json(6)
            );
            let insert = format!(
                "INSERT INTO {table} (tenant, id, version, shape, body, created_at, updated_at, removed_at)
                 SELECT {}, {}, {}, {}, {}, {}, {}, {}
                 WHERE {current} AND NOT EXISTS (SELECT 1 FROM {table} WHERE tenant = $1 AND id = $3)",
                cast(1, "text"), cast(3, "text"), cast(4, "bigint"), cast(5, "integer"), json(6),
                cast(9, "bigint"), cast(7, "bigint"), cast(8, "bigint")
            );
            let values = crate::parameters![
                tenant.as_str(),
                aggregate.as_str(),
                id.as_str(),
                version,
                shape,
                body.as_str(),
                updated_at,
                removed_at,
                created_at
            ];
            Box::pin(async move {
                transaction.execute(&update, &values[..8]).await?;
                transaction.execute(&insert, &values).await?;
                Ok(())
            })
        })
    }
}

/// A unit of work that takes a user's own SQL: what `U` has to be where a handler brings some.
///
/// What is queued is done in the commit, in the order in which it was queued and after everything that was
/// saved. If it fails, the commit fails, and nothing is stored. It sees the versions of aggregates, and must
/// not rely on positions in the log, which are given last.
///
/// ```
/// # use bloom_runtime::prelude::*;
/// # use bloom_sql::{Migrations, SqliteStorage};
/// # use bloom_runtime::{application::StorageStore, ports::Store};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("shop.db");
/// # let migrations = Migrations::new().with("0001_visits", "CREATE TABLE visits (page TEXT PRIMARY KEY, count INTEGER) STRICT");
/// # SqliteStorage::migrate(&path, &migrations)?;
/// # let store = StorageStore::new(SqliteStorage::open(&path, &migrations)?);
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use bloom_sql::{SqlUnitOfWork, parameters};
///
/// let mut uow = store.begin().await?;
/// uow.execute("INSERT INTO visits (page, count) VALUES ($1, $2)", parameters!["home", 0]);
/// uow.before_commit(|transaction| {
///     Box::pin(async move {
///         transaction.execute("UPDATE visits SET count = count + 1 WHERE page = $1", &parameters!["home"]).await?;
///         Ok(())
///     })
/// });
/// uow.commit().await?;
/// # Ok::<(), StoreError>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait SqlUnitOfWork: UnitOfWork {
    /// Queues one statement. Parameters stand in it as `$1`, `$2` and so on, for every driver alike.
    fn execute(&mut self, sql: impl Into<String>, parameters: Vec<SqlValue>);

    /// Queues a hook, which may read and write in the transaction of the commit. It may run twice, when the
    /// commit does, and awaits nothing but its transaction, since everybody who writes waits for it.
    fn before_commit<H>(&mut self, hook: H)
    where
        H: for<'t> Fn(&'t mut Transaction<'_>) -> HookFuture<'t> + Send + Sync + 'static;
}

impl<S: Storage<Work = SqlWork>> SqlUnitOfWork for BufferedUnitOfWork<S> {
    fn execute(&mut self, sql: impl Into<String>, parameters: Vec<SqlValue>) {
        self.queue(SqlWork(Kind::Statement { sql: sql.into(), parameters }));
    }

    fn before_commit<H>(&mut self, hook: H)
    where
        H: for<'t> Fn(&'t mut Transaction<'_>) -> HookFuture<'t> + Send + Sync + 'static,
    {
        self.queue(SqlWork::hook(hook));
    }
}
