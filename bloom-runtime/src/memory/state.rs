//! The tables, as maps.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Bound,
};

use crate::{
    application::Keyring,
    domain::{Json, Version, in_order},
    ports::{
        Addition, Batch, Boundary, BuiltDocument, Committed, Direction, DocumentQuery,
        DocumentState, EventSelection, KeyClaim, KeyUsed, Names, NewEvent, Outcome,
        OutdatedDocument, Payload, Position, RecordedEvent, ReshapedDocument, Selection,
        StoreError, StoredDocument, StoredSnapshot, StreamAppend, StreamId, StreamSlice,
        SubjectKey,
    },
};

/// Tenant, aggregate, field and value of a unique key.
type Key = (String, String, &'static str, String);
/// Tenant and id of a document, or tenant and key of an outcome.
type Owned = (String, String);

#[derive(Default)]
pub(super) struct State {
    log: Vec<RecordedEvent>,
    /// The indexes in the log of each stream's events.
    streams: BTreeMap<StreamId, Vec<usize>>,
    documents: HashMap<String, BTreeMap<Owned, StoredDocument>>,
    snapshots: HashMap<StreamId, StoredSnapshot>,
    keys: HashMap<Key, String>,
    /// The keys that each aggregate has.
    claimed: HashMap<StreamId, Vec<Key>>,
    outcomes: HashMap<Owned, Outcome>,
    cursors: HashMap<String, Position>,
    /// By tenant and person.
    subjects: BTreeMap<Owned, SubjectKey>,
}

fn key_of(stream: &StreamId, claim: &KeyClaim) -> Key {
    (stream.tenant.clone(), stream.aggregate.clone(), claim.field, claim.value.clone())
}

impl State {
    pub(super) fn read(&self, after: Position, limit: usize) -> Vec<RecordedEvent> {
        let start = usize::try_from(after.get()).unwrap_or(usize::MAX);
        self.log.iter().skip(start).take(limit).cloned().collect()
    }

    pub(super) fn read_slice(&self, stream: &StreamId, slice: StreamSlice) -> Vec<RecordedEvent> {
        let StreamSlice { after, up_to, direction, limit } = slice;
        let indexes = self.streams.get(stream).map(Vec::as_slice).unwrap_or_default();
        let place = |version: Version| usize::try_from(version.get()).unwrap_or(usize::MAX);
        let end = up_to.map_or(indexes.len(), |version| place(version).min(indexes.len()));
        let wanted = indexes.get(place(after)..end).unwrap_or_default();
        let event = |&index: &usize| self.log[index].clone();
        match direction {
            Direction::Forwards => wanted.iter().take(limit).map(event).collect(),
            Direction::Backwards => wanted.iter().rev().take(limit).map(event).collect(),
        }
    }

    /// What the aggregate is folded from; `None` when something of it has to be decrypted first.
    pub(super) fn payloads(&self, stream: &StreamId, after: Version) -> Option<Vec<Payload>> {
        let indexes = self.streams.get(stream).map(Vec::as_slice).unwrap_or_default();
        let start = usize::try_from(after.get()).unwrap_or(usize::MAX);
        let mut names = Names::default();
        let payload = |&index: &usize| {
            let RecordedEvent { version, name, revision, body, metadata, .. } = &self.log[index];
            let payload = || Payload {
                version: *version,
                name: names.share(name),
                revision: *revision,
                body: body.clone(),
            };
            metadata.subject.is_none().then(payload)
        };
        indexes.get(start..).unwrap_or_default().iter().map(payload).collect()
    }

    pub(super) fn select(&self, selection: &EventSelection) -> Vec<RecordedEvent> {
        let wanted = self.log.iter().filter(|event| selection.contains(event));
        match selection.direction {
            Direction::Forwards => wanted.take(selection.limit).cloned().collect(),
            Direction::Backwards => wanted.rev().take(selection.limit).cloned().collect(),
        }
    }

    pub(super) fn head(&self) -> Position {
        Position::new(self.log.len() as u64)
    }

    pub(super) fn snapshot(&self, stream: &StreamId) -> Option<StoredSnapshot> {
        self.snapshots.get(stream).cloned()
    }

    pub(super) fn save_snapshot(&mut self, stream: &StreamId, new: StoredSnapshot) {
        let known = self.snapshots.get(stream);
        if known.is_none_or(|known| known.version < new.version || known.shape != new.shape) {
            self.snapshots.insert(stream.clone(), new);
        }
    }

    pub(super) fn document(&self, table: &str, stream: &StreamId) -> Option<StoredDocument> {
        self.documents.get(table)?.get(&(stream.tenant.clone(), stream.id.clone())).cloned()
    }

    pub(super) fn documents(
        &self,
        query: &DocumentQuery,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        let mut found = self.matching(&query.of)?;
        found.sort_by(|(left, left_body), (right, right_body)| {
            in_order(&query.sort, (&left.id, left_body), (&right.id, right_body))
        });
        let page = found.into_iter().skip(query.offset).take(query.limit);
        Ok(page.map(|(document, _)| document.clone()).collect())
    }

    pub(super) fn count(&self, selection: &Selection) -> Result<u64, StoreError> {
        Ok(self.matching(selection)?.len() as u64)
    }

    /// The documents that are selected, by id.
    fn matching(&self, selection: &Selection) -> Result<Vec<(&StoredDocument, Json)>, StoreError> {
        let Selection { tenant, table, removed, condition } = selection;
        let mut found = Vec::new();
        for ((owner, id), document) in self.documents.get(*table).into_iter().flatten() {
            if owner != tenant || document.is_removed != *removed {
                continue;
            }
            let body: Json =
                serde_json::from_str(&document.body).map_err(|source| StoreError::Corrupt {
                    place: format!("`{id}` in table `{table}`"),
                    source: source.into(),
                })?;
            if condition.matches(id, &body) {
                found.push((document, body));
            }
        }
        Ok(found)
    }

    pub(super) fn stream_ids(
        &self,
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
        self.streams
            .range((Bound::Excluded(start), Bound::Unbounded))
            .take_while(|(stream, _)| stream.tenant == tenant && stream.aggregate == aggregate)
            .take(limit)
            .map(|(stream, _)| stream.id.clone())
            .collect()
    }

    /// Checks everything, then writes everything.
    pub(super) fn commit(&mut self, batch: Batch) -> Result<Committed, StoreError> {
        if let Some(outcome) = &batch.outcome
            && self.outcomes.contains_key(&(batch.tenant.clone(), outcome.key.clone()))
        {
            return Err(StoreError::AlreadyExecuted { key: outcome.key.clone() });
        }
        let appended = batch.appends.iter().map(|append| (&append.stream, append.expected));
        let added =
            batch.additions.iter().filter_map(|one| Some((&one.stream, one.expected.version()?)));
        let guarded = batch.guards.iter().map(|(stream, version)| (stream, *version));
        for (stream, expected) in appended.chain(added).chain(guarded) {
            let actual = self.version(stream);
            if actual != expected {
                return Err(StoreError::Conflict {
                    aggregate: stream.aggregate.clone(),
                    id: stream.id.clone(),
                    expected,
                    actual,
                });
            }
        }
        for KeyUsed { tenant, subject, key_id } in &batch.keys_used {
            let key = self.subjects.get(&(tenant.clone(), subject.clone()));
            if key.is_none_or(|key| key.id != *key_id) {
                return Err(StoreError::KeyForgotten { subject: subject.clone() });
            }
        }
        for Boundary { query, after } in &batch.boundaries {
            let start = usize::try_from(after.get()).unwrap_or(usize::MAX);
            let later =
                self.log.iter().skip(start).filter(|event| event.stream.tenant == batch.tenant);
            if let Some(event) = later.into_iter().find(|event| query.matches(event)) {
                return Err(StoreError::Crossed { after: *after, position: event.position });
            }
        }
        self.check_keys(&batch)?;

        self.move_keys(&batch);
        let before = self.head();
        for append in batch.appends {
            self.append(append);
        }
        for Addition { stream, events, .. } in batch.additions {
            self.push(&stream, self.version(&stream), events);
        }
        if let Some(outcome) = batch.outcome {
            self.outcomes.insert((batch.tenant, outcome.key.clone()), outcome);
        }
        Ok(Committed { position: Some(self.head()).filter(|head| *head != before) })
    }

    fn version(&self, stream: &StreamId) -> Version {
        Version::new(self.streams.get(stream).map_or(0, Vec::len) as u64)
    }

    /// Whether what the batch claims is free, or becomes free: each aggregate of it gives up its old keys before any takes new ones.
    fn check_keys(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut taken = HashSet::new();
        for StreamAppend { stream, keys, .. } in &batch.appends {
            for claim in keys {
                let key = key_of(stream, claim);
                let owner = self.keys.get(&key).filter(|owner| {
                    batch.appends.iter().all(|append| {
                        append.stream.aggregate != stream.aggregate || append.stream.id != **owner
                    })
                });
                if owner.is_some() || !taken.insert(key) {
                    return Err(StoreError::KeyTaken {
                        aggregate: stream.aggregate.clone(),
                        id: stream.id.clone(),
                        field: claim.field.to_owned(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Every aggregate of the batch has from now on what it claims, and nothing else.
    fn move_keys(&mut self, batch: &Batch) {
        for StreamAppend { stream, .. } in &batch.appends {
            for key in self.claimed.remove(stream).unwrap_or_default() {
                self.keys.remove(&key);
            }
        }
        for StreamAppend { stream, keys, .. } in &batch.appends {
            if keys.is_empty() {
                continue;
            }
            let keys: Vec<Key> = keys.iter().map(|claim| key_of(stream, claim)).collect();
            self.keys.extend(keys.iter().map(|key| (key.clone(), stream.id.clone())));
            self.claimed.insert(stream.clone(), keys);
        }
    }

    fn append(&mut self, append: StreamAppend) {
        let version = append.version();
        let StreamAppend { stream, expected, events, document, .. } = append;
        if let Some(write) = document {
            let table = self.documents.entry(write.table.to_owned()).or_default();
            let owned = (stream.tenant.clone(), stream.id.clone());
            let is_removed = matches!(write.state, DocumentState::Removed(_));
            let shape = write.shape;
            match write.state {
                DocumentState::There(body) | DocumentState::Removed(body) => {
                    let id = stream.id.clone();
                    table.insert(owned, StoredDocument { id, version, body, shape, is_removed });
                }
                DocumentState::Gone => {
                    table.remove(&owned);
                }
            }
        }
        self.push(&stream, expected, events);
    }

    fn push(&mut self, stream: &StreamId, base: Version, events: Vec<NewEvent>) {
        if events.is_empty() {
            return;
        }
        let places = self.log.len()..self.log.len() + events.len();
        match self.streams.get_mut(stream) {
            Some(indexes) => indexes.extend(places),
            None => drop(self.streams.insert(stream.clone(), places.collect())),
        }
        for (index, event) in events.into_iter().enumerate() {
            self.log.push(RecordedEvent {
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

    pub(super) fn outdated(&self, table: &str, shape: u32, limit: usize) -> Vec<OutdatedDocument> {
        let documents = self.documents.get(table).into_iter().flatten();
        documents
            .filter(|(_, document)| document.shape < shape)
            .take(limit)
            .map(|((tenant, _), document)| OutdatedDocument {
                tenant: tenant.clone(),
                document: document.clone(),
            })
            .collect()
    }

    pub(super) fn reshape(&mut self, table: &str, documents: Vec<ReshapedDocument>) -> u64 {
        let Some(table) = self.documents.get_mut(table) else { return 0 };
        let mut count = 0;
        for ReshapedDocument { tenant, id, version, shape, body } in documents {
            if let Some(document) = table.get_mut(&(tenant, id))
                && document.version == version
                && document.shape < shape
            {
                (document.shape, document.body) = (shape, body);
                count += 1;
            }
        }
        count
    }

    pub(super) fn build_document(&mut self, document: BuiltDocument) {
        let BuiltDocument { table, stream, version, shape, state, .. } = document;
        let events = self.streams.get(&stream).map_or(0, Vec::len);
        if events as u64 != version.get() {
            return;
        }
        let is_removed = matches!(state, DocumentState::Removed(_));
        let documents = self.documents.entry(table.to_owned()).or_default();
        let owned = (stream.tenant, stream.id.clone());
        if documents.get(&owned).is_none_or(|known| known.version < version) {
            let (DocumentState::There(body) | DocumentState::Removed(body)) = state else {
                documents.remove(&owned);
                return;
            };
            let document = StoredDocument { id: stream.id, version, body, shape, is_removed };
            documents.insert(owned, document);
        }
    }

    pub(super) fn outcome(&self, tenant: &str, key: &str) -> Option<Outcome> {
        self.outcomes.get(&(tenant.to_owned(), key.to_owned())).cloned()
    }

    /// The keys of these people, as far as they have one.
    pub(super) fn keys<'o>(&self, subjects: impl IntoIterator<Item = &'o Owned>) -> Keyring {
        let known = subjects.into_iter().filter_map(|owned| self.subjects.get(owned));
        known.cloned().collect()
    }

    /// Keeps a key, unless there is one.
    pub(super) fn keep_key(&mut self, key: SubjectKey) {
        self.subjects.entry((key.tenant.clone(), key.subject.clone())).or_insert(key);
    }

    pub(super) fn forget_key(&mut self, tenant: &str, subject: &str) -> bool {
        self.subjects.remove(&(tenant.to_owned(), subject.to_owned())).is_some()
    }

    pub(super) fn drop_snapshot(&mut self, stream: &StreamId) {
        self.snapshots.remove(stream);
    }

    pub(super) fn cursor(&self, name: &str) -> Position {
        self.cursors.get(name).copied().unwrap_or_default()
    }

    pub(super) fn save_cursor(&mut self, name: &str, position: Position) {
        self.cursors.insert(name.to_owned(), position);
    }
}
