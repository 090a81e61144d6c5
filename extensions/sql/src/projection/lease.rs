//! Which worker follows the log for a part of a projection at the moment.
//!
//! That is for economy, so that no work is done twice. What makes it safe is the epoch, which the checkpoint is moved in.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bloom_runtime::ports::{Holder, Place, Shift, StoreError, WorkerId};

use super::checkpoint::{self, Checkpoint};
use crate::{
    cursors::micros, parameters, queries::SqlStorage, transaction::Transaction, value::SqlValue,
};

/// A part of a projection, as it is told from others.
pub(super) type Part = (String, i64, u32);

/// Takes a part that nobody holds; as it is then, or `None` when somebody else was faster.
pub(super) async fn claim<S: SqlStorage>(
    views: &S,
    name: &'static str,
    seen: &Checkpoint,
    shift: &Shift,
) -> Result<Option<Checkpoint>, StoreError> {
    const SQL: &str = "UPDATE bloom_projections
        SET worker = $5, wanted_by = NULL, epoch = epoch + 1, held_until = bloom_now() + $6
        WHERE name = $1 AND generation = $2 AND part = $3 AND epoch = $4
        AND (worker IS NULL OR held_until <= bloom_now() OR held_until > bloom_now() + 60000000)";
    if change(views, name, seen, shift, SQL).await? == 0 {
        return Ok(None);
    }
    let Shift { worker, lasting } = shift.clone();
    let holder = Some(Holder { worker, left: lasting, wanted_by: None });
    let place = Place { epoch: seen.place.epoch + 1, holder, ..seen.place };
    Ok(Some(Checkpoint { place, ..seen.clone() }))
}

/// Gives a part to whoever has asked for it.
pub(super) async fn hand_over<S: SqlStorage>(
    views: &S,
    name: &'static str,
    seen: &Checkpoint,
    shift: &Shift,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE bloom_projections
        SET worker = wanted_by, wanted_by = NULL, epoch = epoch + 1, held_until = bloom_now() + $6
        WHERE name = $1 AND generation = $2 AND part = $3 AND epoch = $4 AND worker = $5 AND wanted_by IS NOT NULL";
    change(views, name, seen, shift, SQL).await.map(drop)
}

/// How many rows a statement about a part has changed.
async fn change<S: SqlStorage>(
    views: &S,
    name: &'static str,
    seen: &Checkpoint,
    shift: &Shift,
    sql: &'static str,
) -> Result<u64, StoreError> {
    let (generation, part) = (seen.generation, seen.part);
    let epoch = seen.place.epoch.cast_signed();
    let (worker, lasting) = (shift.worker.to_string(), micros(shift.lasting));
    run(views, sql, parameters![name, generation, part, epoch, worker, lasting]).await
}

/// Who holds which parts of projections at the moment.
pub(super) async fn held<S: SqlStorage>(views: &S) -> Result<Vec<(Part, WorkerId)>, StoreError> {
    const SQL: &str = "SELECT name, generation, part, worker FROM bloom_projections
        WHERE worker IS NOT NULL AND held_until > bloom_now() AND held_until <= bloom_now() + 60000000 AND state = 'live'
        ORDER BY name, generation, part";
    let rows = views.query(SQL, Vec::new()).await?;
    let part = |row: Vec<SqlValue>| match <[SqlValue; 4]>::try_from(row) {
        Ok(
            [
                SqlValue::Text(name),
                SqlValue::Integer(generation),
                SqlValue::Integer(part),
                SqlValue::Text(worker),
            ],
        ) => Some(((name, generation, u32::try_from(part).ok()?), worker.into())),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(part).collect())
}

/// Asks whoever holds a part for it, unless somebody else has.
pub(super) async fn ask_for<S: SqlStorage>(
    views: &S,
    (name, generation, part): &Part,
    holder: &WorkerId,
    worker: &WorkerId,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE bloom_projections SET wanted_by = $5
        WHERE name = $1 AND generation = $2 AND part = $3 AND worker = $4 AND wanted_by IS NULL";
    let values = parameters![name.as_str(), *generation, *part, holder.as_str(), worker.as_str()];
    run(views, SQL, values).await.map(drop)
}

