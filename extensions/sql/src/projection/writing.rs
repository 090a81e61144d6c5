//! What follows from events, and writing it.

use std::sync::Arc;

use bloom_runtime::{
    application::{Shapes, caught},
    ports::{RecordedEvent, StoreError},
};

use super::{
    set::{Followed, Step},
    view::{Tables, View},
};
use crate::transaction::Transaction;

/// What follows from the entries.
pub(super) async fn steps(
    projection: &Followed,
    shapes: &Shapes,
    entries: Vec<RecordedEvent>,
) -> Result<Arc<[Step]>, StoreError> {
    let mut steps = Vec::new();
    for entry in entries {
        // What turns an earlier revision into the newest is somebody's code, too.
        let step = caught(async { projection.step(entry, shapes) }).await;
        steps.extend(step.unwrap_or_else(panicked)?);
    }
    Ok(steps.into())
}

/// Writes it into these tables.
pub(super) async fn write(
    transaction: &mut Transaction<'_>,
    tables: &Tables,
    steps: &[Step],
) -> Result<(), StoreError> {
    let mut view = View::new(transaction.reborrow(), tables);
    for step in steps {
        let done = caught(step(&mut view)).await;
        done.unwrap_or_else(panicked).map_err(of_the_event)?;
    }
    Ok(())
}

/// A conflict that a projection has made up is none over its checkpoint.
fn of_the_event(error: StoreError) -> StoreError {
    match error {
        StoreError::Conflict { .. } => StoreError::Internal(error.into()),
        other => other,
    }
}

fn panicked<T>() -> Result<T, StoreError> {
    Err(StoreError::Internal("it panicked".into()))
}
