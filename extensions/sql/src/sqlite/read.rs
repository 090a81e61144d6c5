//! The statements that read.

use std::collections::{BTreeSet, HashSet};

use bloom_runtime::{
    application::{Keyring, Whose},
    domain::{Kind, Metadata, Timestamp, Uuid, Version},
    ports::{
        Boundary, Direction, DocumentQuery, EventSelection, Names, Outcome, OutdatedDocument,
        Payload, Position, RecordedEvent, Selection, StoredDocument, StoredSnapshot, StreamId,
        StreamSlice, SubjectKey,
    },
};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter, types::Type};

use super::translate::{Parameter, Sqlite};
use crate::{
    condition::{Statement, identifier, order},
    selection::{EVENT, EVENT_OF_STREAM},
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const DOCUMENT: &str = "SELECT id, version, body, removed_at, shape FROM";

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

pub(super) fn slice(
    connection: &Connection,
    stream: &StreamId,
    slice: StreamSlice,
) -> rusqlite::Result<Vec<RecordedEvent>> {
    let StreamId { tenant, aggregate, id } = stream;
    let order = match slice.direction {
        Direction::Forwards => "ASC",
        Direction::Backwards => "DESC",
    };
    let sql = format!(
        "{EVENT_OF_STREAM} WHERE tenant = ?1 AND aggregate = ?2 AND id = ?3 AND version > ?4 AND version <= ?5 ORDER BY version {order} LIMIT ?6"
    );
    let after = signed(slice.after);
    let up_to = slice.up_to.map_or(i64::MAX, signed);
    let limit = i64::try_from(slice.limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&sql)?;
    let event = |row: &Row<'_>| event_of(row, stream.clone());
    statement.query_map(params![tenant, aggregate, id, after, up_to, limit], event)?.collect()
}

/// What an aggregate is folded from; `None` when something of it has to be decrypted first.
pub(super) fn payloads(
    connection: &Connection,
    stream: &StreamId,
    after: Version,
) -> rusqlite::Result<Option<Vec<Payload>>> {
    let StreamId { tenant, aggregate, id } = stream;
    let mut statement = connection.prepare_cached(
        "SELECT version, name, revision, body, remarks LIKE '%\"subject\":%' FROM bloom_events
         WHERE tenant = ?1 AND aggregate = ?2 AND id = ?3 AND version > ?4 ORDER BY version",
    )?;
    let mut rows = statement.query(params![tenant, aggregate, id, signed(after)])?;
    let (mut names, mut payloads) = (Names::default(), Vec::new());
    while let Some(row) = rows.next()? {
        if row.get::<_, Option<bool>>(4)? == Some(true) {
            return Ok(None);
        }
        let name = row.get_ref(1)?.as_str().map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(1, Type::Text, error.into())
        })?;
        payloads.push(Payload {
            version: Version::new(unsigned(row, 0)?),
            name: names.share(name),
            revision: row.get(2)?,
            body: row.get(3)?,
        });
    }
    Ok(Some(payloads))
}

pub(super) fn select(
    connection: &Connection,
    selection: &EventSelection,
) -> rusqlite::Result<Vec<RecordedEvent>> {
    let mut statement = Statement::<Sqlite>::new();
    let sql = statement.select(selection);
    let mut prepared = connection.prepare_cached(&sql)?;
    prepared.query_map(params_from_iter(statement.into_parameters()), event)?.collect()
}

/// The keys of these people, tenant and subject, as far as they have one.
pub(super) fn keys(connection: &Connection, people: &BTreeSet<Whose>) -> rusqlite::Result<Keyring> {
    let mut statement = connection.prepare_cached(
        "SELECT key_id, key FROM bloom_subjects WHERE tenant = ?1 AND subject = ?2",
    )?;
    let mut keys = Vec::new();
    for (tenant, subject) in people {
        let key = statement.query_row([tenant, subject], |row| {
            let id: String = row.get(0)?;
            let id = id.parse::<Uuid>().map_err(|error| {
                rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into())
            })?;
            let (tenant, subject) = (tenant.clone(), subject.clone());
            Ok(SubjectKey { tenant, subject, id, key: row.get(1)? })
        });
        keys.extend(key.optional()?);
    }
    Ok(keys.into_iter().collect())
}

