//! Lists and numbers of aggregates.

use std::sync::Arc;

use super::{
    buffered::BufferedRepository,
    loading::{corrupt, decode_document},
    past::Past,
};
use crate::{
    application::{
        keyset,
        registration::{Loading, Registration},
    },
    domain::{Aggregate, Condition, Json, SortKey, Spec, Version, in_order},
    ports::{
        DocumentQuery, DocumentRow, Page, PageRequest, Selection, Storage, StoreError, StreamId,
    },
};

impl<S: Storage, A: Aggregate> BufferedRepository<'_, S, A> {
    /// A page of those that are there, or of those that were removed.
    pub(super) async fn find_those(
        &self,
        removed: bool,
        spec: &Spec<A>,
        page: PageRequest,
    ) -> Result<Page<A>, StoreError> {
        let condition = spec.condition().clone().and(keyset::after::<A>(&page)?);
        condition.check_size()?;
        let registration = self.registration()?;
        match registration.loading {
            Loading::Document { table } => {
                let of = self.selection(table, removed, condition);
                self.find_documents(registration, of, page).await
            }
            Loading::Events => self.find_folded(removed, condition, page).await,
        }
    }

    pub(super) async fn count_those(&self, spec: &Spec<A>) -> Result<u64, StoreError> {
        spec.condition().check_size()?;
        let condition = spec.condition().clone();
        match self.registration()?.loading {
            Loading::Document { table } => {
                self.buffer.store.storage.count(self.selection(table, false, condition)).await
            }
            Loading::Events => {
                let mut count = 0;
                self.each_folded(false, &condition, None, |_| {
                    count += 1;
                    true
                })
                .await?;
                Ok(count)
            }
        }
    }

    fn selection(&self, table: &'static str, removed: bool, condition: Condition) -> Selection {
        Selection { tenant: self.buffer.whose.rows.clone(), table, removed, condition }
    }

    async fn find_documents(
        &self,
        registration: Arc<Registration<A>>,
        of: Selection,
        page: PageRequest,
    ) -> Result<Page<A>, StoreError> {
        let (table, limit) = (of.table, page.limit());
        let query = DocumentQuery {
            of,
            sort: page.sort_keys().to_vec(),
            offset: page.offset(),
            limit: limit + 1,
        };
        let (mut seen, keys) = (0, query.sort.clone());
        let take = move |row: DocumentRow<'_>| {
            seen += 1;
            // One more than the page holds only shows that there are more.
            if seen > limit {
                return Ok(None);
            }
            let item = decode_document(&registration, table, row)?;
            let end = (seen == limit).then(|| cursor_after(table, &keys, row)).transpose()?;
            Ok(Some((item, end)))
        };
        let mut found = self.buffer.store.storage.each_document(query, Box::new(take)).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let mut page = Page { items: Vec::with_capacity(found.len()), next: None };
        for (item, end) in found.into_iter().flatten() {
            page.items.push(item);
            page.next = end.filter(|_| more);
        }
        Ok(page)
    }

    /// Without documents every aggregate is folded and looked at, which is right but slow: a list that is
    /// read often wants a projection.
    async fn find_folded(
        &self,
        removed: bool,
        condition: Condition,
        page: PageRequest,
    ) -> Result<Page<A>, StoreError> {
        let keys = page.sort_keys();
        let mut found: Vec<Folded<A>> = Vec::new();
        // In order of ids, which is the order without sorting, so that enough is enough.
        let enough = page.offset().saturating_add(page.limit()).saturating_add(1);
        let after = page.cursor().filter(|_| keys.is_empty());
        self.each_folded(removed, &condition, after, |folded| {
            found.push(folded);
            !keys.is_empty() || found.len() < enough
        })
        .await?;
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

    /// Hands over every aggregate that satisfies the condition, folded from its events, in order of ids behind `after`, until it
    /// is enough.
    async fn each_folded(
        &self,
        removed: bool,
        condition: &Condition,
        after: Option<&str>,
        mut take: impl FnMut(Folded<A>) -> bool + Send,
    ) -> Result<(), StoreError> {
        const BATCH: usize = 100;
        let registration = self.registration()?;
        let storage = &self.buffer.store.storage;
        let tenant = &self.buffer.whose.rows;
        let mut after = after.map(ToOwned::to_owned);
        loop {
            let ids = storage.stream_ids(tenant, A::NAME, after.as_deref(), BATCH).await?;
            let exhausted = ids.len() < BATCH;
            after = ids.last().cloned();
            for id in ids {
                let (tenant, aggregate) = (tenant.clone(), A::NAME.to_owned());
                let stream = StreamId { tenant, aggregate, id };
                let payloads = storage.payloads(&stream, Version::NEW).await?;
                let past = Past::<A>::new(&registration.upcasters).and(&stream, &payloads)?;
                let state = if removed { past.removed() } else { past.alive() };
                let Some(aggregate) = state else { continue };
                let document =
                    aggregate.to_document().map_err(|error| StoreError::Internal(error.into()))?;
                if condition.matches(&stream.id, &document)
                    && !take(Folded { id: stream.id, document, aggregate })
                {
                    return Ok(());
                }
            }
            if exhausted {
                return Ok(());
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

fn cursor_after(table: &str, keys: &[SortKey], row: DocumentRow<'_>) -> Result<String, StoreError> {
    if keys.is_empty() {
        return Ok(row.id.to_owned());
    }
    let body = serde_json::from_str(row.body).map_err(|source| corrupt(table, row, source))?;
    Ok(keyset::cursor(keys, row.id, &body))
}
