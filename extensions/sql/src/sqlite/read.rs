//! The statements that read.

use std::collections::HashSet;

use bloom_runtime::{
    domain::{Kind, Timestamp, Version},
    ports::{
        DocumentQuery, DocumentRow, Outcome, OutdatedDocument, Selection, StoreError,
        StoredDocument, StoredSnapshot, StreamId,
    },
};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::{
    error::store_error,
    translate::{Parameter, Sqlite},
};
use crate::condition::{Statement, identifier, order};

const DOCUMENT: &str = "SELECT id, version, body, removed_at, shape FROM";

pub(super) fn snapshot(
    connection: &Connection,
    stream: &StreamId,
) -> rusqlite::Result<Option<StoredSnapshot>> {
    let mut statement = connection.prepare_cached(
        "SELECT version, shape, body, at FROM bloom_snapshots WHERE tenant = ?1 AND aggregate = ?2 AND id = ?3",
    )?;
    statement
        .query_row([&stream.tenant, &stream.aggregate, &stream.id], |row| {
            Ok(StoredSnapshot {
                version: Version::new(unsigned(row, 0)?),
                shape: row.get(1)?,
                body: row.get(2)?,
                at: Timestamp::from_micros(row.get(3)?).unwrap_or(Timestamp::UNIX_EPOCH),
            })
        })
        .optional()
}

pub(super) fn stream_ids(
    connection: &Connection,
    tenant: &str,
    aggregate: &str,
    after: Option<&str>,
    limit: usize,
) -> rusqlite::Result<Vec<String>> {
    let sql = format!(
        "SELECT id FROM bloom_streams WHERE tenant = ?1 AND aggregate = ?2 AND id > ?3 ORDER BY id LIMIT {}",
        written(limit)
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement
        .query_map(params![tenant, aggregate, after.unwrap_or_default()], |row| row.get(0))?
        .collect()
}

/// The names of all views.
pub(super) fn views(connection: &Connection) -> rusqlite::Result<HashSet<String>> {
    let mut statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

pub(super) fn one_document<T>(
    connection: &Connection,
    table: &str,
    tenant: &str,
    id: &str,
    mut take: impl FnMut(DocumentRow<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let sql = format!("{DOCUMENT} {} WHERE tenant = ?1 AND id = ?2", identifier(table));
    let mut statement = connection.prepare_cached(&sql).map_err(store_error)?;
    let mut rows = statement.query([tenant, id]).map_err(store_error)?;
    match rows.next().map_err(store_error)? {
        Some(row) => take(lent(row).map_err(store_error)?).map(Some),
        None => Ok(None),
    }
}

pub(super) fn each_document<T>(
    connection: &Connection,
    query: &DocumentQuery,
    mut take: impl FnMut(DocumentRow<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let (sql, parameters) = asked(query);
    let mut statement = connection.prepare_cached(&sql).map_err(store_error)?;
    let mut rows = statement.query(params_from_iter(parameters)).map_err(store_error)?;
    let mut taken = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        taken.push(take(lent(row).map_err(store_error)?)?);
    }
    Ok(taken)
}

/// The statement that asks for documents, and what is bound in it.
fn asked(query: &DocumentQuery) -> (String, Vec<Parameter>) {
    let mut clause = Statement::<Sqlite>::new();
    let condition = clause.selection(&query.of);
    let mut sql = format!(
        "{DOCUMENT} {} WHERE {condition} ORDER BY {} LIMIT {}",
        identifier(query.of.table),
        order::<Sqlite>(&query.sort),
        written(query.limit),
    );
    if query.offset > 0 {
        let offset = clause.bind(Parameter::Integer(written(query.offset)), Kind::Integer);
        sql += &format!(" OFFSET {offset}");
    }
    (sql, clause.into_parameters())
}

pub(super) fn outdated(
    connection: &Connection,
    table: &str,
    shape: u32,
    limit: usize,
) -> rusqlite::Result<Vec<OutdatedDocument>> {
    let sql = format!(
        "SELECT id, version, body, removed_at, shape, tenant FROM {} WHERE shape < ?1 LIMIT {}",
        identifier(table),
        written(limit)
    );
    let outdated =
        |row: &Row<'_>| Ok(OutdatedDocument { document: stored(row)?, tenant: row.get(5)? });
    connection.prepare_cached(&sql)?.query_map([shape], outdated)?.collect()
}

pub(super) fn count(connection: &Connection, selection: &Selection) -> rusqlite::Result<u64> {
    let mut clause = Statement::<Sqlite>::new();
    let condition = clause.selection(selection);
    let sql = format!("SELECT count(*) FROM {} WHERE {condition}", identifier(selection.table));
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row(params_from_iter(clause.into_parameters()), |row| unsigned(row, 0))
}

pub(super) fn outcome(
    connection: &Connection,
    tenant: &str,
    key: &str,
) -> rusqlite::Result<Option<Outcome>> {
    let mut statement = connection.prepare_cached(
        "SELECT key, fingerprint, body FROM bloom_outcomes WHERE tenant = ?1 AND key = ?2",
    )?;
    let outcome = |row: &Row<'_>| {
        Ok(Outcome { key: row.get(0)?, fingerprint: row.get(1)?, body: row.get(2)? })
    };
    statement.query_row([tenant, key], outcome).optional()
}

/// A number of rows, as it stands in a statement. See [`Dialect::WRITES_LIMITS`](crate::condition::Dialect::WRITES_LIMITS).
pub(super) fn written(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// SQLite's integers are signed; versions and positions never reach the half that is missing.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredDocument> {
    lent(row).map(DocumentRow::to_document)
}

fn lent<'r>(row: &'r Row<'_>) -> rusqlite::Result<DocumentRow<'r>> {
    Ok(DocumentRow {
        id: text(row, 0)?,
        version: Version::new(unsigned(row, 1)?),
        body: text(row, 2)?,
        is_removed: row.get::<_, Option<i64>>(3)?.is_some(),
        shape: row.get(4)?,
    })
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<&'r str> {
    let value = row.get_ref(column)?;
    let data_type = value.data_type();
    value
        .as_str()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, data_type, error.into()))
}

#[cfg(test)]
mod tests {
    use bloom_runtime::domain::Condition;
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn what_is_asked_again_is_not_planned_again() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(&crate::migration::documents("orders")).unwrap();
        let of = Selection {
            tenant: String::new(),
            table: "orders",
            removed: false,
            condition: Condition::All,
        };
        let query = DocumentQuery { of, sort: Vec::new(), offset: 0, limit: 3 };
        for _ in 0..3 {
            assert!(each_document(&connection, &query, |row| Ok(row.version)).unwrap().is_empty());
        }
        let statement = connection.prepare_cached(&asked(&query).0).unwrap();
        assert_eq!(statement.get_status(StatementStatus::Run), 3);
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
