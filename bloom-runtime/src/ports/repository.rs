//! Repositories: aggregates as if they were a collection.

use std::future::Future;

use serde::{Deserialize, Serialize};

use super::{Page, PageRequest, Rows, StoreError};
use crate::domain::{Aggregate, Json, Metadata, Spec, Timestamp, Version};

/// The aggregates of one kind, seen through a unit of work.
///
/// Reads are done at once. Writes are queued and happen when the unit of work commits.
pub trait Repository<A: Aggregate>: Send {
    /// The aggregate, or `None`.
    ///
    /// # Errors
    /// When the store is out of reach or what it holds does not decode.
    fn find_by_id(
        &mut self,
        id: &A::Id,
    ) -> impl Future<Output = Result<Option<A>, StoreError>> + Send;

    /// A page of those that satisfy `spec`. Sees committed data only.
    ///
    /// # Errors
    /// As [`Self::find_by_id`], [`StoreError::BadCursor`] and [`StoreError::TooLarge`].
    fn find(
        &mut self,
        spec: &Spec<A>,
        page: PageRequest,
    ) -> impl Future<Output = Result<Page<A>, StoreError>> + Send;

    /// How many satisfy `spec`. Sees committed data only.
    ///
    /// # Errors
    /// As [`Self::find`].
    fn count(&mut self, spec: &Spec<A>) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// The aggregate as it was at this version; `None` when it never came so far.
    ///
    /// # Errors
    /// As [`Self::find_by_id`].
    fn get_at(
        &mut self,
        id: &A::Id,
        version: Version,
    ) -> impl Future<Output = Result<Option<A>, StoreError>> + Send;

    /// The aggregate as it was at this moment; `None` when it was not there.
    ///
    /// A moment is that of the clock of the program that committed: events of several machines may lie as far apart as their
    /// clocks.
    ///
    /// # Errors
    /// As [`Self::find_by_id`].
    fn get_as_of(
        &mut self,
        id: &A::Id,
        at: Timestamp,
    ) -> impl Future<Output = Result<Option<A>, StoreError>> + Send;

    /// Everything that has happened to the aggregate, oldest first, also when it was removed: who, when, why, and what it was
    /// afterwards. Empty when it never was.
    ///
    /// # Errors
    /// As [`Self::find_by_id`].
    fn history(
        &mut self,
        id: &A::Id,
    ) -> impl Future<Output = Result<Vec<Revision<A>>, StoreError>> + Send;

    /// Queues the end of the aggregate, behind what it has raised: nothing finds it any more, its unique values are free, and
    /// its history stays. Where its kind is registered with `soft_delete` it is kept and can be brought back.
    ///
    /// # Errors
    /// As [`Self::save`].
    fn remove(&mut self, aggregate: A) -> Result<Receipt<A::Id>, StoreError>;

    /// A page of those that were removed and are kept. Sees committed data only.
    ///
    /// # Errors
    /// As [`Self::find`], and [`StoreError::NotKept`].
    fn find_removed(
        &mut self,
        spec: &Spec<A>,
        page: PageRequest,
    ) -> impl Future<Output = Result<Page<A>, StoreError>> + Send;

    /// Queues the return of an aggregate that was removed and is kept. The commit fails when another has one of its unique
    /// values by now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it was not removed, and as [`Self::find_removed`].
    fn restore(&mut self, id: &A::Id) -> impl Future<Output = Result<A, StoreError>> + Send;

    /// Queues the end of what is kept of an aggregate that was removed. Its events stay in the log.
    ///
    /// # Errors
    /// As [`Self::restore`].
    fn purge(
        &mut self,
        id: &A::Id,
    ) -> impl Future<Output = Result<Receipt<A::Id>, StoreError>> + Send;

    /// Queues what the aggregate has raised since it was loaded. The receipt says the version it will
    /// have; a conflict shows when the unit of work commits.
    ///
    /// # Errors
    /// When the aggregate cannot be written down.
    fn save(&mut self, aggregate: A) -> Result<Receipt<A::Id>, StoreError>;

