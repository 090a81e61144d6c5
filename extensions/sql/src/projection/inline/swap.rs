//! The door between following the log and being written with the events: a rebuild whose end nobody appends past.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bloom_runtime::{
    application::{Shapes, reveal, subjects_of},
    ports::{Cipher, Position, RecordedEvent, StoreError},
};

use crate::{
    parameters,
    projection::{
        checkpoint::{self, WITH_THE_EVENTS, advance, forget_parked, hold, moved, signed},
        generation::Generation,
        head,
        parking::rows,
        set::Followed,
        stand_in,
        view::Tables,
        writing::{steps, write},
    },
    queries::SqlStorage,
    transaction::Transaction,
};

/// So many events are read at a time.
const PAGE: usize = 500;
/// After so many it is looked whether it gets nearer to the head at all: whoever writes the projection waits meanwhile.
const PAGES: usize = 20;
/// At most so many events while it is held, at the first attempt: everybody waits.
const FEW: u64 = 1_000;

/// From which generation to which, and how that is to be written.
pub(in crate::projection) struct Doors {
    pub(in crate::projection) live: Generation,
    pub(in crate::projection) building: Generation,
    pub(in crate::projection) becomes_inline: bool,
    /// How often somebody was faster, or too much had come.
    pub(in crate::projection) attempts: u32,
}

/// Puts the new rows in the place of the old ones, takes what has come since, and has the projection written with the events from then on, or no
/// longer; how far the log was. A conflict when either checkpoint has moved, or there is too much to take while others wait.
pub(in crate::projection) async fn swap<S: SqlStorage>(
    views: &S,
    projection: &Arc<Followed>,
    shapes: &Shapes,
    doors: Doors,
) -> Result<Position, StoreError> {
    let reached = Arc::new(AtomicU64::new(0));
    let closing = Arc::new(Closing {
        projection: Arc::clone(projection),
        shapes: shapes.clone(),
        cipher: views.cipher().cloned(),
        role: views.projection_role().map(ToOwned::to_owned),
        doors,
    });
    let told = Arc::clone(&reached);
    checkpoint::commit_as(views, None, move |transaction| {
        let (closing, told) = (Arc::clone(&closing), Arc::clone(&told));
        Box::pin(async move {
            let position = closing.close(transaction).await?;
            told.store(position.get(), Ordering::Relaxed);
            Ok(())
        })
    })
    .await?;
    Ok(Position::new(reached.load(Ordering::Relaxed)))
}

struct Closing {
    projection: Arc<Followed>,
    shapes: Shapes,
    cipher: Option<Arc<dyn Cipher>>,
    role: Option<String>,
    doors: Doors,
}

impl Closing {
    async fn close(&self, transaction: &mut Transaction<'_>) -> Result<Position, StoreError> {
        let Self { projection, doors: Doors { live, building, becomes_inline, attempts }, .. } =
            self;
        let (name, role) = (projection.name, self.role.as_deref());
        let new = Tables::building(projection.tables, building.number());
        let overtaken = || moved(name, &building.parts()[0]);
        // All are held until the end, so that nobody who follows the log writes into the old tables any more.
        for part in live.parts() {
            hold(transaction, name, part).await?;
        }
        for part in building.parts() {
            advance(transaction, name, part, part.position(), None).await?;
        }
        if !rows::held(transaction, name, building.number()).await?.is_empty() {
            return Err(overtaken());
        }
        head::shut(transaction, name).await?;
        transaction.take_role(role).await?;
        stand_in::replace(transaction, &new).await?;
        transaction.leave_role(role).await?;

        // Most of it is taken while others still append; the head is held for the rest only.
        let mut position = building.position();
        self.approach(transaction, &mut position).await?;
        let (newest, mut roster) = head::hold(transaction).await?;
        // Where that is never so, all have to wait for more in the end.
        let few = FEW.saturating_mul(1 << attempts.min(&40));
        if newest.get().saturating_sub(position.get()) > few {
            return Err(overtaken());
        }
        while self.take(transaction, &mut position).await? > 0 {}
        if position != newest {
            let hole = format!("the log has a hole: after {position} comes nothing up to {newest}");
            return Err(StoreError::Internal(hole.into()));
        }

        forget_parked(transaction, name, live.number()).await?;
        const FORGET: &str = "DELETE FROM bloom_projections WHERE name = $1 AND generation = $2";
        transaction.execute(FORGET, &parameters![name, live.number()]).await?;
        const SERVE: &str = "UPDATE bloom_projections SET state = 'live', position = $3
            WHERE name = $1 AND generation = $2";
        let place = if *becomes_inline { WITH_THE_EVENTS } else { newest };
        let values = parameters![name, building.number(), signed(place)];
        transaction.execute(SERVE, &values).await?;
        if *becomes_inline {
            roster.enrol(name, building.number(), projection.aggregates());
        } else {
            roster.strike(name);
        }
        head::list(transaction, &roster).await?;
        Ok(newest)
    }

    /// Takes events while others append, as long as that brings it nearer to the head.
    async fn approach(
        &self,
        transaction: &mut Transaction<'_>,
        position: &mut Position,
    ) -> Result<(), StoreError> {
        let mut left = u64::MAX;
        loop {
            for _ in 0..PAGES {
                if self.take(transaction, position).await? < PAGE {
                    return Ok(());
                }
            }
            let now = head::newest(transaction).await?.get().saturating_sub(position.get());
            if now >= left {
                return Ok(());
            }
            left = now;
        }
    }

    /// Takes the next events into the live tables, whose rows are the new ones by now; how many there were.
    async fn take(
        &self,
        transaction: &mut Transaction<'_>,
        position: &mut Position,
    ) -> Result<usize, StoreError> {
        let mut entries = transaction.log(*position, PAGE).await?;
        let count = entries.len();
        let Some(last) = entries.last().map(|entry| entry.position) else { return Ok(0) };
        *position = last;
        // The parts of the new tables have not all come as far.
        let building = &self.doors.building;
        entries.retain(|entry| entry.position > building.of(&entry.stream).position());
        self.reveal(transaction, &mut entries).await?;
        let steps = steps(&self.projection, &self.shapes, entries).await?;
        let role = self.role.as_deref();
        transaction.take_role(role).await?;
        write(transaction, &Tables::live(self.projection.tables), &steps).await?;
        transaction.leave_role(role).await?;
        Ok(count)
    }

    async fn reveal(
        &self,
        transaction: &mut Transaction<'_>,
        entries: &mut [RecordedEvent],
    ) -> Result<(), StoreError> {
        let people = subjects_of(entries);
        if people.is_empty() {
            return Ok(());
        }
        let keys = transaction.keys(&people).await?;
        reveal(self.cipher.as_deref(), &keys, entries)
    }
}
