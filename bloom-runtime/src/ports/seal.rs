//! Seals: what makes a change of the history show.

use super::RecordedEvent;
use crate::domain::{Metadata, Version};

/// Computes the seal of an event from the event and the seal before it, so that none can be changed, added or taken away in
/// the middle of a history without all later ones being computed anew.
///
/// A store that keeps an aggregate with `.audited(seal)` calls it once for each event, in order.
pub trait Seal: Send + Sync + 'static {
    /// The seal of an event behind `previous`, which is `None` for the first that is sealed.
    fn seal(&self, previous: Option<&str>, event: &Sealed<'_>) -> String;
}

/// What a seal covers.
#[derive(Debug, Clone, Copy)]
pub struct Sealed<'e> {
    /// Whose aggregate it is.
    pub tenant: &'e str,
    /// The stored name of the aggregate.
    pub aggregate: &'e str,
    /// Its id.
    pub id: &'e str,
    /// The version that the event brings it to.
    pub version: u64,
    /// The stored name of the event.
    pub name: &'e str,
    /// The revision of the payload.
    pub revision: u32,
    /// The payload as JSON text.
    pub body: &'e str,
    /// Who, when and why; its own seal does not count.
    pub metadata: &'e Metadata,
}

/// Where a history is not what it was sealed as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {version} of {aggregate} {id} {what}")]
pub struct Broken {
    /// The stored name of the aggregate.
    pub aggregate: String,
    /// Its id.
    pub id: String,
    /// The version.
    pub version: u64,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Looks whether the events of one aggregate, from the first on, are what they were sealed as.
///
/// That the newest events were taken away shows when the version of the aggregate is compared with how many there are.
///
/// # Errors
/// The first event that is not what it was.
pub fn verify(seal: &dyn Seal, events: &[RecordedEvent]) -> Result<(), Broken> {
    verify_since(seal, Version::new(1), events)
}

/// The same of an aggregate whose kind was not audited from the beginning: `first` is the version of the first event that was
/// sealed. Whoever verifies has to know it from elsewhere, since events without seals may have lost them.
///
/// # Errors
/// As [`verify`].
pub fn verify_since(
    seal: &dyn Seal,
    first: Version,
    events: &[RecordedEvent],
) -> Result<(), Broken> {
    let mut previous: Option<&str> = None;
    for (event, number) in events.iter().zip(1..) {
        let broken = |what| Broken {
            aggregate: event.stream.aggregate.clone(),
            id: event.stream.id.clone(),
            version: number,
            what,
        };
        if event.version.get() != number {
            return Err(broken("is missing"));
        }
        let found = event.metadata.seal.as_deref();
        match found {
            None if event.version < first => continue,
            None => return Err(broken("has no seal")),
            Some(found) => {
                let covered = Sealed {
                    tenant: &event.stream.tenant,
                    aggregate: &event.stream.aggregate,
                    id: &event.stream.id,
                    version: number,
                    name: &event.name,
                    revision: event.revision,
                    body: event.concealed.as_ref().unwrap_or(&event.body),
                    metadata: &event.metadata,
                };
                if seal.seal(previous, &covered) != found {
                    return Err(broken("was changed, or the one before it was"));
                }
            }
        }
        previous = found;
    }
    Ok(())
}
