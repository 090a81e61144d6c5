//! What is set aside, as the database keeps it.

use std::collections::BTreeSet;

use bloom_runtime::ports::{Position, StoreError, StreamId};

use super::ParkedEvent;
use crate::{
    parameters,
    projection::checkpoint::{Checkpoint, moved, signed},
    queries::SqlStorage,
    transaction::Transaction,
    value::SqlValue,
};

/// All of them, in the order of the log.
pub(in crate::projection) async fn all<S: SqlStorage>(
    views: &S,
    name: &str,
    generation: i64,
) -> Result<Vec<ParkedEvent>, StoreError> {
    const SQL: &str = "SELECT position, tenant, aggregate, id, failure FROM bloom_parked
        WHERE name = $1 AND generation = $2 ORDER BY position";
    events(views.query(SQL, parameters![name, generation]).await?)
}

/// The first one of each stream, in the order of the log.
pub(in crate::projection) async fn first<S: SqlStorage>(
    views: &S,
    name: &str,
    generation: i64,
) -> Result<Vec<ParkedEvent>, StoreError> {
    events(views.query(FIRST, parameters![name, generation]).await?)
}

/// The streams that have something set aside, as whoever holds the checkpoint sees them.
pub(in crate::projection) async fn streams(
    transaction: &mut Transaction<'_>,
    name: &str,
    generation: i64,
) -> Result<BTreeSet<StreamId>, StoreError> {
    let first = held(transaction, name, generation).await?;
    Ok(first.into_iter().map(|event| event.stream).collect())
}

/// The same once no other part sets aside anything, until the end of the transaction.
pub(in crate::projection) async fn all_streams(
    transaction: &mut Transaction<'_>,
    name: &str,
    generation: i64,
) -> Result<BTreeSet<StreamId>, StoreError> {
    const ALONE: &str = "SELECT pg_advisory_xact_lock(hashtextextended('bloom_parked'::regclass::oid::text || '.' || $1, 0))::text";
    // Where one writes at a time, others are shut out already.
    if !transaction.is_sqlite() {
        transaction.query(ALONE, &parameters![name]).await?;
    }
    streams(transaction, name, generation).await
}

/// The first one of each stream, as whoever holds the checkpoint sees them.
pub(in crate::projection) async fn held(
    transaction: &mut Transaction<'_>,
    name: &str,
    generation: i64,
) -> Result<Vec<ParkedEvent>, StoreError> {
    events(transaction.query(FIRST, &parameters![name, generation]).await?)
}

const FIRST: &str = "SELECT position, tenant, aggregate, id, failure FROM bloom_parked
    WHERE name = $1 AND generation = $2 AND failure IS NOT NULL ORDER BY position";

/// Sets an event aside.
pub(in crate::projection) async fn park(
    transaction: &mut Transaction<'_>,
    name: &str,
    generation: i64,
    event: &ParkedEvent,
) -> Result<(), StoreError> {
    const SQL: &str =
        "INSERT INTO bloom_parked (name, generation, position, tenant, aggregate, id, failure)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let ParkedEvent { position, stream: StreamId { tenant, aggregate, id }, failure } = event;
    let values = parameters![
        name,
        generation,
        signed(*position),
        tenant.as_str(),
        aggregate.as_str(),
        id.as_str(),
        failure.clone()
    ];
    transaction.execute(SQL, &values).await?;
    Ok(())
}

/// How many events of a stream are set aside.
const IN_STREAM: &str = "SELECT count(*) FROM bloom_parked
    WHERE name = $1 AND generation = $2 AND tenant = $3 AND aggregate = $4 AND id = $5";

fn in_stream(name: &str, generation: i64, stream: &StreamId) -> Vec<SqlValue> {
    let StreamId { tenant, aggregate, id } = stream;
    parameters![name, generation, tenant.as_str(), aggregate.as_str(), id.as_str()]
}

/// How many events of a stream are set aside, as everybody sees it.
pub(in crate::projection) async fn count<S: SqlStorage>(
    views: &S,
    name: &str,
    generation: i64,
    stream: &StreamId,
) -> Result<Vec<Vec<SqlValue>>, StoreError> {
    views.query(IN_STREAM, in_stream(name, generation, stream)).await
}