/// The place of the first event that has come beyond the boundary.
pub(super) fn crossing(
    connection: &Connection,
    tenant: &str,
    boundary: &Boundary,
) -> rusqlite::Result<Option<Position>> {
    let mut statement = Statement::<Sqlite>::new();
    let sql = statement.first(tenant, &boundary.query, boundary.after);
    let mut prepared = connection.prepare_cached(&sql)?;
    let first: Option<i64> =
        prepared.query_row(params_from_iter(statement.into_parameters()), |row| row.get(0))?;
    Ok(first.map(|position| Position::new(position.cast_unsigned())))
}

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
    let mut statement = connection.prepare_cached(
        "SELECT id FROM bloom_streams WHERE tenant = ?1 AND aggregate = ?2 AND id > ?3 ORDER BY id LIMIT ?4",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    statement
        .query_map(params![tenant, aggregate, after.unwrap_or_default(), limit], |row| row.get(0))?
        .collect()
}

/// The names of all views.
pub(super) fn views(connection: &Connection) -> rusqlite::Result<HashSet<String>> {
    let mut statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

pub(super) fn head(connection: &Connection) -> rusqlite::Result<Position> {
    let mut statement = connection.prepare_cached("SELECT position FROM bloom_head")?;
    statement.query_row([], |row| Ok(Position::new(unsigned(row, 0)?)))
}

pub(super) fn document(
    connection: &Connection,
    table: &str,
    stream: &StreamId,
) -> rusqlite::Result<Option<StoredDocument>> {
    let sql = format!("{DOCUMENT} {} WHERE tenant = ?1 AND id = ?2", identifier(table));
    connection.prepare_cached(&sql)?.query_row([&stream.tenant, &stream.id], stored).optional()
}

pub(super) fn documents(
    connection: &Connection,
    query: &DocumentQuery,
) -> rusqlite::Result<Vec<StoredDocument>> {
    let mut clause = Statement::<Sqlite>::new();
    let condition = clause.selection(&query.of);
    let limits =
        [query.limit, query.offset].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let [limit, offset] =
        limits.map(|number| clause.bind(Parameter::Integer(number), Kind::Integer));
    let sql = format!(
        "{DOCUMENT} {} WHERE {condition} ORDER BY {} LIMIT {limit} OFFSET {offset}",
        identifier(query.of.table),
        order::<Sqlite>(&query.sort),
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map(params_from_iter(clause.into_parameters()), stored)?.collect()
}

pub(super) fn outdated(
    connection: &Connection,
    table: &str,
    shape: u32,
    limit: usize,
) -> rusqlite::Result<Vec<OutdatedDocument>> {
    let sql = format!(
        "SELECT id, version, body, removed_at, shape, tenant FROM {} WHERE shape < ?1 LIMIT ?2",
        identifier(table)
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let outdated =
        |row: &Row<'_>| Ok(OutdatedDocument { document: stored(row)?, tenant: row.get(5)? });
    connection.prepare_cached(&sql)?.query_map(params![shape, limit], outdated)?.collect()
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

pub(super) fn cursor(connection: &Connection, name: &str) -> rusqlite::Result<Position> {
    let mut statement =
        connection.prepare_cached("SELECT position FROM bloom_cursors WHERE name = ?1")?;
    let position =
        statement.query_row([name], |row| Ok(Position::new(unsigned(row, 0)?))).optional()?;
    Ok(position.unwrap_or_default())
}

/// A version that somebody asks for; none is beyond the largest.
fn signed(version: Version) -> i64 {
    i64::try_from(version.get()).unwrap_or(i64::MAX)
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
        is_removed: row.get::<_, Option<i64>>(3)?.is_some(),
        shape: row.get(4)?,
    })
}

fn event(row: &Row<'_>) -> rusqlite::Result<RecordedEvent> {
    event_of(row, StreamId { tenant: row.get(8)?, aggregate: row.get(9)?, id: row.get(10)? })
}

fn event_of(row: &Row<'_>, stream: StreamId) -> rusqlite::Result<RecordedEvent> {
    fn wrong(column: usize, ty: Type, error: impl Into<Failure>) -> rusqlite::Error {
        rusqlite::Error::FromSqlConversionFailure(column, ty, error.into())
    }
    let id = row.get_ref(5)?.as_blob().map_err(|error| wrong(5, Type::Blob, error))?;
    let id = Uuid::from_slice(id).map_err(|error| wrong(5, Type::Blob, error))?;
    let at = Timestamp::from_micros(row.get(6)?);
    let at = at.ok_or_else(|| wrong(6, Type::Integer, "it is no time"))?;
    let remarks = row.get_ref(7)?.as_str_or_null().map_err(|error| wrong(7, Type::Text, error))?;
    let metadata = Metadata::new(id, at).with_remarks(remarks);
    let metadata = metadata.map_err(|error| wrong(7, Type::Text, error))?;
    Ok(RecordedEvent {
        position: Position::new(unsigned(row, 0)?),
        stream,
        version: Version::new(unsigned(row, 1)?),
        name: row.get(2)?,
        revision: row.get(3)?,
        body: row.get(4)?,
        metadata,
        concealed: None,
    })
}
