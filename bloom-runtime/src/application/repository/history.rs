//! What has happened to an aggregate, step by step.

use super::{buffered::BufferedRepository, past::Past};
use crate::{
    application::resolution::changed_fields,
    domain::{Aggregate, Json, Version},
    ports::{Revision, Storage, StoreError},
};

impl<S: Storage, A: Aggregate> BufferedRepository<'_, S, A> {
    pub(super) async fn revisions(&self, id: &A::Id) -> Result<Vec<Revision<A>>, StoreError> {
        let registration = self.registration()?;
        let stream = self.stream_of(id);
        let events = self.buffer.store.storage.read_stream(&stream, Version::NEW).await?;
        let mut past = Past::<A>::new(&registration.upcasters);
        let mut before = Json::Null;
        let mut revisions = Vec::with_capacity(events.len());
        for recorded in events {
            let event = past.then(&recorded)?;
            let (state, is_there) = past.latest();
            let after = match state {
                Some(state) => {
                    state.to_document().map_err(|error| StoreError::Internal(error.into()))?
                }
                None => Json::Null,
            };
            revisions.push(Revision {
                version: recorded.version,
                event,
                name: recorded.name,
                metadata: recorded.metadata,
                state: state.filter(|_| is_there).cloned(),
                changes: changed_fields(&before, &after),
            });
            before = after;
        }
        Ok(revisions)
    }
}
