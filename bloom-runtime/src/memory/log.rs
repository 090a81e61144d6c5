//! The log, and the streams in it.

use std::collections::HashMap;

use crate::{
    domain::{Metadata, Version},
    ports::{
        Boundary, Direction, EventSelection, Instead, Lifecycle, Names, NewEvent, Payload,
        Position, RecordedEvent, StoreError, StreamId, StreamSlice, Truncation,
    },
};

/// Every committed event, in one order without holes.
#[derive(Default)]
pub(super) struct Log {
    events: Vec<RecordedEvent>,
    /// The indexes in the log of each stream's events.
    streams: HashMap<StreamId, Vec<usize>>,
    /// The streams in their order, as of when somebody asked for it last: that is rare, and keeping it costs every append.
    in_order: Vec<StreamId>,
}

impl Log {
    pub(super) fn read(&self, after: Position, limit: usize) -> Vec<RecordedEvent> {
        let start = usize::try_from(after.get()).unwrap_or(usize::MAX);
        self.events.iter().skip(start).take(limit).cloned().collect()
    }

    pub(super) fn read_slice(&self, stream: &StreamId, slice: StreamSlice) -> Vec<RecordedEvent> {
        let StreamSlice { after, up_to, direction, limit } = slice;
        let indexes = self.streams.get(stream).map(Vec::as_slice).unwrap_or_default();
        let place = |version: Version| usize::try_from(version.get()).unwrap_or(usize::MAX);
        let end = up_to.map_or(indexes.len(), |version| place(version).min(indexes.len()));
        let wanted = indexes.get(place(after)..end).unwrap_or_default();
        let there = |event: &&RecordedEvent| event.name != Lifecycle::Truncated.name();
        let event = |&index: &usize| &self.events[index];
        match direction {
            Direction::Forwards => {
                wanted.iter().map(event).filter(there).take(limit).cloned().collect()
            }
            Direction::Backwards => {
                wanted.iter().rev().map(event).filter(there).take(limit).cloned().collect()
            }
        }
    }

    /// What the aggregate is folded from; `None` when something of it has to be decrypted first.
    pub(super) fn payloads(&self, stream: &StreamId, after: Version) -> Option<Vec<Payload>> {
        let indexes = self.streams.get(stream).map(Vec::as_slice).unwrap_or_default();
        let start = usize::try_from(after.get()).unwrap_or(usize::MAX);
        let mut names = Names::default();
        let payload = |&index: &usize| {
            let RecordedEvent { version, name, revision, body, metadata, .. } = &self.events[index];
            let payload = || Payload {
                version: *version,
                name: names.share(name),
                revision: *revision,
                body: body.clone(),
            };
            metadata.subject.is_none().then(payload)
        };
        let wanted = indexes.get(start..).unwrap_or_default().iter();
        let there = |&&index: &&usize| self.events[index].name != Lifecycle::Truncated.name();
        wanted.filter(there).map(payload).collect()
    }

    pub(super) fn select(&self, selection: &EventSelection) -> Vec<RecordedEvent> {
        let there = |event: &&RecordedEvent| event.name != Lifecycle::Truncated.name();
        let wanted = self.events.iter().filter(there).filter(|event| selection.contains(event));
        match selection.direction {
            Direction::Forwards => wanted.take(selection.limit).cloned().collect(),
            Direction::Backwards => wanted.rev().take(selection.limit).cloned().collect(),
        }
    }

    pub(super) fn head(&self) -> Position {
        Position::new(self.events.len() as u64)
    }

    pub(super) fn stream_ids(
        &mut self,
        tenant: &str,
        aggregate: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Vec<String> {
        let start = StreamId {
            tenant: tenant.to_owned(),
            aggregate: aggregate.to_owned(),
            id: after.unwrap_or_default().to_owned(),
        };
        // None goes.
        if self.in_order.len() != self.streams.len() {
            self.in_order = self.streams.keys().cloned().collect();
            self.in_order.sort_unstable();
        }
        let first = self.in_order.partition_point(|stream| *stream <= start);
        self.in_order[first..]
            .iter()
            .take_while(|stream| stream.tenant == tenant && stream.aggregate == aggregate)
            .take(limit)
            .map(|stream| stream.id.clone())
            .collect()
    }

    pub(super) fn version(&self, stream: &StreamId) -> Version {
        Version::new(self.streams.get(stream).map_or(0, Vec::len) as u64)
    }

    /// Whether nothing of a tenant has come beyond the boundary.
    pub(super) fn check(&self, tenant: &str, boundary: &Boundary) -> Result<(), StoreError> {
        let Boundary { query, after } = boundary;
        let start = usize::try_from(after.get()).unwrap_or(usize::MAX);
        let later = self.events.iter().skip(start);
        let crossing =
            later.filter(|event| event.stream.tenant == *tenant).find(|event| query.matches(event));
        crossing.map_or(Ok(()), |event| {
            Err(StoreError::Crossed { after: *after, position: event.position })
        })
    }

    /// The place of an event of a stream.
    pub(super) fn place(&self, stream: &StreamId, version: Version) -> Option<Position> {
        let index = usize::try_from(version.get()).ok()?.checked_sub(1)?;
        let index = self.streams.get(stream)?.get(index)?;
        Some(self.events[*index].position)
    }

    /// Takes the first events of a stream out, which has them.
    pub(super) fn truncate(&mut self, truncation: Truncation) {
        let Truncation { stream, up_to, instead } = truncation;
        let indexes = self.streams.get(&stream).map(Vec::as_slice).unwrap_or_default();
        let last = indexes.iter().map(|&index| &self.events[index]);
        let mut last = last.filter(|event| event.version == up_to);
        if last.any(|event| event.name == Lifecycle::Truncated.name()) {
            return;
        }
        for &index in indexes {
            let event = &mut self.events[index];
            if event.version > up_to {
                break;
            }
            event.name = Lifecycle::Truncated.name().to_owned();
            event.revision = 1;
            event.body = "{}".to_owned();
            let Metadata { event_id, at, .. } = event.metadata;
            event.metadata = Metadata::new(event_id, at);
            if let Instead::Genesis(state) = &instead
                && event.version == up_to
            {
                event.name = Lifecycle::Genesis.name().to_owned();
                event.body.clone_from(state);
            }
        }
    }

    pub(super) fn push(&mut self, stream: &StreamId, base: Version, events: Vec<NewEvent>) {
        if events.is_empty() {
            return;
        }
        let places = self.events.len()..self.events.len() + events.len();
        match self.streams.get_mut(stream) {
            Some(indexes) => indexes.extend(places),
            None => drop(self.streams.insert(stream.clone(), places.collect())),
        }
        for (index, event) in events.into_iter().enumerate() {
            self.events.push(RecordedEvent {
                position: self.head().next(),
                stream: stream.clone(),
                version: base.after(index + 1),
                name: event.name.into_owned(),
                revision: event.revision,
                body: event.body,
                concealed: None,
                metadata: event.metadata,
            });
        }
    }
}