/// Gives up all parts that a worker holds, for whoever is next.
pub(super) async fn release<S: SqlStorage>(views: &S, worker: &WorkerId) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE bloom_projections
        SET worker = NULL, wanted_by = NULL, held_until = 0, epoch = epoch + 1 WHERE worker = $1";
    run(views, SQL, parameters![worker.as_str()]).await.map(drop)
}

async fn run<S: SqlStorage>(
    views: &S,
    sql: &'static str,
    values: Vec<SqlValue>,
) -> Result<u64, StoreError> {
    let (changed, values) = (Arc::new(AtomicU64::new(0)), Arc::new(values));
    let told = Arc::clone(&changed);
    checkpoint::commit(views, move |transaction: &mut Transaction<'_>| {
        let (told, values) = (Arc::clone(&told), Arc::clone(&values));
        Box::pin(async move {
            let rows = transaction.execute(sql, &values).await?;
            told.store(rows as u64, Ordering::Relaxed);
            Ok(())
        })
    })
    .await?;
    Ok(changed.load(Ordering::Relaxed))
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use bloom_runtime::ports::Position;

    use super::{super::beginning::begin_parts, super::status::ProjectionState, *};
    use crate::{
        Migrations, SqliteStorage,
        projection::{checkpoint::advance, generation::generations},
    };

    async fn do_in<H>(storage: &SqliteStorage, hook: H) -> Result<(), StoreError>
    where
        H: for<'t> Fn(&'t mut Transaction<'_>) -> crate::HookFuture<'t> + Send + Sync + 'static,
    {
        checkpoint::commit(storage, hook).await
    }

    async fn seen(storage: &SqliteStorage) -> Checkpoint {
        let all = generations(storage, "list").await.expect("it answers");
        all[0].parts()[0].clone()
    }

    async fn moves(
        storage: &SqliteStorage,
        seen: &Checkpoint,
        shift: Option<&Shift>,
    ) -> Result<(), StoreError> {
        let (seen, shift) = (seen.clone(), shift.cloned());
        do_in(storage, move |transaction| {
            let (seen, shift) = (seen.clone(), shift.clone());
            Box::pin(async move {
                advance(transaction, "list", &seen, Position::new(9), shift.as_ref()).await
            })
        })
        .await
    }

    /// It was asleep between looking and writing, and another has taken over, who has not written anything yet either.
    #[tokio::test]
    async fn a_worker_that_was_asleep_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.db");
        SqliteStorage::migrate(&path, &Migrations::new()).expect("it is made");
        let storage = SqliteStorage::open(&path, &Migrations::new()).expect("it opens");
        do_in(&storage, |transaction| {
            let (state, start) = (ProjectionState::Live, Position::START);
            Box::pin(
                async move { begin_parts(transaction, "list", 1, state, start, 1).await.map(drop) },
            )
        })
        .await
        .expect("it begins");
        let (asleep, awake) = (Shift::new(), Shift::new());
        let free = seen(&storage).await;
        let held = claim(&storage, "list", &free, &asleep).await.expect("it answers");
        let held = held.expect("nobody has it");
        assert!(claim(&storage, "list", &held, &awake).await.expect("it answers").is_none());

        do_in(&storage, |transaction| {
            Box::pin(async move {
                let sql = "UPDATE bloom_projections SET held_until = 0";
                transaction.execute(sql, &[]).await.map(drop)
            })
        })
        .await
        .expect("it lapses");
        let lapsed = seen(&storage).await;
        let taken = claim(&storage, "list", &lapsed, &awake).await.expect("it answers");
        let taken = taken.expect("nobody is heard of");
        assert_eq!(taken.position(), held.position(), "nothing was written meanwhile");

        for shift in [Some(&asleep), None] {
            let refused = moves(&storage, &held, shift).await;
            assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
        }
        moves(&storage, &taken, Some(&awake)).await.expect("it is its turn");
    }
}
