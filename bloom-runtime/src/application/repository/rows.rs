//! The parts of what is written: events, unique values, texts.

use std::fmt;

use crate::{
    application::{composition::Composition, privacy::subject_tag},
    domain::{Aggregate, Classified, DomainEvent, Metadata, Tag},
    ports::{Context, KeyClaim, NewEvent, Storage, StoreError, StreamId},
};

/// The events as they are stored, without places.
pub(super) fn new_events<A: Aggregate>(
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
        let mut tags = event.tags();
        let personal = event.personal();
        let subject = personal
            .as_ref()
            .map(|personal| personal.subject.clone().unwrap_or_else(|| stream.id.clone()));
        tags.extend(subject.as_deref().map(subject_tag));
        if subject.as_deref() == Some("") {
            return Err(unstorable::<A>(stream, &"what is personal is of somebody without a name"));
        }
        if let Some(reason) = tags.iter().find_map(Tag::unstorable) {
            return Err(unstorable::<A>(stream, &reason));
        }
        let (name, revision) = (event.name().into(), event.revision());
        let metadata = Metadata { tags, subject, ..metadata(store, context) };
        let personal = personal.map_or(&[][..], |personal| personal.fields);
        new.push(NewEvent { name, revision, body, metadata, personal });
    }
    Ok(new)
}

pub(in crate::application) fn metadata<S>(store: &Composition<S>, context: &Context) -> Metadata {
    let command = || context.command.as_ref().map(|command| command.key.clone());
    Metadata {
        correlation: context.correlation.clone(),
        causation: context.causation.clone().or_else(command),
        actor: context.actor.clone(),
        tenant: context.tenant.clone(),
        reason: context.reason.clone(),
        ..Metadata::new(store.ids.next(), store.clock.now())
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

pub(super) fn unstorable<A: Aggregate>(stream: &StreamId, reason: &dyn fmt::Display) -> StoreError {
    StoreError::Unstorable {
        aggregate: A::NAME.to_owned(),
        id: stream.id.clone(),
        reason: reason.to_string(),
    }
}

/// JSON writes NUL as an escape; a backslash before it would have been doubled.
pub(in crate::application) fn has_nul(body: &str) -> bool {
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
