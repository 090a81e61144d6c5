//! How far a projection has come: what is kept, and the fence that lets only one writer move it.

use bloom_runtime::{
    domain::Version,
    ports::{Batch, Place, Position, Shift, StoreError, StreamId},
};

use super::{lease, partition::part_of, status::ProjectionState};
use crate::{
    cursors::micros,
    parameters,
    queries::SqlStorage,
    transaction::Transaction,
    value::SqlValue,
    work::{HookFuture, SqlWork},
};

/// The place of what is written with the events: nothing comes behind it.
pub(super) const WITH_THE_EVENTS: Position = Position::new(i64::MAX.cast_unsigned());

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub(super) generation: i64,
    /// Which of so many parts it is.
    pub(super) part: u32,
    pub(super) parts: u32,
    pub(super) state: ProjectionState,
    pub(super) place: Place,
    pub(super) skipped: u64,
    /// How many events are set aside by all parts together, and of how many aggregates.
    pub(super) parked: (u64, u64),
    pub(super) failure: Option<String>,
}

impl Checkpoint {
    pub(super) const fn position(&self) -> Position {
        self.place.position
    }

    /// What tells its row from others.
    pub(super) const fn row<'n>(&self, name: &'n str) -> (&'n str, i64, u32) {
        (name, self.generation, self.part)
    }

    /// Whether the events of this aggregate are for this part.
    pub(super) fn takes(&self, stream: &StreamId) -> bool {
        self.parts == 1 || part_of(stream, self.parts) == self.part
    }
}

/// Moves a checkpoint from where it was seen, for whoever holds it, and holds it for longer; or for whoever it is, where nobody is
/// named. A conflict when it is not there any more, or somebody else has taken it. It comes first in a transaction, so that
/// a second one waits here, and then writes nothing.
pub(super) async fn advance(
    transaction: &mut Transaction<'_>,
    name: &str,
    seen: &Checkpoint,
    to: Position,
    shift: Option<&Shift>,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE bloom_projections SET position = $1, failure = NULL
        WHERE name = $2 AND generation = $3 AND part = $4 AND state = $5 AND position = $6 AND epoch = $7";
    const HOLDING: &str = "UPDATE bloom_projections SET position = $1, failure = NULL, held_until = bloom_now() + $9
        WHERE name = $2 AND generation = $3 AND part = $4 AND state = $5 AND position = $6 AND epoch = $7 AND worker = $8";
    let Checkpoint { generation, part, state, place, .. } = seen;
    let (to, from) = (signed(to), signed(place.position));
    let epoch = place.epoch.cast_signed();
    let mut values = parameters![to, name, *generation, *part, state.as_str(), from, epoch];
    let sql = match shift {
        None => SQL,
        Some(shift) => {
            values.extend(parameters![shift.worker().as_str(), micros(shift.lasting())]);
            HOLDING
        }
    };
    if transaction.execute(sql, &values).await? == 1 {
        return Ok(());
    }
    Err(moved(name, seen))
}

/// Holds a checkpoint, wherever it is by now, so that nobody else writes what hangs on it; how it is then, or a conflict when it is gone.
pub(super) async fn hold(
    transaction: &mut Transaction<'_>,
    name: &str,
    seen: &Checkpoint,
) -> Result<Checkpoint, StoreError> {
    const SQL: &str = "UPDATE bloom_projections SET position = position
        WHERE name = $1 AND generation = $2 AND part = $3 AND state <> 'building' RETURNING position, state";
    let held = transaction.query(SQL, &parameters![name, seen.generation, seen.part]).await?;
    match held.first().map(Vec::as_slice) {
        Some([SqlValue::Integer(position), SqlValue::Text(state)]) => {
            let position = Position::new(position.cast_unsigned());
            let state = ProjectionState::named(state).unwrap_or(seen.state);
            Ok(Checkpoint {
                state,
                place: Place { position, ..seen.place.clone() },
                ..seen.clone()
            })
        }
        _ => Err(moved(name, seen)),
    }
}

/// What becomes of a writer whose checkpoint another one has moved.
pub(super) fn moved(name: &str, seen: &Checkpoint) -> StoreError {
    StoreError::Conflict {
        aggregate: "the projection".to_owned(),
        id: name.to_owned(),
        expected: Version::new(seen.position().get()),
        actual: Version::NEW,
    }
}

/// Forgets everything that one generation has set aside.
pub(super) async fn forget_parked(
    transaction: &mut Transaction<'_>,
    name: &str,
    generation: i64,
) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM bloom_parked WHERE name = $1 AND generation = $2";
    transaction.execute(SQL, &parameters![name, generation]).await?;
    Ok(())
}

/// Notes why it does not get on, for whoever asks; nobody waits for it.
pub(super) async fn note_failure<S: SqlStorage>(
    views: &S,
    name: &'static str,
    seen: &Checkpoint,
    failure: String,
) -> Result<(), StoreError> {
    let (generation, part, position) = (seen.generation, seen.part, signed(seen.position()));
    commit(views, move |transaction| {
        let failure = failure.clone();
        Box::pin(async move {
            const SQL: &str = "UPDATE bloom_projections SET failure = $1
                WHERE name = $2 AND generation = $3 AND part = $4 AND position = $5";
            // Where somebody has it at the moment, it is about to move.
            if lease::is_at_hand(transaction, (name, generation, part)).await? {
                let values = parameters![failure, name, generation, part, position];
                transaction.execute(SQL, &values).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Does something in a transaction of its own that appends nothing to the log.
pub(super) async fn commit<S, H>(views: &S, hook: H) -> Result<(), StoreError>
where
    S: SqlStorage,
    H: for<'t> Fn(&'t mut Transaction<'_>) -> HookFuture<'t> + Send + Sync + 'static,
{
    commit_as(views, views.projection_role(), hook).await
}

/// The same in another role, or in that of whoever connects.
pub(super) async fn commit_as<S, H>(
    views: &S,
    role: Option<&str>,
    hook: H,
) -> Result<(), StoreError>
where
    S: SqlStorage,
    H: for<'t> Fn(&'t mut Transaction<'_>) -> HookFuture<'t> + Send + Sync + 'static,
{
    // A read model follows the events of all tenants, also where the server keeps tenants apart.
    let mut work = vec![SqlWork::for_every_tenant()];
    if let Some(role) = role {
        work.push(SqlWork::in_role(role));
    }
    work.push(SqlWork::hook(hook));
    views.commit(Batch::default(), work.into()).await.map(drop)
}

pub(super) fn signed(position: Position) -> i64 {
    position.get().cast_signed()
}
