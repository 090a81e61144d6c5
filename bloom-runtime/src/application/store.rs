//! The store that users have in hand.

use std::sync::Arc;

use super::{
    KnownEvents,
    ambient::current_context,
    composition::Composition,
    registration::Registration,
    shapes::Shapes,
    tenancy::{Placement, Tenancy, Whose},
    unit_of_work::BufferedUnitOfWork,
};
use crate::{
    domain::Aggregate,
    ports::{Clock, IdGenerator, InteractiveStorage, Outcome, Storage, Store, StoreError},
};

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
    pub(super) inner: Arc<Composition<S>>,
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
        Self { inner: Arc::new(Composition::new(storage)) }
    }

    /// Registers an aggregate and how it is kept.
    #[must_use]
    pub fn aggregate<A: Aggregate>(self, registration: Registration<A>) -> Self {
        self.changed(|composition| composition.register(registration))
    }

    /// Keeps tenants apart by rows: whatever a unit of work reads and writes belongs to the tenant of its context. One that
    /// begins without a tenant is refused.
    #[must_use]
    pub fn tenants_by_rows(self) -> Self {
        self.changed(|composition| composition.tenancy = Tenancy::Rows)
    }

    /// Keeps tenants apart by storages: each unit of work works on that of the tenant of its context, which has a log and
    /// positions of its own. One that begins without a tenant is refused.
    #[must_use]
    pub fn tenants_apart(self, placement: impl Placement<S>) -> Self {
        self.changed(|composition| composition.tenancy = Tenancy::Apart(Arc::new(placement)))
    }

    /// The same store for one tenant, whatever the context says: for event handlers and tools, one for each tenant.
    ///
    /// # Errors
    /// When tenants have storages of their own, and this one's cannot be found.
    pub async fn for_tenant(&self, tenant: &str) -> Result<Self, StoreError> {
        let (inner, whose) = self.placed(Some(tenant)).await?;
        let store = Self { inner };
        Ok(store.changed(|composition| composition.tenancy = Tenancy::Settled(whose)))
    }

    /// Takes the time from another clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        self.changed(|composition| composition.clock = Arc::new(clock))
    }

    /// Takes ids from another generator.
    #[must_use]
    pub fn with_ids(self, ids: impl IdGenerator) -> Self {
        self.changed(|composition| composition.ids = Arc::new(ids))
    }

    /// Whether each tenant has a storage of its own, with a log of its own: what follows a log is run for each.
    #[must_use]
    pub fn has_storage_per_tenant(&self) -> bool {
        matches!(self.inner.tenancy, Tenancy::Apart(_))
    }

    /// What this program knows of the events of each aggregate that is registered.
    #[must_use]
    pub fn known_events(&self) -> &[KnownEvents] {
        self.inner.events()
    }

    /// The shapes that the documents of the registered aggregates have had, for those who follow the log.
    #[must_use]
    pub fn shapes(&self) -> Shapes {
        self.inner.shapes()
    }

    /// What is below.
    #[must_use]
    pub fn storage(&self) -> &Arc<S> {
        &self.inner.storage
    }

    fn changed(self, change: impl FnOnce(&mut Composition<S>)) -> Self {
        let mut composition = (*self.inner).clone();
        change(&mut composition);
        Self { inner: Arc::new(composition) }
    }
}

impl<S: InteractiveStorage> StorageStore<S> {
    /// A unit of work that holds what it reads: nobody changes it before this unit of work is committed or dropped.
    ///
    /// Its handlers, repositories and commit are those of any other. What else waits meanwhile depends on the storage:
    /// in memory and on SQLite everybody who writes, so nothing slow may happen in between; on PostgreSQL those who write
    /// the same aggregates.
    ///
    /// # Errors
    /// When the store is out of reach, or others hold it for too long.
    pub async fn begin_interactive(&self) -> Result<BufferedUnitOfWork<S::Held>, StoreError> {
        let context = current_context();
        let (inner, whose) = self.placed(context.tenant.as_deref()).await?;
        let held = inner.storage.hold().await?;
        let inner = Arc::new(inner.on(Arc::new(held), true));
        Ok(BufferedUnitOfWork::new(inner, whose.within(context), whose))
    }
}

impl<S: Storage> StorageStore<S> {
    /// What a unit of work of this tenant works on.
    pub(super) async fn placed(
        &self,
        tenant: Option<&str>,
    ) -> Result<(Arc<Composition<S>>, Whose), StoreError> {
        let named = tenant.filter(|name| !name.is_empty() && !name.contains('\0'));
        match &self.inner.tenancy {
            Tenancy::None => Ok((Arc::clone(&self.inner), Whose::default())),
            Tenancy::Rows => {
                let tenant = named.ok_or(StoreError::NoTenant)?.to_owned();
                Ok((Arc::clone(&self.inner), Whose { rows: tenant.clone(), tenant }))
            }
            Tenancy::Settled(whose) => Ok((Arc::clone(&self.inner), whose.clone())),
            Tenancy::Apart(placement) => {
                let tenant = named.ok_or(StoreError::NoTenant)?;
                let storage = placement.find(tenant).await?;
                let whose = Whose { tenant: tenant.to_owned(), rows: String::new() };
                Ok((Arc::new(self.inner.on(storage, false)), whose))
            }
        }
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
        let context = current_context();
        let (inner, whose) = self.placed(context.tenant.as_deref()).await?;
        Ok(BufferedUnitOfWork::new(inner, whose.within(context), whose))
    }

    async fn outcome(&self, key: &str) -> Result<Option<Outcome>, StoreError> {
        let (inner, whose) = self.placed(current_context().tenant.as_deref()).await?;
        inner.storage.outcome(&whose.rows, key).await
    }
}