    /// The aggregate.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or as [`Self::find_by_id`].
    fn get(&mut self, id: &A::Id) -> impl Future<Output = Result<A, StoreError>> + Send
    where
        Self: Sized,
    {
        async move {
            self.find_by_id(id).await?.ok_or_else(|| StoreError::NotFound {
                aggregate: A::NAME.to_owned(),
                id: id.to_string(),
            })
        }
    }

    /// The aggregate, provided that it is at the version that the client has seen; any version when the
    /// client did not say.
    ///
    /// # Errors
    /// [`StoreError::Stale`], or as [`Self::get`].
    fn get_seen(
        &mut self,
        id: &A::Id,
        seen: Option<Version>,
    ) -> impl Future<Output = Result<A, StoreError>> + Send
    where
        Self: Sized,
    {
        async move {
            let aggregate = self.get(id).await?;
            match seen {
                Some(expected) if expected != aggregate.version() => Err(StoreError::Stale {
                    aggregate: A::NAME.to_owned(),
                    id: id.to_string(),
                    expected,
                    actual: aggregate.version(),
                }),
                _ => Ok(aggregate),
            }
        }
    }

    /// Whether one satisfies `spec`. Sees committed data only.
    ///
    /// # Errors
    /// As [`Self::find`].
    fn exists(&mut self, spec: &Spec<A>) -> impl Future<Output = Result<bool, StoreError>> + Send
    where
        Self: Sized,
    {
        async move { Ok(!self.find(spec, PageRequest::first(1)).await?.items.is_empty()) }
    }

    /// All that satisfy `spec`, however many: as many at a time as the request says are read and held in memory.
    ///
    /// ```
    /// # use bloom_runtime::{prelude::*, testing::conformance::Account};
    /// # async fn total(uow: &mut impl UnitOfWork) -> Result<u64, StoreError> {
    /// let mut total = 0;
    /// let mut accounts = uow.repository::<Account>().stream(Spec::all(), PageRequest::first(500));
    /// while let Some(account) = accounts.next().await? {
    ///     total += account.balance();
    /// }
    /// # Ok(total) }
    /// ```
    fn stream(self, spec: Spec<A>, page: PageRequest) -> Rows<Self, A>
    where
        Self: Sized,
    {
        Rows::new(self, spec, page)
    }

    /// Queues all of them, as [`Self::save`] does.
    ///
    /// # Errors
    /// As [`Self::save`].
    fn save_all(
        &mut self,
        aggregates: impl IntoIterator<Item = A>,
    ) -> Result<Vec<Receipt<A::Id>>, StoreError>
    where
        Self: Sized,
    {
        aggregates.into_iter().map(|aggregate| self.save(aggregate)).collect()
    }

    /// Queues new aggregates, as [`Self::add`] does.
    ///
    /// # Errors
    /// As [`Self::save`].
    fn add_all(
        &mut self,
        aggregates: impl IntoIterator<Item = A>,
    ) -> Result<Vec<Receipt<A::Id>>, StoreError>
    where
        Self: Sized,
    {
        aggregates.into_iter().map(|aggregate| self.add(aggregate)).collect()
    }

    /// Queues a new aggregate; the commit fails if there is one with this id.
    ///
    /// # Errors
    /// As [`Self::save`].
    fn add(&mut self, aggregate: A) -> Result<Receipt<A::Id>, StoreError> {
        self.save(aggregate)
    }
}

/// One event of an aggregate, and what the aggregate was afterwards.
#[derive(Debug, Clone)]
pub struct Revision<A: Aggregate> {
    /// The version it was brought to.
    pub version: Version,
    /// What happened; `None` when it was removed, brought back or purged.
    pub event: Option<A::Event>,
    /// The stored name of what happened.
    pub name: String,
    /// Who, when and why.
    pub metadata: Metadata,
    /// What it was afterwards; `None` when it was not there any more.
    pub state: Option<A>,
    /// The fields that were another before, each with what it was and what it became; `null` where it was absent.
    pub changes: Vec<(String, Json, Json)>,
}

/// Which aggregate was saved, and the version it has once the unit of work is committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt<Id> {
    /// The identity.
    pub id: Id,
    /// The version.
    pub version: Version,
}
