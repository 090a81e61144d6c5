//! What became of a commit whose answer was lost.

use std::time::Duration;

use bloom_runtime::{
    domain::Uuid,
    ports::{Addition, Batch, Committed, Position, StoreError, StreamId},
};
use deadpool_postgres::ClientWrapper;
use tokio::time::Instant;

use super::{
    error::store_error,
    pool::{Connections, Whose},
    read,
};

/// How long the server may take to come back.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks whether the unit of work is there: its events have ids that no other has.
///
/// Where nothing of it is found it may still be on its way to the server, so that only a command's id can tell later.
pub(super) async fn what_became(
    connections: &Connections,
    batch: &Batch,
    until: Instant,
) -> Result<Committed, StoreError> {
    // A session that the server has not noticed to be gone may hold what is to be looked at.
    let found = tokio::time::timeout_at(until, search(connections, batch, until)).await;
    found.unwrap_or(Err(StoreError::OutcomeUnknown))
}

/// Until when is looked.
pub(super) fn patience() -> Instant {
    Instant::now() + PATIENCE
}

async fn search(
    connections: &Connections,
    batch: &Batch,
    until: Instant,
) -> Result<Committed, StoreError> {
    let mut pause = Duration::from_millis(50);
    loop {
        let looked = match connections.take(Whose::One(&batch.tenant)).await {
            Ok(client) => look(&client, batch).await,
            Err(error) => Err(error),
        };
        match looked {
            Ok(Some(committed)) => return Ok(committed),
            Ok(None) => return Err(StoreError::OutcomeUnknown),
            Err(error @ StoreError::Conflict { .. }) => return Err(error),
            Err(error) if Instant::now() > until => {
                tracing::error!(%error, "what became of a commit could not be found out");
                return Err(StoreError::OutcomeUnknown);
            }
            Err(_) => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

async fn look(client: &ClientWrapper, batch: &Batch) -> Result<Option<Committed>, StoreError> {
    if let Some(addition) = batch.additions.last() {
        return look_for_addition(client, addition).await;
    }
    let Some(append) = batch.appends.last() else {
        let Some(outcome) = &batch.outcome else { return Ok(None) };
        let found = read::outcome(client, &batch.tenant, &outcome.key).await?;
        return Ok(found.filter(|found| found == outcome).map(|_| Committed::default()));
    };
    // Waits for the transaction itself, should it still be going on.
    read::hold(client, &append.stream).await?;
    let Some(event) = append.events.last() else { return Ok(None) };
    match at(client, &append.stream, append.version().get()).await? {
        Some((position, id)) if id == event.metadata.event_id => {
            Ok(Some(Committed { position: Some(position) }))
        }
        Some(_) => Err(StoreError::Conflict {
            aggregate: append.stream.aggregate.clone(),
            id: append.stream.id.clone(),
            expected: append.expected,
            actual: append.version(),
        }),
        None => Ok(None),
    }
}

async fn look_for_addition(
    client: &ClientWrapper,
    addition: &Addition,
) -> Result<Option<Committed>, StoreError> {
    let Addition { stream, events, .. } = addition;
    read::hold(client, stream).await?;
    let Some(event) = events.last() else { return Ok(None) };
    let row = client
        .query_opt(
            "SELECT position FROM bloom_events
             WHERE tenant = $1 AND aggregate = $2 AND id = $3 AND event_id = $4
             ORDER BY version DESC LIMIT 1",
            &[&stream.tenant, &stream.aggregate, &stream.id, &event.metadata.event_id],
        )
        .await
        .map_err(store_error)?;
    let Some(row) = row else { return Ok(None) };
    let position: i64 = row.try_get(0).map_err(|error| StoreError::Internal(error.into()))?;
    Ok(Some(Committed { position: Some(Position::new(position.cast_unsigned())) }))
}

/// The event of a stream at a version: its position, and its id.
async fn at(
    client: &ClientWrapper,
    stream: &StreamId,
    version: u64,
) -> Result<Option<(Position, Uuid)>, StoreError> {
    let row = client
        .query_opt(
            "SELECT position, event_id FROM bloom_events
             WHERE tenant = $1 AND aggregate = $2 AND id = $3 AND version = $4",
            &[&stream.tenant, &stream.aggregate, &stream.id, &version.cast_signed()],
        )
        .await
        .map_err(store_error)?;
    let Some(row) = row else { return Ok(None) };
    let column = |error: tokio_postgres::Error| StoreError::Internal(error.into());
    let position: i64 = row.try_get(0).map_err(column)?;
    Ok(Some((Position::new(position.cast_unsigned()), row.try_get(1).map_err(column)?)))
}
