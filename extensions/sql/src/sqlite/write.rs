//! The statements that write one batch inside an open savepoint.

use std::collections::HashSet;

use bloom_runtime::{
    domain::Version,
    ports::{
        Addition, Batch, DocumentState, DocumentWrite, KeyUsed, NewEvent, Position,
        ReshapedDocument, StoreError, StreamAppend, StreamId,
    },
};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    error::store_error,
    events::{self, Head},
    read, work,
};
use crate::{condition::identifier, failpoint, roster::Roster, work::SqlWork};

/// The views that stand where tables of documents would: their triggers write the tables behind them.
pub(super) type Views = HashSet<String>;

/// Writes everything but the head, which the caller takes last, and does the work. Returns the newest position.
pub(super) fn unit(
    connection: &mut Connection,
    views: &Views,
    batch: &Batch,
    work: &[SqlWork],
    head: &Head,
) -> Result<Position, StoreError> {
    let position = self::batch(connection, views, batch, head.position)?;
    if let Some(inline) = &head.inline {
        let appended = batch.appends.iter().map(|append| &append.stream);
        let added = batch.additions.iter().map(|addition| &addition.stream);
        let aggregates = appended.chain(added).map(|stream| stream.aggregate.as_str());
        let is_written = |_: &str, name: &str| work.iter().any(|one| one.writes_inline(name));
        Roster::parse(Some(inline))?.check(aggregates, is_written)?;
    }
    work::run(connection, work)?;
    Ok(position)
}

/// Writes everything but the head. Returns the newest position.
fn batch(
    connection: &Connection,
    views: &Views,
    batch: &Batch,
    head: Position,
) -> Result<Position, StoreError> {
    if let Some(outcome) = &batch.outcome {
        let inserted = connection
            .prepare_cached(
                "INSERT INTO bloom_outcomes (tenant, key, fingerprint, body) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            )
            .and_then(|mut statement| statement.execute((&batch.tenant, &outcome.key, &outcome.fingerprint, &outcome.body)))
            .map_err(store_error)?;
        if inserted == 0 {
            return Err(StoreError::AlreadyExecuted { key: outcome.key.clone() });
        }
        failpoint::reach("sqlite.outcome");
    }
    for (stream, expected) in &batch.guards {
        expect(stream, *expected, version(connection, stream).map_err(store_error)?)?;
    }
    for append in &batch.appends {
        let actual = version(connection, &append.stream).map_err(store_error)?;
        expect(&append.stream, append.expected, actual)?;
        // What is new has none yet.
        if actual != Version::NEW {
            release_keys(connection, append).map_err(store_error)?;
        }
    }
    let mut bases = Vec::with_capacity(batch.additions.len());
    for Addition { stream, expected, .. } in &batch.additions {
        let actual = version(connection, stream).map_err(store_error)?;
        expect(stream, expected.version().unwrap_or(actual), actual)?;
        bases.push(actual);
    }
    for KeyUsed { tenant, subject, key_id } in &batch.keys_used {
        let there: bool = connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM bloom_subjects WHERE tenant = ?1 AND subject = ?2 AND key_id = ?3)",
            )
            .and_then(|mut statement| {
                statement.query_row([tenant, subject, &key_id.to_string()], |row| row.get(0))
            })
            .map_err(store_error)?;
        if !there {
            return Err(StoreError::KeyForgotten { subject: subject.clone() });
        }
    }
    for boundary in &batch.boundaries {
        let crossing =
            events::crossing(connection, &batch.tenant, boundary).map_err(store_error)?;
        if let Some(position) = crossing {
            return Err(StoreError::Crossed { after: boundary.after, position });
        }
    }
    let mut position = head;
    for append in &batch.appends {
        claim_keys(connection, append)?;
        failpoint::reach("sqlite.keys");
        let StreamAppend { stream, expected, events, .. } = append;
        position =
            append_events(connection, stream, *expected, events, position).map_err(store_error)?;
        failpoint::reach("sqlite.events");
        write_document(connection, views, append).map_err(store_error)?;
        failpoint::reach("sqlite.document");
    }
    for (Addition { stream, events, .. }, base) in batch.additions.iter().zip(bases) {
        position =
            append_events(connection, stream, base, events, position).map_err(store_error)?;
    }
    Ok(position)
}

/// Moves the head of the log.
pub(super) fn head(connection: &Connection, position: Position) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE bloom_head SET position = ?1")?
        .execute([position.get().cast_signed()])?;
    Ok(())
}

/// Gives documents another shape; how many were still what they had been.
pub(super) fn reshape(
    connection: &Connection,
    table: &str,
    documents: &[ReshapedDocument],
) -> rusqlite::Result<u64> {
    let sql = format!(
        "UPDATE {} SET body = ?1, shape = ?2 WHERE tenant = ?3 AND id = ?4 AND version = ?5 AND shape < ?2",
        identifier(table)
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut count = 0;
    for ReshapedDocument { tenant, id, version, shape, body } in documents {
        let version = version.get().cast_signed();
        // What the triggers of a view change is counted here alone.
        let before = connection.total_changes();
        statement.execute(params![body, shape, tenant, id, version])?;
        count += u64::from(connection.total_changes() > before);
    }
    Ok(count)
}

fn version(connection: &Connection, stream: &StreamId) -> rusqlite::Result<Version> {
    let mut statement = connection.prepare_cached(
        "SELECT version FROM bloom_streams WHERE tenant = ?1 AND aggregate = ?2 AND id = ?3",
    )?;
    let version = statement
        .query_row([&stream.tenant, &stream.aggregate, &stream.id], |row| read::unsigned(row, 0))
        .optional()?;
    Ok(Version::new(version.unwrap_or_default()))
}

fn expect(stream: &StreamId, expected: Version, actual: Version) -> Result<(), StoreError> {
    if expected == actual {
        return Ok(());
    }
    let (aggregate, id) = (stream.aggregate.clone(), stream.id.clone());
    Err(StoreError::Conflict { aggregate, id, expected, actual })
}

/// Every aggregate of the batch gives up its unique values before any takes new ones, so that two can swap.
fn release_keys(connection: &Connection, append: &StreamAppend) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM bloom_keys WHERE tenant = ?1 AND aggregate = ?2 AND id = ?3")?
        .execute([&append.stream.tenant, &append.stream.aggregate, &append.stream.id])?;
    Ok(())
}

