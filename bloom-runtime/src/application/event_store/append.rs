//! Appending.

use std::{collections::HashSet, sync::Arc};

use serde::Serialize;

use super::EventStore;
use crate::{
    application::repository::{has_nul, metadata},
    domain::{Tag, Uuid, Version},
    ports::{
        Addition, Batch, Boundary, CommandId, Committed, EventQuery, Expected, Lifecycle, NewEvent,
        Outcome, Position, Storage, StoreError, StreamId, StreamSlice,
    },
};

/// What is to be appended, to one stream or several, all or nothing.
#[derive(Debug, Clone)]
#[must_use]
pub struct Append {
    streams: Vec<Part>,
    boundaries: Vec<Boundary>,
    command: Option<CommandId>,
}

#[derive(Debug, Clone)]
struct Part {
    aggregate: String,
    id: String,
    expected: Expected,
    events: Vec<ProposedEvent>,
}

/// An event that somebody wants to append.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct ProposedEvent {
    name: String,
    revision: u32,
    body: String,
    id: Option<Uuid>,
    version: Option<Version>,
    tags: Vec<Tag>,
}

impl ProposedEvent {
    /// An event with this stored name, revision and payload.
    ///
    /// # Errors
    /// [`StoreError::BadAppend`] when the payload cannot be written as JSON.
    pub fn new(
        name: impl Into<String>,
        revision: u32,
        payload: &impl Serialize,
    ) -> Result<Self, StoreError> {
        let name = name.into();
        let body = serde_json::to_string(payload).map_err(|error| StoreError::BadAppend {
            stream: format!("event `{name}`"),
            reason: error.to_string(),
        })?;
        Ok(Self { name, revision, body, id: None, version: None, tags: Vec::new() })
    }

    /// The same with this id. The same events at the same place of a stream are appended once, however often they are sent.
    pub const fn with_id(mut self, id: Uuid) -> Self {
        self.id = Some(id);
        self
    }

    /// The same, which is refused unless it brings the stream to this version.
    pub const fn at_version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// The same, which is also about this.
    pub fn tagged(mut self, tag: Tag) -> Self {
        self.tags.push(tag);
        self
    }
}

impl Append {
    /// To the stream of the aggregate with this stored name and id. The events follow.
    pub fn to(aggregate: impl Into<String>, id: impl Into<String>, expected: Expected) -> Self {
        let none = Self { streams: Vec::new(), boundaries: Vec::new(), command: None };
        none.and_to(aggregate, id, expected)
    }

    /// And to another stream, whose events follow.
    pub fn and_to(
        mut self,
        aggregate: impl Into<String>,
        id: impl Into<String>,
        expected: Expected,
    ) -> Self {
        let (aggregate, id) = (aggregate.into(), id.into());
        self.streams.push(Part { aggregate, id, expected, events: Vec::new() });
        self
    }

    /// One more event for the stream named last.
    pub fn event(mut self, event: ProposedEvent) -> Self {
        if let Some(part) = self.streams.last_mut() {
            part.events.push(event);
        }
        self
    }

    /// Unless an event that matches has come after this place.
    pub fn unless(mut self, query: EventQuery, after: Position) -> Self {
        self.boundaries.push(Boundary { query, after });
        self
    }

    /// As the effect of this command, which has it once, however often it is sent.
    pub fn as_command(mut self, command: CommandId) -> Self {
        self.command = Some(command);
        self
    }
}

/// What was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Appended {
    /// The place of the last of the events; that of the newest event of all, where a command was executed before.
    pub position: Position,
    /// Whether they had been appended before, and nothing was done.
    pub is_repeated: bool,
}

