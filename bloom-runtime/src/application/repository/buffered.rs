//! The repository itself, and what all of its parts need.

use std::{marker::PhantomData, sync::Arc, time::Instant};

use crate::{
    application::{behaviour::Loaded, buffer::Buffer, registration::Registration, save::Seen},
    domain::Aggregate,
    ports::{Storage, StoreError, StreamId},
};

/// The repository of one kind of aggregate within a [`BufferedUnitOfWork`](crate::application::BufferedUnitOfWork).
pub struct BufferedRepository<'u, S: Storage, A> {
    pub(in crate::application) buffer: &'u mut Buffer<S>,
    pub(in crate::application) aggregate: PhantomData<fn() -> A>,
}

impl<S: Storage, A: Aggregate> BufferedRepository<'_, S, A> {
    pub(super) fn registration(&self) -> Result<Arc<Registration<A>>, StoreError> {
        self.buffer.store.registration::<A>()
    }

    /// The registration, if what is removed is kept.
    pub(super) fn kept(&self) -> Result<Arc<Registration<A>>, StoreError> {
        let registration = self.registration()?;
        if registration.soft_delete {
            Ok(registration)
        } else {
            Err(StoreError::NotKept { aggregate: A::NAME })
        }
    }

    /// Reads it from the store, whatever somebody remembers.
    pub(super) async fn read(
        &mut self,
        registration: &Arc<Registration<A>>,
        stream: &StreamId,
    ) -> Result<Option<A>, StoreError> {
        let known_as = self.buffer.known_as(A::NAME, &stream.id);
        let started = Instant::now();
        let found = self.load(registration, stream).await?;
        let (aggregate, took) = (found.as_ref(), started.elapsed());
        for behaviour in &registration.behaviours {
            behaviour.loaded(&Loaded { stream: &known_as, aggregate, took });
        }
        if let Some(aggregate) = &found {
            let seen = Seen::There(Arc::new(aggregate.clone()));
            self.buffer.seen.insert(stream.clone(), seen);
        }
        Ok(found)
    }

    pub(super) fn stream_of(&self, id: &A::Id) -> StreamId {
        self.buffer.stream(A::NAME, &id.to_string())
    }
}

pub(super) fn missing<A: Aggregate>(id: &A::Id) -> StoreError {
    StoreError::NotFound { aggregate: A::NAME.to_owned(), id: id.to_string() }
}
