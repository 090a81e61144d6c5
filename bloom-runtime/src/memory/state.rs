//! The tables, as maps.

use std::collections::{BTreeMap, HashMap};

use super::{cursors::Places, log::Log, unique_keys::UniqueKeys};

use crate::{
    application::Keyring,
    domain::{Json, in_order},
    ports::{
        Addition, Batch, BuiltDocument, Committed, DocumentQuery, DocumentState, Instead, KeyUsed,
        LogReader, Outcome, OutdatedDocument, ReshapedDocument, Selection, StoreError,
        StoredDocument, StoredSnapshot, StreamAppend, StreamId, SubjectKey, Truncation,
    },
};

/// Tenant and id of a document, or tenant and key of an outcome.
type Owned = (String, String);

#[derive(Default)]
pub(super) struct State {
    pub(super) log: Log,
    documents: HashMap<String, BTreeMap<Owned, StoredDocument>>,
    snapshots: HashMap<StreamId, StoredSnapshot>,
    unique_keys: UniqueKeys,
    outcomes: HashMap<Owned, Outcome>,
    pub(super) places: Places,
    /// By tenant and person.
    subjects: BTreeMap<Owned, SubjectKey>,
}

impl State {
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
            let actual = self.log.version(stream);
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
        for boundary in &batch.boundaries {
            self.log.check(&batch.tenant, boundary)?;
        }
        self.unique_keys.check(&batch)?;

        self.unique_keys.take(&batch);
        let before = self.log.head();
        for append in batch.appends {
            self.append(append);
        }
        for Addition { stream, events, .. } in batch.additions {
            self.log.push(&stream, self.log.version(&stream), events);
        }
        if let Some(outcome) = batch.outcome {
            self.outcomes.insert((batch.tenant, outcome.key.clone()), outcome);
        }
        Ok(Committed { position: Some(self.log.head()).filter(|head| *head != before) })
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
        self.log.push(&stream, expected, events);
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
        if self.log.version(&stream) != version {
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

    /// Checks everything, then truncates everything.
    pub(super) fn truncate(&mut self, truncations: Vec<Truncation>) -> Result<(), StoreError> {
        let readers = self.places.readers();
        for truncation in &truncations {
            let place = self.log.place(&truncation.stream, truncation.up_to);
            let place = place.ok_or_else(|| truncation.too_far())?;
            if !matches!(truncation.instead, Instead::Genesis(_))
                && self.log.version(&truncation.stream) == truncation.up_to
            {
                return Err(truncation.too_far());
            }
            if let Some(reader) = readers.iter().find(|reader| reader.position < place) {
                let LogReader { name: reader, position } = reader.clone();
                return Err(StoreError::StillRead { reader, position });
            }
        }
        for truncation in truncations {
            self.log.truncate(truncation);
        }
        Ok(())
    }
}
