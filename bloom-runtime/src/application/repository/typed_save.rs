//! What of a queued save knows the type of its aggregate.

use std::{sync::Arc, time::Duration};

use super::{
    loading::document_of,
    past::{Past, decode},
    rows::{claims, new_events},
};
use crate::{
    application::{
        behaviour::Saved,
        composition::Composition,
        registration::{Loading, Registration},
        resolution::Divergence,
        save::{AnySave, Rebased},
    },
    domain::{Aggregate, DomainEvent, Version},
    ports::{
        Context, DocumentState, DocumentWrite, Lifecycle, RecordedEvent, Storage, StoreError,
        StreamAppend, StreamId,
    },
};

/// A save of an aggregate.
pub(in crate::application) struct TypedSave<A: Aggregate> {
    pub(in crate::application) registration: Arc<Registration<A>>,
    /// What behaviours know it as.
    pub(in crate::application) known_as: StreamId,
    /// As it is to be; `None` when it is removed.
    pub(in crate::application) state: Option<Arc<A>>,
}

impl<A: Aggregate, S: Storage> AnySave<S> for TypedSave<A> {
    fn committed(&self, version: Version, context: &Context, took: Duration, resolved: bool) {
        let saved = Saved {
            stream: &self.known_as,
            context,
            aggregate: self.state.as_deref().filter(|_| !resolved),
            version,
            took,
        };
        for behaviour in &self.registration.behaviours {
            behaviour.committed(&saved);
        }
    }

    fn failed(&self, error: &StoreError) {
        for behaviour in &self.registration.behaviours {
            behaviour.failed(&self.known_as, error);
        }
    }

    fn may_be_rebased(&self) -> bool {
        !self.registration.resolution.is_reject()
    }

    fn rebased<'a>(
        &'a self,
        store: &'a Composition<S>,
        context: &'a Context,
        append: &'a StreamAppend,
    ) -> Rebased<'a> {
        Box::pin(self.rebase(store, context, append))
    }
}

impl<A: Aggregate> TypedSave<A> {
    async fn rebase<S: Storage>(
        &self,
        store: &Composition<S>,
        context: &Context,
        append: &StreamAppend,
    ) -> Result<Option<StreamAppend>, StoreError> {
        // What is removed, or begun, has no state that could be put behind another.
        if self.registration.resolution.is_reject()
            || self.state.is_none()
            || append.expected.get() == 0
            || append.events.iter().any(|event| Lifecycle::named(&event.name).is_some())
        {
            return Ok(None);
        }
        let events = store.storage.read_stream(&append.stream, Default::default()).await?;
        let upcasters = &self.registration.upcasters;
        let base = Past::<A>::fold(
            upcasters,
            events.iter().filter(|event| event.version <= append.expected),
        )?;
        let current = Past::<A>::fold(upcasters, &events)?;
        let is_forgotten = |event: &RecordedEvent| {
            event.version > append.expected && event.name == Lifecycle::Forgotten.name()
        };
        // What somebody is about to save may still tell of them.
        if events.iter().any(is_forgotten) {
            return Ok(None);
        }
        let (Some(base), Some(current)) = (base.alive(), current.alive()) else { return Ok(None) };
        let expected = current.version();
        let mut theirs = Vec::new();
        for event in events.iter().filter(|event| event.version > append.expected) {
            theirs.extend(decode::<A>(event)?);
        }
        let unstorable = |error: &dyn std::fmt::Display| StoreError::Unstorable {
            aggregate: A::NAME.to_owned(),
            id: append.stream.id.clone(),
            reason: error.to_string(),
        };
        let mut ours = Vec::new();
        for event in &append.events {
            let event = A::Event::from_body(&event.name, event.revision, &event.body);
            ours.push(event.map_err(|error| unstorable(&error))?);
        }
        let divergence = Divergence { base, theirs, current: current.clone(), ours };
        let resolved = self.registration.resolution.resolve(divergence);
        let Some(events) = resolved.map_err(|error| unstorable(&error))? else { return Ok(None) };
        let Some(state) = A::fold(Some(current), events.iter().cloned()) else { return Ok(None) };
        let document = match self.registration.loading {
            Loading::Document { table } => {
                let body = document_of(&state)?;
                let shape = self.registration.upcasters.shape();
                Some(DocumentWrite { table, shape, state: DocumentState::There(body) })
            }
            Loading::Events => None,
        };
        let (keys, _) = claims(&state);
        Ok(Some(StreamAppend {
            stream: append.stream.clone(),
            expected,
            events: new_events::<A>(store, context, &append.stream, &events)?,
            document,
            keys,
        }))
    }
}
