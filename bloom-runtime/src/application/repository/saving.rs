//! From aggregates to rows.

use std::{fmt, sync::Arc};

use super::{BufferedRepository, loading::document_of};
use crate::{
    application::{
        behaviour::Saving,
        buffer::{Save, Seen},
        composition::Composition,
        registration::Loading,
        typed_save::TypedSave,
    },
    domain::{Aggregate, Classified, DomainEvent, Metadata, Version},
    ports::{
        Context, DocumentState, DocumentWrite, KeyClaim, Lifecycle, NewEvent, Receipt, Storage,
        StoreError, StreamAppend, StreamId,
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
            name: lifecycle.name(),
            revision: 1,
            body: "{}".to_owned(),
            metadata: metadata(store, context),
        }));
        let version = expected.after(new.len());
        let document = match registration.loading {
            Loading::Document { table } => {
                let state = match lifecycle {
                    None | Some(Lifecycle::Restored) => {
                        DocumentState::There(document_of(&aggregate)?)
                    }
                    Some(Lifecycle::Removed) if registration.soft_delete => {
                        DocumentState::Removed(document_of(&aggregate)?)
                    }
                    Some(Lifecycle::Removed | Lifecycle::Purged) => DocumentState::Gone,
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
            state: state.clone().map_or(Seen::Removed, |state| Seen::There(state)),
            seal: registration.seal.clone(),
            typed: Box::new(TypedSave { registration, known_as, state }),
            taken,
        };
        self.buffer.note(save);
        Ok(Receipt { id, version })
    }
}

/// The events as they are stored, without places.
pub(in crate::application) fn new_events<A: Aggregate>(
    store: &Composition<impl Storage>,
    context: &Context,
    stream: &StreamId,
    events: &[A::Event],
) -> Result<Vec<NewEvent>, StoreError> {
    let mut new = Vec::with_capacity(events.len() + 1);
    for event in events {
        let body = event.to_body().map_err(|error| unstorable::<A>(stream, &error))?;
        if has_nul(&body) {
            return Err(unstorable::<A>(stream, &"a text contains the character NUL"));
        }
        let (name, revision) = (event.name(), event.revision());
        new.push(NewEvent { name, revision, body, metadata: metadata(store, context) });
    }
    Ok(new)
}

fn metadata<S>(store: &Composition<S>, context: &Context) -> Metadata {
    let command = || context.command.as_ref().map(|command| command.key.clone());
    Metadata {
        event_id: store.ids.next(),
        at: store.clock.now(),
        correlation: context.correlation.clone(),
        causation: context.causation.clone().or_else(command),
        actor: context.actor.clone(),
        tenant: context.tenant.clone(),
        reason: context.reason.clone(),
        seal: None,
    }
}

type Taken = Vec<(&'static str, Box<dyn Classified>)>;

/// The unique values of an aggregate, and its own errors for when another has them.
pub(in crate::application) fn claims<A: Aggregate>(aggregate: &A) -> (Vec<KeyClaim>, Taken) {
    let mut keys = Vec::new();
    let mut taken = Vec::new();
    for key in aggregate.unique_keys() {
        if let Some(value) = key.value {
            keys.push(KeyClaim { field: key.field, value });
        }
        taken.push((key.field, key.taken));
    }
    (keys, taken)
}

fn unstorable<A: Aggregate>(stream: &StreamId, reason: &dyn fmt::Display) -> StoreError {
    StoreError::Unstorable {
        aggregate: A::NAME.to_owned(),
        id: stream.id.clone(),
        reason: reason.to_string(),
    }
}

/// JSON writes NUL as an escape; a backslash before it would have been doubled.
fn has_nul(body: &str) -> bool {
    let mut rest = body;
    while let Some(index) = rest.find('\\') {
        let escape = &rest[index + 1..];
        if escape.starts_with("u0000") {
            return true;
        }
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::has_nul;

    #[test]
    fn an_escaped_nul_is_found_and_a_written_one_is_not() {
        let json = |text: &str| serde_json::to_string(text).unwrap();
        assert!(has_nul(&json("a\0")));
        assert!(has_nul(&json("\\\0")));
        assert!(!has_nul(&json("\\u0000")));
        assert!(!has_nul(&json("ends with \\")));
    }
}
