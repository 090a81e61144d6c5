//! The statements that read.

use bloom_runtime::{
    domain::{Condition, Kind, Metadata, Version},
    ports::{DocumentQuery, Outcome, Position, RecordedEvent, StoredDocument, StreamId},
};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::translate::{Parameter, Sqlite};
use crate::condition::{Statement, identifier, order};

const EVENT: &str =
    "SELECT position, aggregate, id, version, name, revision, body, metadata FROM bloom_events";

pub(super) fn log(
    connection: &Connection,
    after: Position,
    limit: usize,
) -> rusqlite::Result<Vec<RecordedEvent>> {
    let sql = format!("{EVENT} WHERE position > ?1 ORDER BY position LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    statement.query_map(params![after.get().cast_signed(), limit], event)?.collect()
}

pub(super) fn stream(
    connection: &Connection,
    stream: &StreamId,
    after: Version,
) -> rusqlite::Result<Vec<RecordedEvent>> {
    let sql = format!("{EVENT} WHERE aggregate = ?1 AND id = ?2 AND version > ?3 ORDER BY version");
    let mut statement = connection.prepare_cached(&sql)?;
    statement
        .query_map(params![stream.aggregate, stream.id, after.get().cast_signed()], event)?
        .collect()
}

pub(super) fn stream_ids(
    connection: &Connection,
    aggregate: &str,
    after: Option<&str>,
    limit: usize,
) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM bloom_streams WHERE aggregate = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    statement
        .query_map(params![aggregate, after.unwrap_or_default(), limit], |row| row.get(0))?
        .collect()
}

pub(super) fn head(connection: &Connection) -> rusqlite::Result<Position> {
    let mut statement = connection.prepare_cached("SELECT position FROM bloom_head")?;
    statement.query_row([], |row| Ok(Position::new(unsigned(row, 0)?)))
}

pub(super) fn document(
    connection: &Connection,
    table: &str,
    id: &str,
) -> rusqlite::Result<Option<StoredDocument>> {
    let sql = format!("SELECT id, version, body FROM {} WHERE id = ?1", identifier(table));
    connection.prepare_cached(&sql)?.query_row([id], stored).optional()
}

pub(super) fn documents(
    connection: &Connection,
    query: &DocumentQuery,
) -> rusqlite::Result<Vec<StoredDocument>> {
    let mut clause = Statement::<Sqlite>::new();
    let condition = clause.condition(&query.condition);
    let limits =
        [query.limit, query.offset].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let [limit, offset] =
        limits.map(|number| clause.bind(Parameter::Integer(number), Kind::Integer));
    let sql = format!(
        "SELECT id, version, body FROM {} WHERE {condition} ORDER BY {} LIMIT {limit} OFFSET {offset}",
        identifier(query.table),
        order::<Sqlite>(&query.sort),
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map(params_from_iter(clause.into_parameters()), stored)?.collect()
}

pub(super) fn count(
    connection: &Connection,
    table: &str,
    condition: &Condition,
) -> rusqlite::Result<u64> {
    let mut clause = Statement::<Sqlite>::new();
    let condition = clause.condition(condition);
    let sql = format!("SELECT count(*) FROM {} WHERE {condition}", identifier(table));
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row(params_from_iter(clause.into_parameters()), |row| unsigned(row, 0))
}

pub(super) fn outcome(connection: &Connection, key: &str) -> rusqlite::Result<Option<Outcome>> {
    let mut statement = connection
        .prepare_cached("SELECT key, fingerprint, body FROM bloom_outcomes WHERE key = ?1")?;
    let outcome = |row: &Row<'_>| {
        Ok(Outcome { key: row.get(0)?, fingerprint: row.get(1)?, body: row.get(2)? })
    };
    statement.query_row([key], outcome).optional()
}

pub(super) fn cursor(connection: &Connection, name: &str) -> rusqlite::Result<Position> {
    let mut statement =
        connection.prepare_cached("SELECT position FROM bloom_cursors WHERE name = ?1")?;
    let position =
        statement.query_row([name], |row| Ok(Position::new(unsigned(row, 0)?))).optional()?;
    Ok(position.unwrap_or_default())
}

/// SQLite's integers are signed; versions and positions never reach the half that is missing.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredDocument> {
    Ok(StoredDocument {
        id: row.get(0)?,
        version: Version::new(unsigned(row, 1)?),
        body: row.get(2)?,
    })
}

fn event(row: &Row<'_>) -> rusqlite::Result<RecordedEvent> {
    let metadata: String = row.get(7)?;
    let metadata: Metadata = serde_json::from_str(&metadata).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(7, rusqlite::types::Type::Text, error.into())
    })?;
    Ok(RecordedEvent {
        position: Position::new(unsigned(row, 0)?),
        stream: StreamId { aggregate: row.get(1)?, id: row.get(2)? },
        version: Version::new(unsigned(row, 3)?),
        name: row.get(4)?,
        revision: row.get(5)?,
        body: row.get(6)?,
        metadata,
    })
}
