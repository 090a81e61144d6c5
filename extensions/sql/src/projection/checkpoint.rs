//! How far a projection has come: what is kept, and the fence that lets only one writer move it.

use bloom_runtime::{
    domain::Version,
    ports::{Batch, Position, StoreError},
};

use crate::{
    parameters,
    queries::SqlStorage,
    transaction::Transaction,
    value::SqlValue,
    work::{HookFuture, SqlWork},
};

/// What a projection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProjectionState {
    /// It follows the log.
    Live,
    /// It was told to stand still.
    Paused,
    /// It is another one beside the live one, which it will replace.
    Building,
    /// It is written with the events, in their transactions.
    Inline,
}

impl ProjectionState {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Building => "building",
            Self::Inline => "inline",
        }
    }

    /// Those that are stored: what is written with the events is told by its place.
    fn named(name: &str) -> Option<Self> {
        [Self::Live, Self::Paused, Self::Building].into_iter().find(|state| state.as_str() == name)
    }
}

/// How a projection stands, as every process sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionStatus {
    /// Its name.
    pub name: &'static str,
    /// What it is doing.
    pub state: ProjectionState,
    /// Everything up to here is in its tables.
    pub position: Position,
    /// How many events were skipped on somebody's word.
    pub skipped: u64,
    /// How many events are set aside, with those that wait behind them.
    pub parked: u64,
    /// Why it does not get on.
    pub failure: Option<String>,
    /// Whether it is registered otherwise than it is kept: as one that is written with the events while it follows the log, or the other way round. It
    /// becomes what it is registered as when it is rebuilt.
    pub awaits_rebuild: bool,
}

/// The place of what is written with the events: nothing comes behind it.
pub(super) const WITH_THE_EVENTS: Position = Position::new(i64::MAX.cast_unsigned());

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub(super) generation: i64,
    pub(super) state: ProjectionState,
    pub(super) position: Position,
    pub(super) skipped: u64,
    /// How many events are set aside, and of how many aggregates.
    pub(super) parked: (u64, u64),
    pub(super) failure: Option<String>,
}

impl Checkpoint {
    /// Whether it is written with the events.
    pub(super) fn is_inline(&self) -> bool {
        self.position == WITH_THE_EVENTS
    }
}

/// The newest checkpoint of the one that is read, and of the one that is being built.
pub(super) async fn checkpoints<S: SqlStorage>(
    views: &S,
    name: &str,
) -> Result<Vec<Checkpoint>, StoreError> {
    const SQL: &str = "SELECT generation, state, position, skipped, failure,
        (SELECT count(*) FROM bloom_parked k WHERE k.name = p.name AND k.generation = p.generation),
        (SELECT count(*) FROM bloom_parked k WHERE k.name = p.name AND k.generation = p.generation AND k.failure IS NOT NULL)
        FROM bloom_projections p WHERE name = $1 ORDER BY generation";
    let rows = views.query(SQL, parameters![name]).await?;
    rows.into_iter().map(|row| checkpoint(row, name)).collect()
}

/// Moves a checkpoint from where it was seen; a conflict when it is not there any more. It comes first in a transaction, so that
/// a second one waits here, and then writes nothing.
pub(super) async fn advance(
    transaction: &mut Transaction<'_>,
    name: &str,
    seen: &Checkpoint,
    to: Position,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE bloom_projections SET position = $1, failure = NULL
        WHERE name = $2 AND generation = $3 AND state = $4 AND position = $5";
    let (to, from) = (signed(to), signed(seen.position));
    let values = parameters![to, name, seen.generation, seen.state.as_str(), from];
    if transaction.execute(SQL, &values).await? == 1 {
        return Ok(());
    }
    Err(moved(name, seen))
}

/// Holds a checkpoint, wherever it is by now, so that nobody else writes what hangs on it; a conflict when it is gone.
pub(super) async fn hold(
    transaction: &mut Transaction<'_>,
    name: &str,
    seen: &Checkpoint,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE bloom_projections SET position = position
        WHERE name = $1 AND generation = $2 AND state <> 'building'";
    match transaction.execute(SQL, &parameters![name, seen.generation]).await? {
        1 => Ok(()),
        _ => Err(moved(name, seen)),
    }
}

/// What becomes of a writer whose checkpoint another one has moved.
pub(super) fn moved(name: &str, seen: &Checkpoint) -> StoreError {
    StoreError::Conflict {
        aggregate: "the projection".to_owned(),
        id: name.to_owned(),
        expected: Version::new(seen.position.get()),
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
    let (generation, position) = (seen.generation, signed(seen.position));
    commit(views, move |transaction| {
        let failure = failure.clone();
        Box::pin(async move {
            const SQL: &str = "UPDATE bloom_projections SET failure = $1
                WHERE name = $2 AND generation = $3 AND position = $4";
            transaction.execute(SQL, &parameters![failure, name, generation, position]).await?;
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

fn checkpoint(row: Vec<SqlValue>, name: &str) -> Result<Checkpoint, StoreError> {
    let corrupt = || StoreError::Corrupt {
        place: format!("the row of `{name}` in `bloom_projections`"),
        source: "it has columns of other types".into(),
    };
    let [generation, state, position, skipped, failure, parked, aggregates] =
        <[SqlValue; 7]>::try_from(row).map_err(|_| corrupt())?;
    let (SqlValue::Integer(generation), SqlValue::Text(state)) = (generation, state) else {
        return Err(corrupt());
    };
    let (SqlValue::Integer(position), SqlValue::Integer(skipped)) = (position, skipped) else {
        return Err(corrupt());
    };
    let (SqlValue::Integer(parked), SqlValue::Integer(aggregates)) = (parked, aggregates) else {
        return Err(corrupt());
    };
    Ok(Checkpoint {
        generation,
        state: ProjectionState::named(&state).ok_or_else(corrupt)?,
        position: Position::new(position.cast_unsigned()),
        skipped: skipped.cast_unsigned(),
        parked: (parked.cast_unsigned(), aggregates.cast_unsigned()),
        failure: match failure {
            SqlValue::Text(failure) => Some(failure),
            _ => None,
        },
    })
}
