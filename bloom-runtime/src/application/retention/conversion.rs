//! From documents to events: the state in the place of events that were truncated.

use crate::{
    application::{composition::Composition, store::StorageStore, tenancy::Tenancy},
    domain::Version,
    ports::{
        Instead, RecordedEvent, Storage, StoreError, StoredDocument, StreamId, StreamSlice,
        Truncation,
    },
};

impl<S: Storage> StorageStore<S> {
    /// An aggregate that is loaded from its events and cannot be, since the first of them were truncated while its state was kept as a
    /// document. `None` when all of them can.
    ///
    /// # Errors
    /// When the storage is out of reach.
    pub async fn lost_history(&self) -> Result<Option<StreamId>, StoreError> {
        if matches!(self.inner.tenancy, Tenancy::Apart(_)) {
            return Ok(None);
        }
        for (aggregate, summary) in self.inner.summaries() {
            if summary.table().is_none()
                && let Some(stream) = self.inner.storage.lost_histories(aggregate, 1).await?.pop()
            {
                return Ok(Some(stream));
            }
        }
        Ok(None)
    }

    /// Puts the state of each document in the place of those events of its aggregate that were truncated, and of all up to it, so that
    /// the aggregate can be loaded from its events; how many aggregates it was. `archive` is given first whatever goes with that. `table` says where the documents of
    /// those are. Broken off, it goes on where it was; `archive` may then be given an event again.
    ///
    /// # Errors
    /// [`StoreError::StillRead`] when a reader of the log has not come as far; [`StoreError::NotFound`] when there is no document;
    /// and when the storage is out of reach. [`StoreError::NoTenant`] when tenants have storages of their own: it is done for each, with
    /// [`for_tenant`](Self::for_tenant).
    pub async fn convert(
        &self,
        aggregate: &str,
        table: &str,
        mut archive: impl FnMut(&[RecordedEvent]) -> Result<(), StoreError> + Send,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<u64, StoreError> {
        if matches!(self.inner.tenancy, Tenancy::Apart(_)) {
            return Err(StoreError::NoTenant);
        }
        const PAGE: usize = 200;
        let mut done = 0;
        loop {
            let streams = self.inner.storage.lost_histories(aggregate, PAGE).await?;
            if streams.is_empty() {
                return Ok(done);
            }
            let mut truncations = Vec::with_capacity(streams.len());
            for stream in streams {
                let (events, truncation) = from_document(&self.inner, table, stream).await?;
                archive(&events)?;
                truncations.push(truncation);
            }
            done += truncations.len() as u64;
            self.inner.storage.truncate(truncations).await?;
            progress(done);
        }
    }

    /// The kinds of aggregates that this program knows, each with the table of its documents, where it has one.
    #[must_use]
    pub fn tables(&self) -> Vec<(&'static str, Option<&'static str>)> {
        let all = self.inner.summaries().iter();
        all.map(|(aggregate, summary)| (*aggregate, summary.table())).collect()
    }
}

async fn from_document<S: Storage>(
    store: &Composition<S>,
    table: &str,
    stream: StreamId,
) -> Result<(Vec<RecordedEvent>, Truncation), StoreError> {
    let missing = || {
        let StreamId { aggregate, id, .. } = stream.clone();
        StoreError::NotFound { aggregate, id }
    };
    let summary = store.summary(&stream.aggregate).ok_or_else(missing)?;
    let document = store.storage.document(table, &stream).await?.ok_or_else(missing)?;
    let StoredDocument { version, is_removed, .. } = document;
    // That it was removed is told by the last event, which stays.
    let up_to = if is_removed { Version::new(version.get().saturating_sub(1)) } else { version };
    let left = StreamSlice { up_to: Some(up_to), ..StreamSlice::after(Version::NEW) };
    let left = store.storage.read_slice(&stream, left).await?;
    let instead = Instead::Genesis(summary.of_document(document)?);
    Ok((left, Truncation { stream, up_to, instead }))
}
