//! Typed aggregates over untyped rows.

mod buffered;
mod finding;
mod history;
mod loading;
mod past;
mod rows;
mod saving;
mod typed_save;

use std::sync::Arc;

pub use self::buffered::BufferedRepository;
use self::buffered::missing;
pub(super) use self::{
    loading::document_of,
    past::Past,
    rows::{claims, has_nul, metadata},
    typed_save::TypedSave,
};
use super::save::Seen;
use crate::{
    domain::{Aggregate, Spec, Timestamp, Version},
    ports::{Lifecycle, Page, PageRequest, Receipt, Repository, Revision, Storage, StoreError},
};

impl<S: Storage, A: Aggregate> Repository<A> for BufferedRepository<'_, S, A> {
    async fn find_by_id(&mut self, id: &A::Id) -> Result<Option<A>, StoreError> {
        let registration = self.registration()?;
        let stream = self.stream_of(id);
        // No store keeps NUL, and not every one can be asked for it.
        if stream.id.contains('\0') {
            return Ok(None);
        }
        match self.buffer.seen.get(&stream) {
            Some(Seen::Removed) => return Ok(None),
            Some(Seen::There(state)) => {
                if let Some(aggregate) = state.downcast_ref::<A>() {
                    return Ok(Some(aggregate.clone()));
                }
            }
            None => {}
        }
        let known_as = self.buffer.known_as(A::NAME, &stream.id);
        let known = || registration.behaviours.iter().find_map(|one| one.recall(&known_as));
        let known = if self.buffer.store.is_held { None } else { known() };
        match known {
            Some(aggregate) => {
                self.buffer.seen.insert(stream, Seen::There(Arc::new(aggregate.clone())));
                Ok(Some(aggregate))
            }
            None => self.read(&registration, &stream).await,
        }
    }

    async fn get_seen(&mut self, id: &A::Id, seen: Option<Version>) -> Result<A, StoreError> {
        let mut aggregate = self.get(id).await?;
        let Some(expected) = seen else { return Ok(aggregate) };
        let stream = self.stream_of(id);
        if aggregate.version() != expected && !self.buffer.queues(&stream) {
            // What a behaviour remembers may be older than what the client has seen.
            let registration = self.registration()?;
            aggregate = self.read(&registration, &stream).await?.ok_or_else(|| missing::<A>(id))?;
        }
        let actual = aggregate.version();
        if actual != expected {
            let (aggregate, id) = (A::NAME.to_owned(), id.to_string());
            return Err(StoreError::Stale { aggregate, id, expected, actual });
        }
        // The client has decided on this version and on no other.
        self.buffer.fix(stream);
        Ok(aggregate)
    }

    async fn find(&mut self, spec: &Spec<A>, page: PageRequest) -> Result<Page<A>, StoreError> {
        self.find_those(false, spec, page).await
    }

    async fn count(&mut self, spec: &Spec<A>) -> Result<u64, StoreError> {
        self.count_those(spec).await
    }

    async fn get_at(&mut self, id: &A::Id, version: Version) -> Result<Option<A>, StoreError> {
        let past = self.past(id, |event| event.version <= version).await?;
        Ok(past.alive().filter(|aggregate| aggregate.version() == version))
    }

    async fn get_as_of(&mut self, id: &A::Id, at: Timestamp) -> Result<Option<A>, StoreError> {
        Ok(self.past(id, |event| event.metadata.at <= at).await?.alive())
    }

    async fn history(&mut self, id: &A::Id) -> Result<Vec<Revision<A>>, StoreError> {
        self.revisions(id).await
    }

    fn save(&mut self, mut aggregate: A) -> Result<Receipt<A::Id>, StoreError> {
        let expected = aggregate.changes().base();
        let events = aggregate.flush_events();
        self.append(aggregate, expected, events)
    }

    fn remove(&mut self, mut aggregate: A) -> Result<Receipt<A::Id>, StoreError> {
        let expected = aggregate.changes().base();
        let events = aggregate.flush_events();
        self.queue(aggregate, expected, events, Some(Lifecycle::Removed))
    }

    async fn find_removed(
        &mut self,
        spec: &Spec<A>,
        page: PageRequest,
    ) -> Result<Page<A>, StoreError> {
        self.kept()?;
        self.find_those(true, spec, page).await
    }

    async fn restore(&mut self, id: &A::Id) -> Result<A, StoreError> {
        let aggregate = self.removed(id).await?;
        let expected = aggregate.version();
        self.queue(aggregate.clone(), expected, Vec::new(), Some(Lifecycle::Restored))?;
        Ok(aggregate.moved_to(expected.after(1)))
    }

    async fn purge(&mut self, id: &A::Id) -> Result<Receipt<A::Id>, StoreError> {
        let aggregate = self.removed(id).await?;
        let expected = aggregate.version();
        self.queue(aggregate, expected, Vec::new(), Some(Lifecycle::Purged))
    }
}
