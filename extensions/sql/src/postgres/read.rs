//! The statements that read.

use std::{
    collections::HashSet,
    future::poll_fn,
    pin::pin,
    sync::{LazyLock, Mutex, PoisonError},
};

use bloom_runtime::{
    domain::{Kind, Timestamp, Version},
    ports::{
        DocumentQuery, DocumentRow, Outcome, OutdatedDocument, Selection, StoreError,
        StoredDocument, StoredSnapshot, StreamId,
    },
};
use deadpool_postgres::ClientWrapper;
use futures_core::Stream;
use tokio_postgres::{Row, types::ToSql};

use super::{error::store_error, translate::Postgres};
use crate::condition::{Statement, identifier, order};

const DOCUMENT: &str = "SELECT id, version, body::text, removed_at, shape FROM";

pub(super) async fn rows(
    client: &ClientWrapper,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, StoreError> {
    let statement = client.prepare_cached(sql).await.map_err(store_error)?;
    client.query(&statement, parameters).await.map_err(store_error)
}

/// What is made of each row, while the server sends the next ones.
pub(super) async fn each<T>(
    client: &ClientWrapper,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
    mut take: impl FnMut(&Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let statement = client.prepare_cached(sql).await.map_err(store_error)?;
    let rows = client.query_raw(&statement, parameters.iter().copied()).await;
    let mut rows = pin!(rows.map_err(store_error)?);
    let mut made = Vec::new();
    while let Some(row) = poll_fn(|context| rows.as_mut().poll_next(context)).await {
        made.push(take(&row.map_err(store_error)?)?);
    }
    Ok(made)
}

pub(super) async fn snapshot(
    client: &ClientWrapper,
    stream: &StreamId,
) -> Result<Option<StoredSnapshot>, StoreError> {
    let sql = "SELECT version, shape, body, at FROM bloom_snapshots
               WHERE tenant = $1 AND aggregate = $2 AND id = $3";
    let found = rows(client, sql, &[&stream.tenant, &stream.aggregate, &stream.id]).await?;
    let Some(row) = found.first() else { return Ok(None) };
    Ok(Some(StoredSnapshot {
        version: Version::new(row.get::<_, i64>(0).cast_unsigned()),
        shape: row.get(1),
        body: row.get(2),
        at: Timestamp::from_micros(row.get(3)).unwrap_or(Timestamp::UNIX_EPOCH),
    }))
}

pub(super) async fn stream_ids(
    client: &ClientWrapper,
    tenant: &str,
    aggregate: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT id FROM bloom_streams
               WHERE tenant = $1 AND aggregate = $2 AND id > $3 AND version > 0 ORDER BY id LIMIT $4";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found =
        rows(client, sql, &[&tenant, &aggregate, &after.unwrap_or_default(), &limit]).await?;
    found.iter().map(|row| column(row, 0)).collect()
}

/// The names of all views of the schema.
pub(super) async fn views(client: &ClientWrapper) -> Result<HashSet<String>, StoreError> {
    let sql = "SELECT viewname::text FROM pg_views WHERE schemaname = current_schema()";
    rows(client, sql, &[]).await?.iter().map(|row| column(row, 0)).collect()
}

/// Whether row-level security does not hold for the role: for a superuser it never does.
pub(super) async fn passes_by(client: &ClientWrapper) -> Result<bool, StoreError> {
    let sql = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    let found = rows(client, sql, &[]).await?;
    found.first().map_or(Ok(true), |row| column(row, 0))
}

/// Waits until nobody else writes the aggregate, and keeps it until the end of the transaction.
pub(super) async fn hold(client: &ClientWrapper, stream: &StreamId) -> Result<(), StoreError> {
    let sql =
        "SELECT 1 FROM bloom_streams WHERE tenant = $1 AND aggregate = $2 AND id = $3 FOR UPDATE";
    rows(client, sql, &[&stream.tenant, &stream.aggregate, &stream.id]).await.map(drop)
}

pub(super) async fn one_document<T>(
    client: &ClientWrapper,
    table: &str,
    stream: &StreamId,
    mut take: impl FnMut(DocumentRow<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let sql = format!("{DOCUMENT} {} WHERE tenant = $1 AND id = $2", identifier(table));
    let found = rows(client, &sql, &[&stream.tenant, &stream.id]).await?;
    found.first().map(|row| take(lent(row)?)).transpose()
}

pub(super) async fn each_document<T>(
    client: &ClientWrapper,
    query: &DocumentQuery,
    mut take: impl FnMut(DocumentRow<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut clause = Statement::<Postgres>::new();
    let condition = clause.selection(&query.of);
    let limits =
        [query.limit, query.offset].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let [limit, offset] = limits.map(|number| clause.bind(number.to_string(), Kind::Integer));
    let sql = format!(
        "{DOCUMENT} {} WHERE {condition} ORDER BY {} LIMIT {limit} OFFSET {offset}",
        identifier(query.of.table),
        order::<Postgres>(&query.sort),
    );
    asked(client, &sql, clause).await?.iter().map(|row| take(lent(row)?)).collect()
}

pub(super) async fn outdated(
    client: &ClientWrapper,
    table: &str,
    shape: u32,
    limit: usize,
) -> Result<Vec<OutdatedDocument>, StoreError> {
    let sql = format!(
        "SELECT id, version, body::text, removed_at, shape, tenant FROM {} WHERE shape < $1 LIMIT $2",
        identifier(table)
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found = rows(client, &sql, &[&shape.cast_signed(), &limit]).await?;
    let outdated =
        |row: &Row| Ok(OutdatedDocument { document: stored(row)?, tenant: column(row, 5)? });
    found.iter().map(outdated).collect()
}

pub(super) async fn count(
    client: &ClientWrapper,
    selection: &Selection,
) -> Result<u64, StoreError> {
    let mut clause = Statement::<Postgres>::new();
    let condition = clause.selection(selection);
    let sql = format!("SELECT count(*) FROM {} WHERE {condition}", identifier(selection.table));
    let found = asked(client, &sql, clause).await?;
    Ok(found.first().map(|row| unsigned(row, 0)).transpose()?.unwrap_or_default())
}

/// A statement of which there are as many as sorts of questions: the first ones are kept prepared, and the rest are not, since each
/// connection keeps what it has prepared for ever.
pub(super) async fn asked(
    client: &ClientWrapper,
    sql: &str,
    clause: Statement<Postgres>,
) -> Result<Vec<Row>, StoreError> {
    let parameters = clause.into_parameters();
    let parameters: Vec<&(dyn ToSql + Sync)> =
        parameters.iter().map(|parameter| parameter as &(dyn ToSql + Sync)).collect();
    if is_kept(sql) {
        let statement = client.prepare_cached(sql).await.map_err(store_error)?;
        return client.query(&statement, &parameters).await.map_err(store_error);
    }
    client.query(sql, &parameters).await.map_err(store_error)
}

/// Whether it is one of the first sorts of questions that this program has asked.
fn is_kept(sql: &str) -> bool {
    const MOST: usize = 256;
    static KEPT: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);
    // Whoever panics here has changed nothing.
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.contains(sql) || (kept.len() < MOST && kept.insert(sql.to_owned()))
}

pub(super) async fn outcome(
    client: &ClientWrapper,
    tenant: &str,
    key: &str,
) -> Result<Option<Outcome>, StoreError> {
    let sql = "SELECT key, fingerprint, body FROM bloom_outcomes WHERE tenant = $1 AND key = $2";
    let found = rows(client, sql, &[&tenant, &key]).await?;
    let outcome = |row: &Row| {
        Ok(Outcome { key: column(row, 0)?, fingerprint: column(row, 1)?, body: column(row, 2)? })
    };
    found.first().map(outcome).transpose()
}

pub(super) fn column<'r, T: tokio_postgres::types::FromSql<'r>>(
    row: &'r Row,
    index: usize,
) -> Result<T, StoreError> {
    row.try_get(index).map_err(|error| StoreError::Internal(error.into()))
}

/// A version that somebody asks for; none is beyond the largest.
pub(super) fn signed(version: Version) -> i64 {
    i64::try_from(version.get()).unwrap_or(i64::MAX)
}

/// PostgreSQL's integers are signed; versions and positions never reach the half that is missing.
pub(super) fn unsigned(row: &Row, index: usize) -> Result<u64, StoreError> {
    column::<i64>(row, index).map(i64::cast_unsigned)
}

fn stored(row: &Row) -> Result<StoredDocument, StoreError> {
    lent(row).map(DocumentRow::to_document)
}

fn lent(row: &Row) -> Result<DocumentRow<'_>, StoreError> {
    Ok(DocumentRow {
        id: column(row, 0)?,
        version: Version::new(unsigned(row, 1)?),
        body: column(row, 2)?,
        is_removed: column::<Option<i64>>(row, 3)?.is_some(),
        shape: column::<i32>(row, 4)?.cast_unsigned(),
    })
}
