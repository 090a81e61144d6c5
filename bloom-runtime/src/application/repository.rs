//! Typed aggregates over untyped rows.

use std::{fmt, marker::PhantomData, sync::Arc};

use super::{
    buffer::{Buffer, Save, Seen},
    composition::Loading,
    keyset,
};
use crate::{
    domain::{Aggregate, Condition, DomainEvent, Json, SortKey, Spec, Version, in_order},
    ports::{
        DocumentQuery, DocumentWrite, KeyClaim, NewEvent, Page, PageRequest, Receipt,
        RecordedEvent, Repository, Storage, StoreError, StoredDocument, StreamAppend, StreamId,
    },
};

/// The repository of one kind of aggregate within a [`BufferedUnitOfWork`](super::BufferedUnitOfWork).
pub struct BufferedRepository<'u, S: Storage, A> {
    pub(super) buffer: &'u mut Buffer<S>,
    pub(super) aggregate: PhantomData<fn() -> A>,
}

impl<S: Storage, A: Aggregate> Repository<A> for BufferedRepository<'_, S, A> {
    async fn find_by_id(&mut self, id: &A::Id) -> Result<Option<A>, StoreError> {
        let stream = StreamId { aggregate: A::NAME.to_owned(), id: id.to_string() };
        // No store keeps NUL, and not every one can be asked for it.
        if stream.id.contains('\0') {
            return Ok(None);
        }
        if let Some(seen) = self.buffer.seen.get(&stream).and_then(|seen| seen.downcast_ref::<A>())
        {
            return Ok(Some(seen.clone()));
        }
        let Some(aggregate) = self.load(&stream).await? else { return Ok(None) };
        self.buffer.seen.insert(stream, Arc::new(aggregate.clone()) as Seen);
        Ok(Some(aggregate))
    }

    async fn find(&mut self, spec: &Spec<A>, page: PageRequest) -> Result<Page<A>, StoreError> {
        let condition = spec.condition().clone().and(keyset::after::<A>(&page)?);
        condition.check_size()?;
        match self.buffer.store.loading::<A>()? {
            Loading::Document { table } => self.find_documents(table, condition, page).await,
            Loading::Events => self.find_folded(condition, page).await,
        }
    }

    async fn count(&mut self, spec: &Spec<A>) -> Result<u64, StoreError> {
        spec.condition().check_size()?;
        match self.buffer.store.loading::<A>()? {
            Loading::Document { table } => {
                self.buffer.store.storage.count(table, spec.condition().clone()).await
            }
            Loading::Events => Ok(self.folded(spec.condition()).await?.len() as u64),
        }
    }

    async fn get_at(&mut self, id: &A::Id, version: Version) -> Result<Option<A>, StoreError> {
        self.buffer.store.loading::<A>()?;
        let stream = StreamId { aggregate: A::NAME.to_owned(), id: id.to_string() };
        let mut events = self.buffer.store.storage.read_stream(&stream, Version::NEW).await?;
        events.retain(|event| event.version <= version);
        match events.last() {
            Some(last) if last.version == version => fold(&events),
            _ => Ok(None),
        }
    }

    fn save(&mut self, mut aggregate: A) -> Result<Receipt<A::Id>, StoreError> {
        let expected = aggregate.changes().base();
        let events = aggregate.flush_events();
        self.append(aggregate, expected, events)
    }
}

