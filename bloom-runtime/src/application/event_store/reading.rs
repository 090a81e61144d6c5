//! Reading streams and the log.

use crate::{
    domain::{Timestamp, Version},
    ports::{
        Direction, EventQuery, EventSelection, Position, RecordedEvent, Storage, StoreError,
        StreamId, StreamSlice,
    },
};

/// How many events are asked for at once where it is not known how many are wanted.
const PAGE: usize = 500;

/// Reads the events of one stream: all of them, in order, unless told otherwise.
#[must_use]
pub struct StreamReading<'s, S> {
    storage: &'s S,
    stream: StreamId,
    slice: StreamSlice,
    until: Option<Timestamp>,
}

impl<'s, S: Storage> StreamReading<'s, S> {
    pub(super) const fn new(storage: &'s S, stream: StreamId) -> Self {
        Self { storage, stream, slice: StreamSlice::after(Version::NEW), until: None }
    }

    /// Only what came after this version.
    pub const fn after(mut self, version: Version) -> Self {
        self.slice.after = version;
        self
    }

    /// Only what led up to this version.
    pub const fn up_to(mut self, version: Version) -> Self {
        self.slice.up_to = Some(version);
        self
    }

    /// Only what had happened by then: everything before the first event that is later.
    pub const fn until(mut self, time: Timestamp) -> Self {
        self.until = Some(time);
        self
    }

    /// The newest first.
    pub const fn backwards(mut self) -> Self {
        self.slice.direction = Direction::Backwards;
        self
    }

    /// At most so many.
    pub const fn limit(mut self, limit: usize) -> Self {
        self.slice.limit = limit;
        self
    }

    /// Reads them.
    ///
    /// # Errors
    /// When the storage is out of reach.
    pub async fn read(self) -> Result<Vec<RecordedEvent>, StoreError> {
        let Some(time) = self.until else {
            return self.storage.read_slice(&self.stream, self.slice).await;
        };
        let mut found: Vec<RecordedEvent> = Vec::new();
        let is_forwards = self.slice.direction == Direction::Forwards;
        let wanted = if is_forwards { self.slice.limit } else { usize::MAX };
        let mut after = self.slice.after;
        while found.len() < wanted {
            // Where it ends is known by going forwards: clocks of several programs are not in the order of the versions.
            let limit = PAGE.min(wanted - found.len());
            let direction = Direction::Forwards;
            let slice = StreamSlice { after, direction, limit, ..self.slice };
            let page = self.storage.read_slice(&self.stream, slice).await?;
            let (read, before) = (page.len(), found.len());
            found.extend(page.into_iter().take_while(|event| event.metadata.at <= time));
            if read < limit || found.len() - before < read {
                break;
            }
            after = found.last().map_or(after, |event| event.version);
        }
        if !is_forwards {
            found.reverse();
            found.truncate(self.slice.limit);
        }
        Ok(found)
    }
}

/// Reads the log of one tenant: a page of it, from its beginning, unless told otherwise.
#[must_use]
pub struct LogReading<'s, S> {
    storage: &'s S,
    selection: EventSelection,
}

/// A part of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogPage {
    /// The events.
    pub events: Vec<RecordedEvent>,
    /// How far was looked, whatever was found: what [`LogReading::after`] is told for the next page, or [`LogReading::up_to`] where
    /// it goes backwards.
    pub looked_to: Position,
}

impl<'s, S: Storage> LogReading<'s, S> {
    pub(super) fn new(storage: &'s S, tenant: String) -> Self {
        let selection = EventSelection {
            tenant: Some(tenant),
            query: EventQuery::all(),
            after: Position::START,
            up_to: None,
            direction: Direction::Forwards,
            limit: PAGE,
        };
        Self { storage, selection }
    }

    /// Only the events that match.
    pub fn matching(mut self, query: EventQuery) -> Self {
        self.selection.query = query;
        self
    }

    /// Only what came after this place.
    pub const fn after(mut self, position: Position) -> Self {
        self.selection.after = position;
        self
    }

    /// Only up to this place, and with it.
    pub const fn up_to(mut self, position: Position) -> Self {
        self.selection.up_to = Some(position);
        self
    }

    /// The newest first.
    pub const fn backwards(mut self) -> Self {
        self.selection.direction = Direction::Backwards;
        self
    }

    /// At most so many; 500 unless told otherwise.
    pub const fn limit(mut self, limit: usize) -> Self {
        self.selection.limit = limit;
        self
    }

    /// Reads a page.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] for too long a query, and when the storage is out of reach.
    pub async fn read(self) -> Result<LogPage, StoreError> {
        self.selection.query.check_size()?;
        let EventSelection { after, up_to, direction, limit, .. } = self.selection;
        if limit == 0 {
            let looked_to = match direction {
                Direction::Forwards => after,
                Direction::Backwards => up_to.unwrap_or(Position::new(u64::MAX)),
            };
            return Ok(LogPage { events: Vec::new(), looked_to });
        }
        // What is committed has its place at once, so nothing can come to lie before the head any more.
        let head = self.storage.head().await?;
        let last = up_to.map_or(head, |last| last.min(head));
        let selection = EventSelection { up_to: Some(last), ..self.selection };
        let events = self.storage.select(selection).await?;
        let is_full = events.len() == limit;
        let looked_to = match (direction, events.last()) {
            (Direction::Forwards, Some(event)) if is_full => event.position,
            (Direction::Forwards, _) => last.max(after),
            (Direction::Backwards, Some(event)) if is_full => {
                Position::new(event.position.get() - 1)
            }
            (Direction::Backwards, _) => after,
        };
        Ok(LogPage { events, looked_to })
    }
}
