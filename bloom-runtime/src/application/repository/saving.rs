//! From aggregates to rows.

use std::sync::Arc;

use super::{
    buffered::BufferedRepository,
    loading::document_of,
    rows::{claims, has_nul, metadata, new_events, unstorable},
    typed_save::TypedSave,
};
use crate::{
    application::{
        behaviour::Saving,
        registration::Loading,
        save::{Save, Seen},
    },
    domain::{Aggregate, Version},
    ports::{
        DocumentState, DocumentWrite, Lifecycle, NewEvent, Receipt, Storage, StoreError,
        StreamAppend,
    },
};

impl<S: Storage, A: Aggregate> BufferedRepository<'_, S, A> {
    /// Queues an aggregate at the state after these events.
    pub(crate) fn append(
        &mut self,
        aggregate: A,
        expected: Version,
        events: Vec<A::Event>,
    ) -> Result<Receipt<A::Id>, StoreError> {
        self.queue(aggregate, expected, events, None)
    }

    /// Queues these events, and behind them what happens to the aggregate as a record.
    pub(super) fn queue(
        &mut self,
        aggregate: A,
        expected: Version,
        events: Vec<A::Event>,
        lifecycle: Option<Lifecycle>,
    ) -> Result<Receipt<A::Id>, StoreError> {
        let registration = self.registration()?;
        let id = aggregate.id().clone();
        if events.is_empty() && lifecycle.is_none() {
            return Ok(Receipt { id, version: aggregate.version() });
        }
        let stream = self.stream_of(&id);
        let removing = matches!(lifecycle, Some(Lifecycle::Removed | Lifecycle::Purged));
        let known_as = self.buffer.known_as(A::NAME, &stream.id);
        let saving = Saving {
            stream: &known_as,
            context: &self.buffer.context,
            aggregate: &aggregate,
            events: &events,
            removing,
        };
        for behaviour in &registration.behaviours {
            behaviour.saving(&saving).map_err(StoreError::Refused)?;
        }

        let (store, context) = (&self.buffer.store, &self.buffer.context);
        let mut new = new_events::<A>(store, context, &stream, &events)?;
        new.extend(lifecycle.map(|lifecycle| NewEvent {
            name: lifecycle.name().into(),
            revision: 1,
            body: "{}".to_owned(),
            metadata: metadata(store, context),
            personal: &[],
        }));
        let version = expected.after(new.len());
        let document = match registration.loading {
            Loading::Document { table } => {
                let state = match lifecycle {
                    None | Some(Lifecycle::Restored | Lifecycle::Forgotten) => {
                        DocumentState::There(document_of(&aggregate)?)
                    }
                    Some(Lifecycle::Removed) if registration.soft_delete => {
                        DocumentState::Removed(document_of(&aggregate)?)
                    }
                    Some(Lifecycle::Removed | Lifecycle::Purged) => DocumentState::Gone,
                    // They are put in the place of events that are there.
                    Some(Lifecycle::Truncated | Lifecycle::Genesis) => {
                        return Err(unstorable::<A>(&stream, &"nobody saves what was truncated"));
                    }
                };
                let shape = registration.upcasters.shape();
                Some(DocumentWrite { table, shape, state })
            }
            Loading::Events => None,
        };
        if let Some(DocumentWrite {
            state: DocumentState::There(body) | DocumentState::Removed(body),
            ..
        }) = &document
            && has_nul(body)
        {
            return Err(unstorable::<A>(&stream, &"a text contains the character NUL"));
        }

        let (keys, taken) = if removing { Default::default() } else { claims(&aggregate) };
        let state = (!removing).then(|| Arc::new(aggregate.moved_to(version)));
        let save = Save {
            append: StreamAppend { stream, expected, events: new, document, keys },
            version,
            state: state.clone().map_or(Seen::Removed, |state| Seen::There(state)),
            seal: registration.seal.clone(),
            typed: Box::new(TypedSave { registration, known_as, state }),
            taken,
        };
        self.buffer.note(save);
        Ok(Receipt { id, version })
    }
}
