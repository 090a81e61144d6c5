//! Aggregates for tests, built out of what happened to them.

use crate::{
    application::StorageStore,
    domain::{Aggregate, Version},
    ports::{Receipt, Storage, Store, StoreError, UnitOfWork},
};

/// Builds an aggregate from events, without the commands that would raise them.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use bloom_runtime::{
///     application::{Events, StorageStore},
///     domain::{Aggregate, Uuid},
///     memory::MemoryStorage,
///     testing::{Builder, conformance::{Account, AccountEvent}},
/// };
///
/// let opened = AccountEvent::Opened { id: Uuid::nil().into(), owner: "ada".to_owned() };
/// let account = Builder::<Account>::begun_by(opened)
///     .and(AccountEvent::Deposited { amount: 5 })
///     .and_then((1..=3).map(|amount| AccountEvent::Deposited { amount }));
/// assert_eq!(account.clone().build().balance(), 11);
///
/// let store = StorageStore::new(MemoryStorage::new()).aggregate::<Account>(Events::folded());
/// let receipt = account.stored_in(&store).await?;
/// assert_eq!(receipt.version.get(), 5);
/// # Ok::<(), bloom_runtime::ports::StoreError>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Builder<A: Aggregate> {
    events: Vec<A::Event>,
}

impl<A: Aggregate> Builder<A> {
    /// It began with this event.
    #[must_use]
    pub fn begun_by(event: A::Event) -> Self {
        Self { events: vec![event] }
    }

    /// Then this happened.
    #[must_use]
    pub fn and(mut self, event: A::Event) -> Self {
        self.events.push(event);
        self
    }

    /// Then these happened.
    #[must_use]
    pub fn and_then(mut self, events: impl IntoIterator<Item = A::Event>) -> Self {
        self.events.extend(events);
        self
    }

    /// The aggregate, with all of this as its past.
    ///
    /// # Panics
    /// When the first event does not begin one.
    #[must_use]
    #[track_caller]
    pub fn build(self) -> A {
        match A::fold(None, self.events) {
            Some(aggregate) => aggregate,
            None => panic!("these events begin no {}", A::NAME),
        }
    }

    /// Puts it into a store that has no such aggregate yet, however the store loads it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is one, and what else a commit may say.
    ///
    /// # Panics
    /// When the first event does not begin one.
    pub async fn stored_in<S: Storage>(
        self,
        store: &StorageStore<S>,
    ) -> Result<Receipt<A::Id>, StoreError> {
        let events = self.events.clone();
        let aggregate = self.build();
        let mut uow = store.begin().await?;
        let receipt = uow.repository::<A>().append(aggregate, Version::NEW, events)?;
        uow.commit().await?;
        Ok(receipt)
    }
}
