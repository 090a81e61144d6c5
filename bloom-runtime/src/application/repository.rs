//! Typed aggregates over untyped rows.

use std::{fmt, marker::PhantomData, sync::Arc};

use super::{
    buffer::{Buffer, Save, Seen},
    composition::Loading,
};
use crate::{
    domain::{Aggregate, Condition, DomainEvent, Spec, Version},
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
        if let Some(seen) = self.buffer.seen.get(&stream).and_then(|seen| seen.downcast_ref::<A>())
        {
            return Ok(Some(seen.clone()));
        }
        let Some(aggregate) = self.load(&stream).await? else { return Ok(None) };
        self.buffer.seen.insert(stream, Arc::new(aggregate.clone()) as Seen);
        Ok(Some(aggregate))
    }

    async fn find(&mut self, spec: &Spec<A>, page: PageRequest) -> Result<Page<A>, StoreError> {
        match self.buffer.store.loading::<A>()? {
            Loading::Document { table } => self.find_documents(table, spec, page).await,
            Loading::Events => self.find_folded(spec, page).await,
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
                let document = store.storage.document(table, &stream.id).await?;
                document.map(|document| decode_document(table, &document)).transpose()
            }
            Loading::Events => fold(&store.storage.read_stream(stream, Version::NEW).await?),
        }
    }

    async fn find_documents(
        &self,
        table: &'static str,
        spec: &Spec<A>,
        page: PageRequest,
    ) -> Result<Page<A>, StoreError> {
        let query = DocumentQuery {
            table,
            condition: spec.condition().clone(),
            after: page.cursor().map(decode_cursor::<A>).transpose()?,
            limit: page.limit() + 1,
        };
        let mut documents = self.buffer.store.storage.documents(query).await?;
        let more = documents.len() > page.limit();
        documents.truncate(page.limit());
        let next = documents.last().filter(|_| more).map(|document| document.id.clone());
        let items = documents.iter().map(|document| decode_document(table, document));
        Ok(Page { items: items.collect::<Result<_, _>>()?, next })
    }

    /// Without documents every aggregate is folded and looked at, which is right but slow: a list that is
    /// read often wants a projection.
    async fn find_folded(&self, spec: &Spec<A>, page: PageRequest) -> Result<Page<A>, StoreError> {
        const BATCH: usize = 100;
        let storage = &self.buffer.store.storage;
        let mut after = page.cursor().map(decode_cursor::<A>).transpose()?;
        let mut items: Vec<A> = Vec::new();
        loop {
            let ids = storage.stream_ids(A::NAME, after.as_deref(), BATCH).await?;
            let exhausted = ids.len() < BATCH;
            for id in ids {
                let stream = StreamId { aggregate: A::NAME.to_owned(), id };
                let folded = fold::<A>(&storage.read_stream(&stream, Version::NEW).await?)?;
                if let Some(aggregate) = folded
                    && satisfies(spec.condition(), &aggregate)?
                {
                    if items.len() == page.limit() {
                        let next = items.last().map(|last| last.id().to_string());
                        return Ok(Page { items, next });
                    }
                    items.push(aggregate);
                }
                after = Some(stream.id);
            }
            if exhausted {
                return Ok(Page { items, next: None });
            }
        }
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

fn decode_cursor<A: Aggregate>(cursor: &str) -> Result<String, StoreError> {
    cursor.parse::<A::Id>().map(|id| id.to_string()).map_err(|_| StoreError::BadCursor)
}

fn satisfies<A: Aggregate>(condition: &Condition, aggregate: &A) -> Result<bool, StoreError> {
    match condition {
        Condition::All => Ok(true),
        condition => aggregate
            .to_document()
            .map(|document| condition.matches(&document))
            .map_err(|error| StoreError::Internal(error.into())),
    }
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
