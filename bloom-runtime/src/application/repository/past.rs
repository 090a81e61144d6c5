//! From events to what an aggregate was.

use crate::{
    application::{genesis::Genesis, upcasters::Upcasters},
    domain::{Aggregate, DomainEvent, Version},
    ports::{Lifecycle, Payload, RecordedEvent, StoreError, StreamId},
};

/// What has become of an aggregate after some of its events.
pub(in crate::application) struct Past<A> {
    state: Option<A>,
    /// The version of the last event.
    version: Version,
    last: Option<Lifecycle>,
    /// For what stands in the place of events that were truncated.
    upcasters: Upcasters,
}

impl<A: Aggregate> Past<A> {
    /// The state after these events, which begin with the first one.
    pub(in crate::application) fn fold<'e>(
        upcasters: &Upcasters,
        events: impl IntoIterator<Item = &'e RecordedEvent>,
    ) -> Result<Self, StoreError> {
        let mut past = Self::new(upcasters);
        for event in events {
            past.push(event)?;
        }
        Ok(past)
    }

    /// Before the first event.
    pub(super) fn new(upcasters: &Upcasters) -> Self {
        Self { state: None, version: Version::NEW, last: None, upcasters: upcasters.clone() }
    }

    /// Known from elsewhere up to its version.
    pub(super) fn known(state: A, upcasters: &Upcasters) -> Self {
        let version = state.version();
        Self { state: Some(state), version, last: None, upcasters: upcasters.clone() }
    }

    /// One more event; what it was, unless it is one of the store.
    pub(super) fn then(&mut self, event: &RecordedEvent) -> Result<Option<A::Event>, StoreError> {
        let payload = decode::<A>(event)?;
        self.apply(Entry::of(event), payload.clone())?;
        Ok(payload)
    }

    /// One more event.
    fn push(&mut self, event: &RecordedEvent) -> Result<(), StoreError> {
        let entry = Entry::of(event);
        self.apply(entry, entry.decode::<A>()?)
    }

    /// The state after these events of a stream, on top of what there is.
    pub(super) fn and(
        mut self,
        stream: &StreamId,
        payloads: &[Payload],
    ) -> Result<Self, StoreError> {
        for Payload { version, name, revision, body } in payloads {
            let entry = Entry { stream, version: *version, name, revision: *revision, body };
            self.apply(entry, entry.decode::<A>()?)?;
        }
        Ok(self)
    }

    fn apply(&mut self, event: Entry<'_>, payload: Option<A::Event>) -> Result<(), StoreError> {
        let is_next = event.version == self.version.after(1);
        self.version = event.version;
        let Some(payload) = payload else {
            return self.moved(event, Lifecycle::named(event.name), is_next);
        };
        if !is_next {
            return Err(event.truncated());
        }
        self.state = A::fold(self.state.take(), [payload]);
        if self.state.is_none() {
            return Err(StoreError::Corrupt {
                place: format!("stream `{}`", event.stream),
                source: format!("`{}` does not begin it", event.name).into(),
            });
        }
        Ok(())
    }

    fn moved(
        &mut self,
        event: Entry<'_>,
        lifecycle: Option<Lifecycle>,
        is_next: bool,
    ) -> Result<(), StoreError> {
        match lifecycle {
            Some(Lifecycle::Genesis) => {
                let Entry { stream, version, body, .. } = event;
                self.state = Some(Genesis::state(stream, version, body, &self.upcasters)?);
                self.last = None;
                return Ok(());
            }
            // Whoever is gone is gone, whatever was before.
            Some(gone @ (Lifecycle::Removed | Lifecycle::Purged)) => self.last = Some(gone),
            _ if !is_next => return Err(event.truncated()),
            // Whoever is forgotten, the aggregate stays what it was.
            Some(Lifecycle::Forgotten) => {}
            other => self.last = other,
        }
        self.state = self.state.take().map(|state| state.moved_to(event.version));
        Ok(())
    }

    /// The state, unless the aggregate is not there.
    pub(in crate::application) fn alive(self) -> Option<A> {
        self.latest().1.then_some(self.state).flatten()
    }

    /// The state, if the aggregate was removed and is kept.
    pub(in crate::application) fn removed(self) -> Option<A> {
        self.state.filter(|_| self.last == Some(Lifecycle::Removed))
    }

    /// Whether it was removed, and not for good.
    pub(in crate::application) fn is_kept(&self) -> bool {
        self.last == Some(Lifecycle::Removed)
    }

    /// The state now, whether the aggregate is there or not.
    pub(in crate::application) fn latest(&self) -> (Option<&A>, bool) {
        (self.state.as_ref(), !matches!(self.last, Some(Lifecycle::Removed | Lifecycle::Purged)))
    }
}

/// What happened; `None` for an event of the store.
pub(in crate::application) fn decode<A: Aggregate>(
    event: &RecordedEvent,
) -> Result<Option<A::Event>, StoreError> {
    Entry::of(event).decode::<A>()
}

/// What of an event counts for the state.
#[derive(Clone, Copy)]
struct Entry<'e> {
    stream: &'e StreamId,
    version: Version,
    name: &'e str,
    revision: u32,
    body: &'e str,
}

impl<'e> Entry<'e> {
    fn of(event: &'e RecordedEvent) -> Self {
        let RecordedEvent { stream, version, name, revision, body, .. } = event;
        Self { stream, version: *version, name, revision: *revision, body }
    }

    fn truncated(self) -> StoreError {
        let StreamId { aggregate, id, .. } = self.stream.clone();
        StoreError::Truncated { aggregate, id }
    }

    fn decode<A: Aggregate>(self) -> Result<Option<A::Event>, StoreError> {
        if Lifecycle::named(self.name).is_some() {
            return Ok(None);
        }
        let payload = A::Event::from_body(self.name, self.revision, self.body);
        payload.map(Some).map_err(|source| StoreError::Corrupt {
            place: format!("event {} of stream `{}`", self.version, self.stream),
            source: source.into(),
        })
    }
}