fn claim_keys(connection: &Connection, append: &StreamAppend) -> Result<(), StoreError> {
    let StreamId { tenant, aggregate, id } = &append.stream;
    for claim in &append.keys {
        let inserted = connection
            .prepare_cached(
                "INSERT INTO bloom_keys (tenant, aggregate, field, value, id) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (tenant, aggregate, field, value) DO NOTHING",
            )
            .and_then(|mut statement| statement.execute((tenant, aggregate, claim.field, &claim.value, id)))
            .map_err(store_error)?;
        if inserted == 0 {
            let (aggregate, id) = (aggregate.clone(), id.clone());
            return Err(StoreError::KeyTaken { aggregate, id, field: claim.field.to_owned() });
        }
    }
    Ok(())
}

fn append_events(
    connection: &Connection,
    stream: &StreamId,
    base: Version,
    events: &[NewEvent],
    head: Position,
) -> rusqlite::Result<Position> {
    let StreamId { tenant, aggregate, id } = stream;
    let version = base.after(events.len());
    connection
        .prepare_cached(
            "INSERT INTO bloom_streams (tenant, aggregate, id, version) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (tenant, aggregate, id) DO UPDATE SET version = excluded.version",
        )?
        .execute(params![tenant, aggregate, id, version.get().cast_signed()])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO bloom_events (position, tenant, aggregate, id, version, name, revision, body, event_id, at, remarks)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    let mut position = head;
    for (index, event) in events.iter().enumerate() {
        position = position.next();
        let remarks = event
            .metadata
            .remarks()
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        statement.execute(params![
            position.get().cast_signed(),
            tenant,
            aggregate,
            id,
            base.after(index + 1).get().cast_signed(),
            &*event.name,
            event.revision,
            event.body,
            event.metadata.event_id.as_bytes(),
            event.metadata.at.as_micros(),
            remarks,
        ])?;
        for tag in &event.metadata.tags {
            // The same one twice says no more than once.
            connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO bloom_tags (tag, tenant, position) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![tag.as_str(), tenant, position.get().cast_signed()])?;
        }
    }
    Ok(position)
}

fn write_document(
    connection: &Connection,
    views: &Views,
    append: &StreamAppend,
) -> rusqlite::Result<()> {
    let Some(document) = &append.document else { return Ok(()) };
    let at = append.events.last().map_or(0, |event| event.metadata.at.as_micros());
    let (body, removed_at) = match &document.state {
        DocumentState::There(body) => (body, None),
        DocumentState::Removed(body) => (body, Some(at)),
        DocumentState::Gone => {
            let table = identifier(document.table);
            let sql = format!("DELETE FROM {table} WHERE tenant = ?1 AND id = ?2");
            connection.prepare_cached(&sql)?.execute([&append.stream.tenant, &append.stream.id])?;
            return Ok(());
        }
    };
    if views.contains(document.table) {
        return write_through_view(connection, append, document, body, at, removed_at);
    }
    let sql = format!(
        "INSERT INTO {} (tenant, id, version, body, created_at, updated_at, removed_at, shape)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7)
         ON CONFLICT (tenant, id) DO UPDATE SET version = excluded.version, body = excluded.body, shape = excluded.shape,
         updated_at = excluded.updated_at, removed_at = excluded.removed_at",
        identifier(document.table),
    );
    connection.prepare_cached(&sql)?.execute(params![
        append.stream.tenant,
        append.stream.id,
        append.version().get().cast_signed(),
        body,
        at,
        removed_at,
        document.shape,
    ])?;
    Ok(())
}

/// A view takes no `ON CONFLICT`.
fn write_through_view(
    connection: &Connection,
    append: &StreamAppend,
    document: &DocumentWrite,
    body: &str,
    at: i64,
    removed_at: Option<i64>,
) -> rusqlite::Result<()> {
    let table = identifier(document.table);
    let StreamId { tenant, id, .. } = &append.stream;
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE tenant = ?1 AND id = ?2)");
    let exists: bool =
        connection.prepare_cached(&sql)?.query_row([tenant, id], |row| row.get(0))?;
    let sql = if exists {
        format!(
            "UPDATE {table} SET version = ?3, shape = ?4, body = ?5, updated_at = ?6, removed_at = ?7
             WHERE tenant = ?1 AND id = ?2"
        )
    } else {
        format!(
            "INSERT INTO {table} (tenant, id, version, shape, body, created_at, updated_at, removed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)"
        )
    };
    let version = append.version().get().cast_signed();
    let mut statement = connection.prepare_cached(&sql)?;
    statement.execute(params![tenant, id, version, document.shape, body, at, removed_at])?;
    Ok(())
}
