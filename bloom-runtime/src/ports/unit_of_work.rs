//! Units of work: all or nothing.

use std::future::Future;

use super::{Committed, Context, EventQuery, Outcome, RecordedEvent, Repository, StoreError};
use crate::domain::{Aggregate, GeneratedIdentity, Timestamp};

/// Collects reads and writes and commits the writes together.
///
/// Repositories work only through it: `uow.repository::<Order>().get(&id).await?`. Nothing is written
/// before [`commit`](Self::commit), and dropping it forgets everything.
pub trait UnitOfWork: Send {
    /// The repository of aggregates of type `A`.
    type Repository<'u, A: Aggregate>: Repository<A>
    where
        Self: 'u;

    /// The repository of aggregates of type `A`.
    fn repository<A: Aggregate>(&mut self) -> Self::Repository<'_, A>;

    /// The context captured when it began.
    fn context(&self) -> &Context;

    /// This moment, by the clock of the store.
    fn now(&self) -> Timestamp;

    /// An identity that nobody has seen before.
    fn next_id<I: GeneratedIdentity>(&self) -> I;

    /// Makes the commit fail with a conflict if the aggregate, which was only read, has changed.
    fn guard<A: Aggregate>(&mut self, aggregate: &A);

    /// The events that match, in order, as what a decision is made from: the commit fails with [`StoreError::Crossed`] when another one
    /// has come meanwhile, so that of several who decide on the same, one does.
    ///
    /// For rules that no single aggregate can keep, such as "at most thirty in a course, and at most five courses each". Only what is
    /// committed is seen; ask by tags, so that few events are looked at.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] for too long a query, and when the store is out of reach.
    fn boundary(
        &mut self,
        query: EventQuery,
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, StoreError>> + Send;

    /// Notes the outcome of a command, to be committed with its effects, so that running the command
    /// again gives the outcome instead of a second effect.
    fn record_outcome(&mut self, outcome: Outcome);

    /// Whether something waits to be committed.
    fn has_writes(&self) -> bool;

    /// A mark to which the queued writes can be rolled back.
    fn savepoint(&self) -> usize;

    /// Forgets the writes queued since the mark.
    fn roll_back_to(&mut self, savepoint: usize);

    /// Writes everything in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Crossed`], [`StoreError::Taken`] and whatever the store says; nothing is stored
    /// then, except for [`StoreError::OutcomeUnknown`].
    fn commit(self) -> impl Future<Output = Result<Committed, StoreError>> + Send;
}
