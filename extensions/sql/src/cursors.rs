//! Places of those who follow the log: alike for both drivers.
//!
//! What is taken, moved or given away is one statement, which changes a row only where it is still what it was seen to be.

use std::time::Duration;

use bloom_runtime::ports::{Held, Holder, Moved, Place, Position, Shift, StoreError, WorkerId};

use crate::{parameters, value::SqlValue};

/// A statement with its parameters.
pub(crate) type CursorStatement = (&'static str, Vec<SqlValue>);

/// The port, for a storage that can `look` and `write`, given a statement.
macro_rules! kept_cursors {
    ($storage:ty) => {
        impl ::bloom_runtime::ports::Cursors for $storage {
            async fn place(&self, name: &str) -> Result<Place, StoreError> {
                $crate::cursors::placed(self.look($crate::cursors::place(name)).await?)
            }

            async fn save_cursor(&self, name: &str, position: Position) -> Result<(), StoreError> {
                self.write($crate::cursors::save(name, position)).await.map(drop)
            }

            async fn claim(
                &self,
                name: &str,
                seen: &Place,
                shift: &Shift,
            ) -> Result<Option<u64>, StoreError> {
                Ok($crate::cursors::epoch(
                    &self.write($crate::cursors::claim(name, seen, shift)).await?,
                ))
            }

            async fn move_cursor(
                &self,
                name: &str,
                epoch: u64,
                shift: &Shift,
                position: Position,
            ) -> Result<Moved, StoreError> {
                let moved =
                    self.write($crate::cursors::move_cursor(name, epoch, shift, position)).await?;
                Ok($crate::cursors::moved(&moved))
            }

            async fn hand_over(
                &self,
                name: &str,
                epoch: u64,
                shift: &Shift,
            ) -> Result<(), StoreError> {
                self.write($crate::cursors::hand_over(name, epoch, shift)).await.map(drop)
            }

            async fn held(&self, worker: &WorkerId) -> Result<Vec<Held>, StoreError> {
                $crate::cursors::held_ones(self.look($crate::cursors::held(worker)).await?)
            }

            async fn ask_for(
                &self,
                name: &str,
                holder: &WorkerId,
                worker: &WorkerId,
            ) -> Result<(), StoreError> {
                self.write($crate::cursors::ask_for(name, holder, worker)).await.map(drop)
            }

            async fn release(&self, name: &str, worker: &WorkerId) -> Result<(), StoreError> {
                self.write($crate::cursors::release(name, worker)).await.map(drop)
            }
        }
    };
}
pub(crate) use kept_cursors;

pub(crate) fn place(name: &str) -> CursorStatement {
    const SQL: &str = "SELECT position, epoch, worker, held_until - bloom_now(), wanted_by
        FROM bloom_cursors WHERE name = $1";
    (SQL, parameters![name])
}

/// The place of a row, if there is one.
pub(crate) fn placed(rows: Vec<Vec<SqlValue>>) -> Result<Place, StoreError> {
    let Some(row) = rows.into_iter().next() else { return Ok(Place::default()) };
    let Ok([SqlValue::Integer(position), SqlValue::Integer(epoch), worker, left, wanted_by]) =
        <[SqlValue; 5]>::try_from(row)
    else {
        return Err(corrupt());
    };
    Ok(Place {
        position: Position::new(position.cast_unsigned()),
        epoch: epoch.cast_unsigned(),
        holder: holder(worker, &left, wanted_by),
    })
}

/// Who holds a place, as its columns say.
pub(crate) fn holder(worker: SqlValue, left: &SqlValue, wanted_by: SqlValue) -> Option<Holder> {
    let SqlValue::Text(worker) = worker else { return None };
    let left = match left {
        SqlValue::Integer(left) => Duration::from_micros((*left).try_into().unwrap_or_default()),
        _ => Duration::ZERO,
    };
    let wanted_by = named(wanted_by);
    let left = if left > Shift::LONGEST { Duration::ZERO } else { left };
    Some(Holder { worker: worker.into(), left, wanted_by })
}

pub(crate) fn save(name: &str, position: Position) -> CursorStatement {
    const SQL: &str = "INSERT INTO bloom_cursors (name, position) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET position = excluded.position";
    (SQL, parameters![name, position.get().cast_signed()])
}

// The statements below have it written out.
const _: () = assert!(Shift::LONGEST.as_micros() == 60_000_000);

/// Whether nobody holds a place any more, or a clock that was set back makes it seem to be held for longer than [`Shift::LONGEST`].
macro_rules! lapsed {
    ($row:literal) => {
        concat!(
            "(",
            $row,
            "worker IS NULL OR ",
            $row,
            "held_until <= bloom_now() OR ",
            $row,
            "held_until > bloom_now() + 60000000)"
        )
    };
}
pub(crate) use lapsed;

pub(crate) fn claim(name: &str, seen: &Place, shift: &Shift) -> CursorStatement {
    const SQL: &str = concat!(
        "INSERT INTO bloom_cursors AS c (name, position, worker, epoch, held_until)
        VALUES ($1, 0, $2, 1, bloom_now() + $3)
        ON CONFLICT (name) DO UPDATE SET worker = excluded.worker, held_until = excluded.held_until,
            epoch = c.epoch + CASE WHEN c.worker = excluded.worker THEN 0 ELSE 1 END,
            wanted_by = CASE WHEN c.worker = excluded.worker THEN c.wanted_by END
        WHERE c.epoch = $4 AND c.position = $5 AND (c.worker = $2 OR ",
        lapsed!("c."),
        ") RETURNING epoch"
    );
    let (worker, lasting) = (shift.worker().as_str(), micros(shift.lasting()));
    let (epoch, position) = (seen.epoch.cast_signed(), seen.position.get().cast_signed());
    (SQL, parameters![name, worker, lasting, epoch, position])
}

/// The epoch that a claim has returned.
pub(crate) fn epoch(rows: &[Vec<SqlValue>]) -> Option<u64> {
    match rows.first().map(Vec::as_slice) {
        Some([SqlValue::Integer(epoch)]) => Some(epoch.cast_unsigned()),
        _ => None,
    }
}

pub(crate) fn move_cursor(
    name: &str,
    epoch: u64,
    shift: &Shift,
    position: Position,
) -> CursorStatement {
    const SQL: &str = "UPDATE bloom_cursors
        SET position = CASE WHEN position < $4 THEN $4 ELSE position END, held_until = bloom_now() + $5
        WHERE name = $1 AND worker = $2 AND epoch = $3 RETURNING wanted_by";
    let position = position.get().cast_signed();
    let (worker, lasting) = (shift.worker().as_str(), micros(shift.lasting()));
    (SQL, parameters![name, worker, epoch.cast_signed(), position, lasting])
}

/// What a move has returned.
pub(crate) fn moved(rows: &[Vec<SqlValue>]) -> Moved {
    match rows.first().map(Vec::as_slice) {
        None => Moved::Lost,
        Some([SqlValue::Null]) => Moved::Kept,
        Some(_) => Moved::Wanted,
    }
}

pub(crate) fn hand_over(name: &str, epoch: u64, shift: &Shift) -> CursorStatement {
    const SQL: &str = "UPDATE bloom_cursors
        SET worker = wanted_by, wanted_by = NULL, epoch = epoch + 1, held_until = bloom_now() + $4
        WHERE name = $1 AND worker = $2 AND epoch = $3 AND wanted_by IS NOT NULL RETURNING epoch";
    let worker = shift.worker().as_str();
    (SQL, parameters![name, worker, epoch.cast_signed(), micros(shift.lasting())])
}

pub(crate) fn held(worker: &WorkerId) -> CursorStatement {
    const SQL: &str = concat!(
        "SELECT name, worker, wanted_by FROM bloom_cursors WHERE worker = $1 OR NOT ",
        lapsed!(""),
        " ORDER BY name"
    );
    (SQL, parameters![worker.as_str()])
}

/// The places of rows.
pub(crate) fn held_ones(rows: Vec<Vec<SqlValue>>) -> Result<Vec<Held>, StoreError> {
    let one = |row: Vec<SqlValue>| match <[SqlValue; 3]>::try_from(row) {
        Ok([SqlValue::Text(name), SqlValue::Text(worker), wanted_by]) => {
            Ok(Held { name, worker: worker.into(), wanted_by: named(wanted_by) })
        }
        _ => Err(corrupt()),
    };
    rows.into_iter().map(one).collect()
}

/// The worker of a column, if there is one.
pub(crate) fn named(worker: SqlValue) -> Option<WorkerId> {
    match worker {
        SqlValue::Text(worker) => Some(WorkerId::from(worker)),
        _ => None,
    }
}

pub(crate) fn ask_for(name: &str, holder: &WorkerId, worker: &WorkerId) -> CursorStatement {
    const SQL: &str = "UPDATE bloom_cursors SET wanted_by = $3
        WHERE name = $1 AND worker = $2 AND wanted_by IS NULL RETURNING epoch";
    (SQL, parameters![name, holder.as_str(), worker.as_str()])
}

pub(crate) fn release(name: &str, worker: &WorkerId) -> CursorStatement {
    const SQL: &str = "UPDATE bloom_cursors SET wanted_by = NULL,
            worker = CASE WHEN worker = $2 THEN NULL ELSE worker END,
            held_until = CASE WHEN worker = $2 THEN 0 ELSE held_until END,
            epoch = CASE WHEN worker = $2 THEN epoch + 1 ELSE epoch END
        WHERE name = $1 AND (worker = $2 OR wanted_by = $2) RETURNING epoch";
    (SQL, parameters![name, worker.as_str()])
}

pub(crate) fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

fn corrupt() -> StoreError {
    StoreError::Corrupt {
        place: "a row of `bloom_cursors`".to_owned(),
        source: "it has columns of other types".into(),
    }
}
