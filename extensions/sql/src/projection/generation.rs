//! All parts of a projection that were begun, or built, together.

use bloom_runtime::ports::{Place, Position, StoreError, StreamId};

use super::{
    checkpoint::{Checkpoint, WITH_THE_EVENTS},
    status::{PartStatus, ProjectionState},
};
use crate::{cursors, parameters, queries::SqlStorage, value::SqlValue};

/// At least one part, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Generation(Vec<Checkpoint>);

impl Generation {
    /// One of these parts, of which there is at least one.
    pub(super) const fn of_parts(parts: Vec<Checkpoint>) -> Self {
        Self(parts)
    }

    fn first(&self) -> &Checkpoint {
        &self.0[0]
    }

    pub(super) fn number(&self) -> i64 {
        self.first().generation
    }

    /// All parts have the same.
    pub(super) fn state(&self) -> ProjectionState {
        self.first().state
    }

    pub(super) fn is_building(&self) -> bool {
        self.state() == ProjectionState::Building
    }

    /// Whether it is written with the events.
    pub(super) fn is_inline(&self) -> bool {
        self.position() == WITH_THE_EVENTS
    }

    pub(super) fn parts(&self) -> &[Checkpoint] {
        &self.0
    }

    /// Everything up to here is in the tables.
    pub(super) fn position(&self) -> Position {
        self.0.iter().map(Checkpoint::position).min().unwrap_or_default()
    }

    /// Something of what comes up to here is in the tables, and nothing of what comes behind.
    pub(super) fn furthest(&self) -> Position {
        self.0.iter().map(Checkpoint::position).max().unwrap_or_default()
    }

    /// The same, when its parts have come so far.
    pub(super) fn at(mut self, positions: impl IntoIterator<Item = Position>) -> Self {
        for (part, position) in self.0.iter_mut().zip(positions) {
            part.place.position = position;
        }
        self
    }

    pub(super) fn skipped(&self) -> u64 {
        self.0.iter().map(|part| part.skipped).sum()
    }

    /// How many events are set aside, and of how many aggregates.
    pub(super) fn parked(&self) -> (u64, u64) {
        self.first().parked
    }

    pub(super) fn failure(&self) -> Option<&str> {
        self.0.iter().find_map(|part| part.failure.as_deref())
    }

    /// The part that takes the events of an aggregate.
    pub(super) fn of(&self, stream: &StreamId) -> &Checkpoint {
        self.0.iter().find(|part| part.takes(stream)).unwrap_or_else(|| self.first())
    }

    /// How each part stands; what is written with the events has none.
    pub(super) fn status(&self) -> Vec<PartStatus> {
        if self.is_inline() {
            return Vec::new();
        }
        let status = |part: &Checkpoint| PartStatus {
            position: part.position(),
            worker: part
                .place
                .holder
                .as_ref()
                .and_then(|holder| (!holder.left.is_zero()).then(|| holder.worker.clone())),
            failure: part.failure.clone(),
        };
        self.0.iter().map(status).collect()
    }
}

/// All generations of a projection, the one that is read and those that are being built, in order.
pub(super) async fn generations<S: SqlStorage>(
    views: &S,
    name: &str,
) -> Result<Vec<Generation>, StoreError> {
    const SQL: &str = "SELECT p.generation, p.part, p.state, p.position, p.skipped, p.failure,
            p.epoch, p.worker, p.held_until - bloom_now(), p.wanted_by,
            coalesce(k.events, 0), coalesce(k.streams, 0)
        FROM bloom_projections p
        LEFT JOIN (SELECT generation, count(*) AS events, count(failure) AS streams
            FROM bloom_parked WHERE name = $1 GROUP BY generation) k ON k.generation = p.generation
        WHERE p.name = $1 ORDER BY p.generation, p.part";
    let mut all: Vec<Generation> = Vec::new();
    for row in views.query(SQL, parameters![name]).await? {
        let checkpoint = checkpoint(row, name)?;
        match all.last_mut().filter(|last| last.number() == checkpoint.generation) {
            Some(generation) => generation.0.push(checkpoint),
            None => all.push(Generation(vec![checkpoint])),
        }
    }
    for Generation(parts) in &mut all {
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        parts.iter_mut().for_each(|part| part.parts = count);
    }
    Ok(all)
}

fn checkpoint(row: Vec<SqlValue>, name: &str) -> Result<Checkpoint, StoreError> {
    let corrupt = || StoreError::Corrupt {
        place: format!("a row of `{name}` in `bloom_projections`"),
        source: "it has columns of other types".into(),
    };
    let [
        generation,
        part,
        state,
        position,
        skipped,
        failure,
        epoch,
        worker,
        left,
        wanted_by,
        parked,
        aggregates,
    ] = <[SqlValue; 12]>::try_from(row).map_err(|_| corrupt())?;
    let number = |value: SqlValue| match value {
        SqlValue::Integer(number) => Ok(number),
        _ => Err(corrupt()),
    };
    let SqlValue::Text(state) = state else { return Err(corrupt()) };
    Ok(Checkpoint {
        generation: number(generation)?,
        part: u32::try_from(number(part)?).map_err(|_| corrupt())?,
        parts: 1,
        state: ProjectionState::named(&state).ok_or_else(corrupt)?,
        place: Place {
            position: Position::new(number(position)?.cast_unsigned()),
            epoch: number(epoch)?.cast_unsigned(),
            holder: cursors::holder(worker, &left, wanted_by),
        },
        skipped: number(skipped)?.cast_unsigned(),
        parked: (number(parked)?.cast_unsigned(), number(aggregates)?.cast_unsigned()),
        failure: match failure {
            SqlValue::Text(failure) => Some(failure),
            _ => None,
        },
    })
}
