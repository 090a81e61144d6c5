//! The unit of work that buffers: reads go to the storage, writes wait for the commit.

use std::{marker::PhantomData, sync::Arc};

use super::{
    buffer::Buffer,
    composition::Composition,
    repository::{BufferedRepository, TypedSave},
    tenancy::Whose,
};
use crate::{
    domain::{Aggregate, GeneratedIdentity, Timestamp},
    ports::{
        Committed, Context, EventQuery, Outcome, RecordedEvent, Storage, StoreError, UnitOfWork,
    },
};

/// The unit of work of every [`StorageStore`](super::StorageStore).
pub struct BufferedUnitOfWork<S: Storage> {
    buffer: Buffer<S>,
}

impl<S: Storage> BufferedUnitOfWork<S> {
    pub(super) fn new(store: Arc<Composition<S>>, context: Context, whose: Whose) -> Self {
        Self { buffer: Buffer::new(store, context, whose) }
    }

    /// Queues work of the storage's own kind. It is done in the commit, after everything that is saved, and
    /// it is lost with the unit of work.
    pub fn queue(&mut self, work: S::Work) {
        self.buffer.queue(work);
    }
}

impl<S: Storage> UnitOfWork for BufferedUnitOfWork<S> {
    type Repository<'u, A: Aggregate> = BufferedRepository<'u, S, A>;

    fn repository<A: Aggregate>(&mut self) -> Self::Repository<'_, A> {
        BufferedRepository { buffer: &mut self.buffer, aggregate: PhantomData }
    }

    fn context(&self) -> &Context {
        &self.buffer.context
    }

    fn now(&self) -> Timestamp {
        self.buffer.store.clock.now()
    }

    fn next_id<I: GeneratedIdentity>(&self) -> I {
        I::from_uuid(self.buffer.store.ids.next())
    }

    fn guard<A: Aggregate>(&mut self, aggregate: &A) {
        let id = aggregate.id().to_string();
        let (stream, known_as) =
            (self.buffer.stream(A::NAME, &id), self.buffer.known_as(A::NAME, &id));
        // One that is not registered was not read here, so that its check fails and nobody has to be told.
        let registration = self
            .buffer
            .store
            .registration::<A>()
            .unwrap_or_else(|_| Arc::new(super::Events::folded()));
        let typed = Box::new(TypedSave { registration, known_as, state: None });
        self.buffer.guard(stream, aggregate.changes().base(), typed);
    }

    async fn boundary(&mut self, query: EventQuery) -> Result<Vec<RecordedEvent>, StoreError> {
        self.buffer.boundary(query).await
    }

    fn record_outcome(&mut self, outcome: Outcome) {
        self.buffer.outcome = Some(outcome);
    }

    fn has_writes(&self) -> bool {
        self.buffer.len() > 0
    }

    fn savepoint(&self) -> usize {
        self.buffer.len()
    }

    fn roll_back_to(&mut self, savepoint: usize) {
        self.buffer.truncate(savepoint);
    }

    async fn commit(self) -> Result<Committed, StoreError> {
        self.buffer.commit().await
    }
}
