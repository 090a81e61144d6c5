//! The log as an event store: appending to streams and reading them, without aggregates.

mod append;
mod reading;

use std::sync::Arc;

pub use self::{
    append::{Append, Appended, ProposedEvent},
    reading::{LogPage, LogReading, StreamReading},
};
use super::{StorageStore, ambient::current_context, composition::Composition, tenancy::Whose};
use crate::ports::{Context, Storage, StoreError, StreamId};

/// The log of a [`StorageStore`], for one tenant and in one context, as an event store of its own.
///
/// For imports, tools, and what is no aggregate. The streams are those of the aggregates; what is appended here is in the same order,
/// and every event handler and read model hears of it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use bloom_runtime::{
///     application::{Append, ProposedEvent, StorageStore},
///     memory::MemoryStorage,
///     ports::{Expected, Position},
///     prelude::*,
/// };
/// use serde_json::json;
///
/// let store = StorageStore::new(MemoryStorage::new());
/// let events = store.event_store().await?;
///
/// let opened = ProposedEvent::new("meter.installed", 1, &json!({ "place": "cellar" }))?;
/// let read = ProposedEvent::new("meter.read", 1, &json!({ "kwh": 17 }))?;
/// let append = Append::to("meter", "m1", Expected::None).event(opened).event(read);
/// let appended = events.append(append).await?;
/// assert_eq!(appended.position, Position::new(2));
///
/// let newest = events.stream("meter", "m1").backwards().limit(1).read().await?;
/// assert_eq!((newest[0].name.as_str(), newest[0].version), ("meter.read", Version::new(2)));
/// # Ok::<(), StoreError>(()) }).unwrap();
/// ```
pub struct EventStore<S> {
    store: Arc<Composition<S>>,
    whose: Whose,
    context: Context,
}

impl<S: Storage> StorageStore<S> {
    /// The log for the tenant of the ambient context, which is also what is noted with the events that are appended.
    ///
    /// # Errors
    /// [`StoreError::NoTenant`], or why the storage of the tenant is not found.
    pub async fn event_store(&self) -> Result<EventStore<S>, StoreError> {
        let context = current_context();
        let (store, whose) = self.placed(context.tenant.as_deref()).await?;
        Ok(EventStore { store, context: whose.within(context), whose })
    }
}

impl<S: Storage> EventStore<S> {
    /// Reads the events of one stream: that of the aggregate with this stored name and id.
    pub fn stream(&self, aggregate: &str, id: &str) -> StreamReading<'_, S> {
        StreamReading::new(&self.store.storage, self.stream_id(aggregate, id))
    }

    /// Reads the log of the tenant.
    pub fn log(&self) -> LogReading<'_, S> {
        LogReading::new(&self.store.storage, self.whose.rows.clone())
    }

    fn stream_id(&self, aggregate: &str, id: &str) -> StreamId {
        let (aggregate, id) = (aggregate.to_owned(), id.to_owned());
        StreamId { tenant: self.whose.rows.clone(), aggregate, id }
    }
}
