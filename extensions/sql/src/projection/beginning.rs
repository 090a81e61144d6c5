//! The first checkpoint of a projection.

use std::sync::Arc;

use bloom_runtime::ports::{Position, StoreError};

use super::{
    checkpoint::{self, WITH_THE_EVENTS, forget_parked, signed},
    generation::{Generation, generations},
    head,
    set::Followed,
    status::ProjectionState,
};
use crate::{parameters, queries::SqlStorage, transaction::Transaction};

/// How far the one has come that is read; begins it when it is new.
pub(super) async fn served<S: SqlStorage>(
    views: &S,
    projection: &Arc<Followed>,
    may_be_inline: bool,
) -> Result<Generation, StoreError> {
    let find = |all: Vec<Generation>| all.into_iter().find(|generation| !generation.is_building());
    let name = projection.name;
    if let Some(found) = find(generations(views, name).await?) {
        return Ok(found);
    }
    let projection = Arc::clone(projection);
    checkpoint::commit_as(views, None, move |transaction| {
        let projection = Arc::clone(&projection);
        Box::pin(async move { begin(transaction, &projection, may_be_inline).await.map(drop) })
    })
    .await?;
    let found = find(generations(views, name).await?);
    found.ok_or_else(|| StoreError::Internal(format!("`{name}` has no checkpoint").into()))
}

/// Begins a projection that has no checkpoint yet. One that may be written with the events is from then on, where there are none that it
/// would have had to follow; its generation then.
pub(super) async fn begin(
    transaction: &mut Transaction<'_>,
    projection: &Followed,
    may_be_inline: bool,
) -> Result<Option<i64>, StoreError> {
    // Where another is being built only, the live one is what it was told to replace.
    const FIND: &str = "SELECT 1 FROM bloom_projections WHERE name = $1 AND state <> 'building'";
    let name = projection.name;
    if !transaction.query(FIND, &parameters![name]).await?.is_empty() {
        return Ok(None);
    }
    // All of the log is looked through before others have to wait, and then what has come since.
    let seen = head::newest(transaction).await?;
    let is_late = may_be_inline && happened(transaction, projection, Position::START, seen).await?;
    let (newest, mut roster) = head::hold(transaction).await?;
    // Another process may have begun it meanwhile, and may have rebuilt it since. Who appends finds out when it is listed, and begins again
    // without the head.
    if !transaction.query(FIND, &parameters![name]).await?.is_empty() {
        return Ok(None);
    }
    let listed = roster.generation(name);
    let is_inline = listed.is_some()
        || may_be_inline && !is_late && !happened(transaction, projection, seen, newest).await?;
    let generation = listed.unwrap_or(1);
    let position = if is_inline { WITH_THE_EVENTS } else { Position::START };
    let parts = if is_inline { 1 } else { projection.parts };
    if begin_parts(transaction, name, generation, ProjectionState::Live, position, parts).await? {
        // Of one whose place in the log somebody has taken out.
        forget_parked(transaction, name, generation).await?;
    }
    if is_inline && listed.is_none() {
        roster.enrol(name, generation, projection.aggregates());
        head::list(transaction, &roster).await?;
    }
    Ok(is_inline.then_some(generation))
}

/// Puts the parts of a generation at a place; `false` when they are somewhere already.
pub(super) async fn begin_parts(
    transaction: &mut Transaction<'_>,
    name: &str,
    generation: i64,
    state: ProjectionState,
    position: Position,
    parts: u32,
) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO bloom_projections (name, generation, part, state, position)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name, generation, part) DO NOTHING";
    for part in 0..parts {
        let values = parameters![name, generation, part, state.as_str(), signed(position)];
        if transaction.execute(SQL, &values).await? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the log has events of its aggregates between two places.
async fn happened(
    transaction: &mut Transaction<'_>,
    projection: &Followed,
    after: Position,
    up_to: Position,
) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT 1 FROM bloom_events WHERE aggregate = $1 AND position > $2 AND position <= $3 LIMIT 1";
    transaction.see_every_tenant(true).await?;
    let mut any = false;
    for aggregate in projection.aggregates() {
        let values = parameters![aggregate, signed(after), signed(up_to)];
        any |= !transaction.query(SQL, &values).await?.is_empty();
    }
    transaction.see_every_tenant(false).await?;
    Ok(any)
}