impl<S: Storage> EventStore<S> {
    /// Appends all of it, or nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a stream is not what it was expected to be, [`StoreError::Crossed`] when an event has come that
    /// must not have, [`StoreError::BadAppend`] when it does not fit together, [`StoreError::KeyReused`], and whatever is wrong
    /// with the storage.
    pub async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        let Append { streams, boundaries, command } = append;
        let mut additions = Vec::with_capacity(streams.len());
        let mut known = HashSet::new();
        for part in streams {
            let addition = self.addition(part)?;
            if !known.insert(addition.stream.clone()) {
                return Err(bad(&addition.stream, "it is named twice"));
            }
            additions.push(addition);
        }
        for boundary in &boundaries {
            boundary.query.check_size()?;
        }
        let outcome = command.as_ref().map(|command| Outcome {
            key: command.key.clone(),
            fingerprint: command.fingerprint.clone(),
            body: "null".to_owned(),
        });
        let tenant = self.whose.rows.clone();
        let batch =
            Batch { tenant, additions: additions.clone(), boundaries, outcome, ..Batch::default() };
        let work = self.store.storage.accompany(&batch, Arc::new([]))?;
        match self.store.storage.commit(batch, work).await {
            Ok(Committed { position: Some(position) }) => {
                Ok(Appended { position, is_repeated: false })
            }
            Ok(Committed { position: None }) => {
                Err(StoreError::Internal("a commit of events has no position".into()))
            }
            // Whatever a storage looks at first: what is sent again does not fit any more where it has been.
            Err(
                error @ (StoreError::Conflict { .. }
                | StoreError::Crossed { .. }
                | StoreError::AlreadyExecuted { .. }),
            ) => {
                if let Some(command) = command
                    && let Some(appended) = self.executed_before(command).await?
                {
                    return Ok(appended);
                }
                match self.appended_before(&additions).await? {
                    Some(position) => Ok(Appended { position, is_repeated: true }),
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Where the last of these events is, if they are all there with their ids, at the versions they were meant for.
    async fn appended_before(
        &self,
        additions: &[Addition],
    ) -> Result<Option<Position>, StoreError> {
        let mut newest = None;
        for Addition { stream, expected, events } in additions {
            let Some(after) = expected.version() else { return Ok(None) };
            let slice = StreamSlice { limit: events.len(), ..StreamSlice::after(after) };
            let there = self.store.storage.read_slice(stream, slice).await?;
            let ids = there.iter().map(|event| event.metadata.event_id);
            if !ids.eq(events.iter().map(|event| event.metadata.event_id)) {
                return Ok(None);
            }
            newest = newest.max(there.last().map(|event| event.position));
        }
        Ok(newest)
    }

    async fn executed_before(&self, command: CommandId) -> Result<Option<Appended>, StoreError> {
        let CommandId { key, fingerprint } = command;
        let outcome = self.store.storage.outcome(&self.whose.rows, &key).await?;
        match outcome {
            None => Ok(None),
            Some(outcome) if outcome.fingerprint != fingerprint => {
                Err(StoreError::KeyReused { key })
            }
            Some(_) => {
                let position = self.store.storage.head().await?;
                Ok(Some(Appended { position, is_repeated: true }))
            }
        }
    }

    fn addition(&self, part: Part) -> Result<Addition, StoreError> {
        let Part { aggregate, id, expected, events } = part;
        let stream = self.stream_id(&aggregate, &id);
        if aggregate.is_empty() || id.is_empty() || aggregate.contains('\0') || id.contains('\0') {
            return Err(bad(&stream, "a stream has a name and an id, without the character NUL"));
        }
        if events.is_empty() {
            return Err(bad(&stream, "there is no event for it"));
        }
        if let Some(reason) = self.store.closed(&aggregate) {
            return Err(bad(&stream, reason));
        }
        let expected = settled(&stream, expected, &events)?;
        let events = events
            .into_iter()
            .map(|event| self.new_event(&stream, event))
            .collect::<Result<_, _>>()?;
        Ok(Addition { stream, expected, events })
    }

    fn new_event(&self, stream: &StreamId, event: ProposedEvent) -> Result<NewEvent, StoreError> {
        let ProposedEvent { name, revision, body, id, tags, .. } = event;
        if name.is_empty() || name.contains('\0') || Lifecycle::named(&name).is_some() {
            return Err(bad(stream, format!("no event can be named `{name}`")));
        }
        if has_nul(&body) {
            return Err(bad(stream, format!("a text of `{name}` contains the character NUL")));
        }
        if let Some(reason) = tags.iter().find_map(Tag::unstorable) {
            return Err(bad(stream, format!("of `{name}` {reason}")));
        }
        let mut metadata = metadata(&self.store, &self.context);
        metadata.event_id = id.unwrap_or(metadata.event_id);
        metadata.tags = tags;
        Ok(NewEvent { name: name.into(), revision, body, metadata, personal: &[] })
    }
}

/// What is expected once the versions that were proposed for the events are taken into account.
fn settled(
    stream: &StreamId,
    expected: Expected,
    events: &[ProposedEvent],
) -> Result<Expected, StoreError> {
    let mut settled = expected;
    for (before, event) in events.iter().enumerate() {
        let Some(proposed) = event.version else { continue };
        let base = proposed.get().checked_sub(before as u64 + 1).map(Version::new);
        match (settled.version(), base) {
            (None, Some(base)) => settled = Expected::Exact(base),
            (Some(version), Some(base)) if version == base => {}
            _ => {
                let reason = format!(
                    "`{}` was to be its event {proposed}, which does not follow",
                    event.name
                );
                return Err(bad(stream, reason));
            }
        }
    }
    Ok(settled)
}

fn bad(stream: &StreamId, reason: impl Into<String>) -> StoreError {
    StoreError::BadAppend { stream: format!("`{stream}`"), reason: reason.into() }
}
