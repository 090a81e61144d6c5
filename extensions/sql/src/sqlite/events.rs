//! The statements that read events.

use std::collections::BTreeSet;

use bloom_runtime::{
    application::{Keyring, Whose},
    domain::{Metadata, Timestamp, Uuid, Version},
    ports::{
        Boundary, Direction, EventSelection, Names, Payload, Position, RecordedEvent, StoreError,
        StreamId, StreamSlice, SubjectKey,
    },
};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter, types::Type};

use super::{
    error::store_error,
    read::{unsigned, written},
    translate::Sqlite,
};
use crate::{
    condition::Statement,
    selection::{EVENT, EVENT_OF_STREAM},
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(super) fn log(
    connection: &Connection,
    after: Position,
    limit: usize,
) -> rusqlite::Result<Vec<RecordedEvent>> {
    let sql = format!("{EVENT} WHERE position > ?1 ORDER BY position LIMIT {}", written(limit));
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map([after.get().cast_signed()], event)?.collect()
}

/// The same for whoever is inside a transaction.
pub(crate) fn log_within(
    connection: &Connection,
    after: Position,
    limit: usize,
) -> Result<Vec<RecordedEvent>, StoreError> {
    log(connection, after, limit).map_err(store_error)
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
        "{EVENT_OF_STREAM} WHERE tenant = ?1 AND aggregate = ?2 AND id = ?3 AND version > ?4 AND version <= ?5 AND name <> 'bloom.truncated' ORDER BY version {order} LIMIT {}",
        written(slice.limit)
    );
    let after = signed(slice.after);
    let up_to = slice.up_to.map_or(i64::MAX, signed);
    let mut statement = connection.prepare_cached(&sql)?;
    let event = |row: &Row<'_>| event_of(row, stream.clone());
    statement.query_map(params![tenant, aggregate, id, after, up_to], event)?.collect()
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
         WHERE tenant = ?1 AND aggregate = ?2 AND id = ?3 AND version > ?4 AND name <> 'bloom.truncated' ORDER BY version",
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

/// The same for whoever is inside a transaction.
pub(crate) fn keys_within(
    connection: &Connection,
    people: &BTreeSet<Whose>,
) -> Result<Keyring, StoreError> {
    keys(connection, people).map_err(store_error)
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

pub(super) fn head(connection: &Connection) -> rusqlite::Result<Position> {
    let mut statement = connection.prepare_cached("SELECT position FROM bloom_head")?;
    statement.query_row([], |row| Ok(Position::new(unsigned(row, 0)?)))
}

/// What every append takes last.
pub(super) struct Head {
    pub(super) position: Position,
    /// The read models that are written with the events.
    pub(super) inline: Option<String>,
}

/// The head as whoever appends has to know it.
pub(super) fn whole_head(connection: &Connection) -> rusqlite::Result<Head> {
    let mut statement = connection.prepare_cached("SELECT position, inline FROM bloom_head")?;
    statement.query_row([], |row| {
        Ok(Head { position: Position::new(unsigned(row, 0)?), inline: row.get(1)? })
    })
}

/// A version that somebody asks for; none is beyond the largest.
fn signed(version: Version) -> i64 {
    i64::try_from(version.get()).unwrap_or(i64::MAX)
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