impl<S: Storage, A: Aggregate> BufferedRepository<'_, S, A> {
    /// Queues an aggregate at the state after these events.
    pub(crate) fn append(
        &mut self,
        aggregate: A,
        expected: Version,
        events: Vec<A::Event>,
    ) -> Result<Receipt<A::Id>, StoreError> {
        let loading = self.buffer.store.loading::<A>()?;
        let id = aggregate.id().clone();
        let receipt = Receipt { id: id.clone(), version: aggregate.version() };
        if events.is_empty() {
            return Ok(receipt);
        }

        let unstorable = |reason: &dyn fmt::Display| StoreError::Unstorable {
            aggregate: A::NAME.to_owned(),
            id: id.to_string(),
            reason: reason.to_string(),
        };
        let document = match loading {
            Loading::Document { table } => {
                let body = aggregate.to_document().map_err(|error| unstorable(&error))?.to_string();
                Some(DocumentWrite { table, body })
            }
            Loading::Events => None,
        };
        let mut new = Vec::new();
        for event in events {
            let body = event.to_body().map_err(|error| unstorable(&error))?;
            let (name, revision) = (event.name(), event.revision());
            new.push(NewEvent { name, revision, body, metadata: self.buffer.metadata() });
        }
        let bodies = new.iter().map(|event| &event.body);
        if bodies.chain(document.as_ref().map(|document| &document.body)).any(|body| has_nul(body))
        {
            return Err(unstorable(&"a text contains the character NUL"));
        }

        let mut keys = Vec::new();
        let mut taken = Vec::new();
        for key in aggregate.unique_keys() {
            if let Some(value) = key.value {
                keys.push(KeyClaim { field: key.field, value });
            }
            taken.push((key.field, key.taken));
        }
        let stream = StreamId { aggregate: A::NAME.to_owned(), id: id.to_string() };
        let append = StreamAppend { stream, expected, events: new, document, keys };
        self.buffer.note(Save { append, state: Arc::new(aggregate), taken });
        Ok(receipt)
    }

    async fn load(&self, stream: &StreamId) -> Result<Option<A>, StoreError> {
        let store = &self.buffer.store;
        match store.loading::<A>()? {
            Loading::Document { table } => {
                let document = store.storage.document(table, stream).await?;
                document.map(|document| decode_document(table, &document)).transpose()
            }
            Loading::Events => fold(&store.storage.read_stream(stream, Version::NEW).await?),
        }
    }

    async fn find_documents(
        &self,
        table: &'static str,
        condition: Condition,
        page: PageRequest,
    ) -> Result<Page<A>, StoreError> {
        let query = DocumentQuery {
            table,
            condition,
            sort: page.sort_keys().to_vec(),
            offset: page.offset(),
            limit: page.limit() + 1,
        };
        let mut documents = self.buffer.store.storage.documents(query).await?;
        let more = documents.len() > page.limit();
        documents.truncate(page.limit());
        let next = match documents.last().filter(|_| more) {
            Some(last) => Some(cursor_after(table, page.sort_keys(), last)?),
            None => None,
        };
        let items = documents.iter().map(|document| decode_document(table, document));
        Ok(Page { items: items.collect::<Result<_, _>>()?, next })
    }

    /// Without documents every aggregate is folded and looked at, which is right but slow: a list that is
    /// read often wants a projection.
    async fn find_folded(
        &self,
        condition: Condition,
        page: PageRequest,
    ) -> Result<Page<A>, StoreError> {
        let mut found = self.folded(&condition).await?;
        let keys = page.sort_keys();
        found.sort_by(|left, right| {
            in_order(keys, (&left.id, &left.document), (&right.id, &right.document))
        });
        let rest: Vec<Folded<A>> = found.into_iter().skip(page.offset()).collect();
        let more = rest.len() > page.limit();
        let last = page.limit().min(rest.len()).checked_sub(1).map(|last| &rest[last]);
        let next = last.filter(|_| more).map(|last| keyset::cursor(keys, &last.id, &last.document));
        let items = rest.into_iter().take(page.limit()).map(|folded| folded.aggregate).collect();
        Ok(Page { items, next })
    }

    /// Every aggregate that satisfies the condition, folded from its events.
    async fn folded(&self, condition: &Condition) -> Result<Vec<Folded<A>>, StoreError> {
        const BATCH: usize = 100;
        let storage = &self.buffer.store.storage;
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let ids = storage.stream_ids(A::NAME, after.as_deref(), BATCH).await?;
            let exhausted = ids.len() < BATCH;
            after = ids.last().cloned();
            for id in ids {
                let stream = StreamId { aggregate: A::NAME.to_owned(), id };
                let events = storage.read_stream(&stream, Version::NEW).await?;
                let Some(aggregate) = fold::<A>(&events)? else { continue };
                let document =
                    aggregate.to_document().map_err(|error| StoreError::Internal(error.into()))?;
                if condition.matches(&stream.id, &document) {
                    found.push(Folded { id: stream.id, document, aggregate });
                }
            }
            if exhausted {
                return Ok(found);
            }
        }
    }
}

/// An aggregate, folded, and its document.
struct Folded<A> {
    id: String,
    document: Json,
    aggregate: A,
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

fn cursor_after(
    table: &str,
    keys: &[SortKey],
    document: &StoredDocument,
) -> Result<String, StoreError> {
    if keys.is_empty() {
        return Ok(document.id.clone());
    }
    let body = serde_json::from_str(&document.body).map_err(|source| StoreError::Corrupt {
        place: format!("`{}` in table `{table}`", document.id),
        source: source.into(),
    })?;
    Ok(keyset::cursor(keys, &document.id, &body))
}

fn decode_document<A: Aggregate>(table: &str, document: &StoredDocument) -> Result<A, StoreError> {
    A::from_document(&document.body, document.version).map_err(|source| StoreError::Corrupt {
        place: format!("`{}` in table `{table}`", document.id),
        source: source.into(),
    })
}

fn fold<A: Aggregate>(events: &[RecordedEvent]) -> Result<Option<A>, StoreError> {
    let Some(first) = events.first() else { return Ok(None) };
    let mut decoded = Vec::with_capacity(events.len());
    for event in events {
        let payload = A::Event::from_body(&event.name, event.revision, &event.body);
        decoded.push(payload.map_err(|source| StoreError::Corrupt {
            place: format!("event {} of stream `{}`", event.version, event.stream),
            source: source.into(),
        })?);
    }
    match A::fold(None, decoded) {
        Some(aggregate) => Ok(Some(aggregate)),
        None => Err(StoreError::Corrupt {
            place: format!("stream `{}`", first.stream),
            source: format!("`{}` does not begin it", first.name).into(),
        }),
    }
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
