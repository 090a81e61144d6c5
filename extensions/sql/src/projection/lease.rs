//! Which worker follows the log for a part of a projection at the moment.
//!
//! That is for economy, so that no work is done twice. What makes it safe is the epoch, which the checkpoint is moved in.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bloom_runtime::{
    application::sharing::Share,
    ports::{Holder, Place, Shift, StoreError, WorkerId},
};

use super::checkpoint::{self, Checkpoint, signed};
use crate::{
    cursors::{lapsed, micros, named},
    parameters,
    queries::SqlStorage,
    transaction::Transaction,
    value::SqlValue,
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
    const SQL: &str = concat!(
        "UPDATE bloom_projections
        SET worker = $5, wanted_by = NULL, epoch = epoch + 1, held_until = bloom_now() + $6
        WHERE name = $1 AND generation = $2 AND part = $3 AND epoch = $4 AND position = $7 AND ",
        lapsed!("")
    );
    let mut values = about(name, seen, shift);
    values.extend(parameters![signed(seen.position())]);
    if run(views, SQL, values, part_of(name, seen)).await? == 0 {
        return Ok(None);
    }
    let worker = shift.worker().clone();
    let holder = Some(Holder { worker, left: shift.lasting(), wanted_by: None });
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
    run(views, SQL, about(name, seen, shift), part_of(name, seen)).await.map(drop)
}

fn part_of(name: &str, seen: &Checkpoint) -> Part {
    (name.to_owned(), seen.generation, seen.part)
}

fn about(name: &str, seen: &Checkpoint, shift: &Shift) -> Vec<SqlValue> {
    let (generation, part) = (seen.generation, seen.part);
    let epoch = seen.place.epoch.cast_signed();
    let (worker, lasting) = (shift.worker().as_str(), micros(shift.lasting()));
    parameters![name, generation, part, epoch, worker, lasting]
}

/// Gives up a part that a worker may hold.
pub(super) async fn give_up<S: SqlStorage>(
    views: &S,
    name: &'static str,
    seen: &Checkpoint,
    worker: &WorkerId,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE bloom_projections
        SET worker = NULL, wanted_by = NULL, held_until = 0, epoch = epoch + 1
        WHERE name = $1 AND generation = $2 AND part = $3 AND worker = $4";
    let values = parameters![name, seen.generation, seen.part, worker.as_str()];
    run(views, SQL, values, part_of(name, seen)).await.map(drop)
}

/// Whether nobody has the row of a part in a transaction that is going on: the end of a rebuild may have it for long, and nobody should take a
/// connection for waiting. It is this transaction's then.
pub(super) async fn is_at_hand(
    transaction: &mut Transaction<'_>,
    (name, generation, part): (&str, i64, u32),
) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT 1 FROM bloom_projections
        WHERE name = $1 AND generation = $2 AND part = $3 FOR UPDATE SKIP LOCKED";
    // The one who writes to SQLite is alone.
    if transaction.is_sqlite() {
        return Ok(true);
    }
    let found = transaction.query(SQL, &parameters![name, generation, part]).await?;
    Ok(!found.is_empty())
}

/// Which parts of projections are held at the moment, and those that this worker was the last to hold.
pub(super) async fn held<S: SqlStorage>(
    views: &S,
    worker: &WorkerId,
) -> Result<Vec<Share<Part>>, StoreError> {
    const SQL: &str = concat!(
        "SELECT name, generation, part, worker, wanted_by FROM bloom_projections
        WHERE state = 'live' AND (worker = $1 OR NOT ",
        lapsed!(""),
        ") ORDER BY name, generation, part"
    );
    let rows = views.query(SQL, parameters![worker.as_str()]).await?;
    let share = |row: Vec<SqlValue>| match <[SqlValue; 5]>::try_from(row) {
        Ok(
            [
                SqlValue::Text(name),
                SqlValue::Integer(generation),
                SqlValue::Integer(part),
                SqlValue::Text(worker),
                wanted_by,
            ],
        ) => Some(Share {
            unit: (name, generation, u32::try_from(part).ok()?),
            holder: worker.into(),
            wanted_by: named(wanted_by),
        }),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(share).collect())
}

/// Asks whoever holds a part for it, unless somebody else has.
pub(super) async fn ask_for<S: SqlStorage>(
    views: &S,
    asked: &Part,
    holder: &WorkerId,
    worker: &WorkerId,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE bloom_projections SET wanted_by = $5
        WHERE name = $1 AND generation = $2 AND part = $3 AND worker = $4 AND wanted_by IS NULL";
    let (name, generation, part) = asked;
    let values = parameters![name.as_str(), *generation, *part, holder.as_str(), worker.as_str()];
    run(views, SQL, values, asked.clone()).await.map(drop)
}

/// Gives up all parts that a worker holds or has asked for, for whoever is next. What the end of a rebuild has at the moment is about to go.
pub(super) async fn release<S: SqlStorage>(views: &S, worker: &WorkerId) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE bloom_projections SET wanted_by = NULL,
            worker = CASE WHEN worker = $1 THEN NULL ELSE worker END,
            held_until = CASE WHEN worker = $1 THEN 0 ELSE held_until END,
            epoch = CASE WHEN worker = $1 THEN epoch + 1 ELSE epoch END
        WHERE (worker = $1 OR wanted_by = $1)";
    const AT_HAND: &str =
        " AND (name, generation, part) IN (SELECT name, generation, part FROM bloom_projections
            WHERE worker = $1 OR wanted_by = $1 FOR UPDATE SKIP LOCKED)";
    let worker = worker.to_string();
    checkpoint::commit(views, move |transaction| {
        let worker = worker.clone();
        Box::pin(async move {
            let at_hand = if transaction.is_sqlite() { "" } else { AT_HAND };
            transaction.execute(&format!("{SQL}{at_hand}"), &parameters![worker]).await.map(drop)
        })
    })
    .await
}

/// How many rows a statement about a part has changed; none where that is not at hand.
async fn run<S: SqlStorage>(
    views: &S,
    sql: &'static str,
    values: Vec<SqlValue>,
    part: Part,
) -> Result<u64, StoreError> {
    let (changed, of_part) = (Arc::new(AtomicU64::new(0)), Arc::new((part, values)));
    let told = Arc::clone(&changed);
    checkpoint::commit(views, move |transaction: &mut Transaction<'_>| {
        let (told, of_part) = (Arc::clone(&told), Arc::clone(&of_part));
        Box::pin(async move {
            let ((name, generation, part), values) = &*of_part;
            let mut rows = 0;
            if is_at_hand(transaction, (name, *generation, *part)).await? {
                rows = transaction.execute(sql, values).await?;
            }
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
