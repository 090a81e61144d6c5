//! The store: a storage, and how each aggregate is kept in it.

use std::{any::TypeId, collections::HashMap, sync::Arc};

use super::{SystemClock, UuidV7, ambient::current_context, unit_of_work::BufferedUnitOfWork};
use crate::{
    domain::Aggregate,
    ports::{Clock, IdGenerator, Outcome, Storage, Store, StoreError},
};

/// How an aggregate is loaded. Its events are in the log either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loading {
    /// From a document in this table, written in the same transaction as the events.
    Document {
        /// The table.
        table: &'static str,
    },
    /// By folding its events.
    Events,
}

/// Loads an aggregate from its document: `Documents::in_table("orders")`.
#[derive(Debug, Clone, Copy)]
pub struct Documents;

impl Documents {
    /// Kept in this table.
    #[must_use]
    pub const fn in_table(table: &'static str) -> Loading {
        Loading::Document { table }
    }
}

/// Loads an aggregate from its events: `Events::folded()`.
#[derive(Debug, Clone, Copy)]
pub struct Events;

impl Events {
    /// Folded from the first one.
    #[must_use]
    pub const fn folded() -> Loading {
        Loading::Events
    }
}

/// A store on top of a storage.
///
/// ```
/// # use bloom_runtime::{EventSourced, prelude::*};
/// # #[derive(Identity)] pub struct LampId(Uuid);
/// # #[derive(DomainEvent)] pub enum LampEvent { #[event(name = "lamp.hung", rev = 1)] Hung { id: LampId } }
/// # #[derive(Aggregate)] #[aggregate(event = LampEvent)] pub struct Lamp {
/// #     #[aggregate(id)] id: LampId, #[aggregate(changes)] changes: Changes<LampEvent> }
/// # impl Lamp { fn hang(id: LampId) -> Self { Self::start(LampEvent::Hung { id }) } }
/// # impl EventSourced for Lamp {
/// #     fn begin(event: &LampEvent) -> Option<Self> {
/// #         let LampEvent::Hung { id } = event;
/// #         Some(Self { id: *id, changes: Changes::new() }) }
/// #     fn apply(&mut self, _: &LampEvent) {} }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use bloom_runtime::{application::{Documents, StorageStore}, memory::MemoryStorage};
///
/// let store = StorageStore::new(MemoryStorage::new()).aggregate::<Lamp>(Documents::in_table("lamps"));
///
/// let mut uow = store.begin().await?;
/// let lamp = Lamp::hang(uow.next_id());
/// let receipt = uow.repository().save(lamp)?;
/// uow.commit().await?;
///
/// let lamp: Lamp = store.begin().await?.repository().get(&receipt.id).await?;
/// assert_eq!(lamp.version(), Version::new(1));
/// # Ok::<(), StoreError>(()) }).unwrap();
/// ```
pub struct StorageStore<S> {
    pub(super) inner: Arc<Inner<S>>,
}

pub(super) struct Inner<S> {
    pub(super) storage: Arc<S>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdGenerator>,
    loading: HashMap<TypeId, Loading>,
}

impl<S: Storage> StorageStore<S> {
    /// A store without aggregates, with the machine's clock and random ids.
    #[must_use]
    pub fn new(storage: S) -> Self {
        Self::shared(Arc::new(storage))
    }

    /// The same on a storage that others use too.
    #[must_use]
    pub fn shared(storage: Arc<S>) -> Self {
        Self {
            inner: Arc::new(Inner {
                storage,
                clock: Arc::new(SystemClock::default()),
                ids: Arc::new(UuidV7),
                loading: HashMap::new(),
            }),
        }
    }

    /// Registers an aggregate and how it is loaded.
    #[must_use]
    pub fn aggregate<A: Aggregate>(self, loading: Loading) -> Self {
        self.changed(|inner| {
            inner.loading.insert(TypeId::of::<A>(), loading);
        })
    }

    /// Takes the time from another clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        self.changed(|inner| inner.clock = Arc::new(clock))
    }

    /// Takes ids from another generator.
    #[must_use]
    pub fn with_ids(self, ids: impl IdGenerator) -> Self {
        self.changed(|inner| inner.ids = Arc::new(ids))
    }

    /// What is below.
    #[must_use]
    pub fn storage(&self) -> &Arc<S> {
        &self.inner.storage
    }

    fn changed(self, change: impl FnOnce(&mut Inner<S>)) -> Self {
        let mut inner = Inner {
            storage: Arc::clone(&self.inner.storage),
            clock: Arc::clone(&self.inner.clock),
            ids: Arc::clone(&self.inner.ids),
            loading: self.inner.loading.clone(),
        };
        change(&mut inner);
        Self { inner: Arc::new(inner) }
    }
}

impl<S> Inner<S> {
    pub(super) fn loading<A: Aggregate>(&self) -> Result<Loading, StoreError> {
        let loading = self.loading.get(&TypeId::of::<A>()).copied();
        loading.ok_or(StoreError::Unregistered { aggregate: A::NAME })
    }
}

impl<S> Clone for StorageStore<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<S: Storage> Store for StorageStore<S> {
    type UnitOfWork = BufferedUnitOfWork<S>;

    async fn begin(&self) -> Result<Self::UnitOfWork, StoreError> {
        Ok(BufferedUnitOfWork::new(Arc::clone(&self.inner), current_context()))
    }

    async fn outcome(&self, key: &str) -> Result<Option<Outcome>, StoreError> {
        self.inner.storage.outcome(key).await
    }
}