/// Takes back why the first one of a stream could not be taken: a person was forgotten, and the words may be about that person.
pub(in crate::projection) async fn hush(
    transaction: &mut Transaction<'_>,
    name: &str,
    generation: i64,
    stream: &StreamId,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE bloom_parked SET failure = 'a person was forgotten since it was tried'
        WHERE name = $1 AND generation = $2 AND tenant = $3 AND aggregate = $4 AND id = $5 AND failure IS NOT NULL";
    transaction.execute(SQL, &in_stream(name, generation, stream)).await?;
    Ok(())
}

/// Asks whether this is still the first one of its stream, and nothing more is set aside of it than was counted; a conflict when it is
/// not so.
pub(in crate::projection) async fn still_first(
    transaction: &mut Transaction<'_>,
    name: &str,
    seen: &Checkpoint,
    event: &ParkedEvent,
    counted: &[Vec<SqlValue>],
) -> Result<(), StoreError> {
    const SQL: &str = "SELECT 1 FROM bloom_parked
        WHERE name = $1 AND generation = $2 AND position = $3 AND failure IS NOT NULL";
    let values = parameters![name, seen.generation, signed(event.position)];
    let found = transaction.query(SQL, &values).await?;
    let now =
        transaction.query(IN_STREAM, &in_stream(name, seen.generation, &event.stream)).await?;
    if found.is_empty() || now != counted { Err(moved(name, seen)) } else { Ok(()) }
}

/// Takes the first one of a stream out; the next one is the first then.
pub(in crate::projection) async fn release(
    transaction: &mut Transaction<'_>,
    name: &str,
    generation: i64,
    event: &ParkedEvent,
) -> Result<(), StoreError> {
    const OUT: &str =
        "DELETE FROM bloom_parked WHERE name = $1 AND generation = $2 AND position = $3";
    const NEXT: &str = "UPDATE bloom_parked SET failure = 'it was not tried yet'
        WHERE name = $1 AND generation = $2 AND position = (
            SELECT min(position) FROM bloom_parked
            WHERE name = $1 AND generation = $2 AND tenant = $3 AND aggregate = $4 AND id = $5)";
    transaction.execute(OUT, &parameters![name, generation, signed(event.position)]).await?;
    transaction.execute(NEXT, &in_stream(name, generation, &event.stream)).await?;
    Ok(())
}

/// Notes why the first one of a stream could not be taken this time.
pub(in crate::projection) async fn note(
    transaction: &mut Transaction<'_>,
    name: &str,
    generation: i64,
    position: Position,
    failure: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE bloom_parked SET failure = $4
        WHERE name = $1 AND generation = $2 AND position = $3 AND failure IS NOT NULL";
    let values = parameters![name, generation, signed(position), failure];
    transaction.execute(SQL, &values).await?;
    Ok(())
}

fn events(rows: Vec<Vec<SqlValue>>) -> Result<Vec<ParkedEvent>, StoreError> {
    rows.into_iter().map(event).collect()
}

fn event(row: Vec<SqlValue>) -> Result<ParkedEvent, StoreError> {
    let corrupt = || StoreError::Corrupt {
        place: "a row of `bloom_parked`".to_owned(),
        source: "it has columns of other types".into(),
    };
    let [position, tenant, aggregate, id, failure] =
        <[SqlValue; 5]>::try_from(row).map_err(|_| corrupt())?;
    let (SqlValue::Integer(position), SqlValue::Text(tenant)) = (position, tenant) else {
        return Err(corrupt());
    };
    let (SqlValue::Text(aggregate), SqlValue::Text(id)) = (aggregate, id) else {
        return Err(corrupt());
    };
    Ok(ParkedEvent {
        position: Position::new(position.cast_unsigned()),
        stream: StreamId { tenant, aggregate, id },
        failure: match failure {
            SqlValue::Text(failure) => Some(failure),
            _ => None,
        },
    })
}
