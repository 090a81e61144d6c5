//! Sealing the events of audited aggregates, when it is known which event they come after.

use super::save::{Save, newest};
use crate::{
    domain::Version,
    ports::{Batch, Seal, Sealed, Storage, StoreError, StreamAppend},
};

/// Seals every event of the batch whose aggregate is audited. The event before it is committed and never changes, and the commit
/// fails unless it is still the last one.
pub(super) async fn seal<S: Storage>(
    storage: &S,
    batch: &mut Batch,
    saves: &[Save<S>],
) -> Result<(), StoreError> {
    for append in &mut batch.appends {
        let save = newest(saves, &append.stream);
        let Some(seal) = save.and_then(|save| save.seal.as_ref()) else { continue };
        seal_append(storage, append, &**seal).await?;
    }
    Ok(())
}

/// Seals the events of one append.
pub(super) async fn seal_append<S: Storage>(
    storage: &S,
    append: &mut StreamAppend,
    seal: &dyn Seal,
) -> Result<(), StoreError> {
    if let Some(event) = append.events.first()
        && event.metadata.actor.is_none()
    {
        return Err(StoreError::NoActor {
            aggregate: append.stream.aggregate.clone(),
            id: append.stream.id.clone(),
        });
    }
    let mut previous = match append.expected.get().checked_sub(1) {
        None => None,
        Some(before) => {
            let events = storage.read_stream(&append.stream, Version::new(before)).await?;
            // Somebody may be ahead; the commit will say so.
            let last = events.into_iter().find(|event| event.version == append.expected);
            last.and_then(|event| event.metadata.seal)
        }
    };
    let mut version = append.expected;
    for event in &mut append.events {
        version = version.after(1);
        // One that was made before a conflict was resolved.
        event.metadata.seal = None;
        let sealed = Sealed {
            tenant: &append.stream.tenant,
            aggregate: &append.stream.aggregate,
            id: &append.stream.id,
            version: version.get(),
            name: &event.name,
            revision: event.revision,
            body: &event.body,
            metadata: &event.metadata,
        };
        let made = seal.seal(previous.as_deref(), &sealed);
        previous = Some(made.clone());
        event.metadata.seal = Some(made);
    }
    Ok(())
}
