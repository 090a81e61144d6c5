//! The unit of work that buffers: reads go to the storage, writes wait for the commit.

use std::{
    any::Any,
    collections::{BTreeMap, HashMap},
    marker::PhantomData,
    sync::Arc,
};

use super::{repository::BufferedRepository, store::Inner};
use crate::{
    domain::{Aggregate, Classified, GeneratedIdentity, Metadata, Timestamp},
    ports::{
        Batch, Committed, Context, Outcome, Storage, StoreError, StreamAppend, StreamId, UnitOfWork,
    },
};

/// An aggregate as this unit of work last saw it, of whatever type.
pub(super) type Seen = Arc<dyn Any + Send + Sync>;

/// The unit of work of every [`StorageStore`](super::StorageStore).
pub struct BufferedUnitOfWork<S: Storage> {
    pub(super) store: Arc<Inner<S>>,
    context: Context,
    /// What was loaded or saved; `get` returns copies of it.
    pub(super) seen: HashMap<StreamId, Seen>,
    /// What is queued, oldest first; a savepoint is a length of it.
    journal: Vec<Entry<S::Work>>,
    guards: BTreeMap<StreamId, crate::domain::Version>,
    outcome: Option<Outcome>,
}

/// One thing that waits for the commit.
enum Entry<W> {
    Save(Save),
    Work(W),
}

/// One call of `save`.
pub(super) struct Save {
    pub(super) append: StreamAppend,
    pub(super) state: Seen,
    /// The aggregate's own errors for its unique fields.
    pub(super) taken: Vec<(&'static str, Box<dyn Classified>)>,
}

impl<S: Storage> BufferedUnitOfWork<S> {
    pub(super) fn new(store: Arc<Inner<S>>, context: Context) -> Self {
        Self {
            store,
            context,
            seen: HashMap::new(),
            journal: Vec::new(),
            guards: BTreeMap::new(),
            outcome: None,
        }
    }

    pub(super) fn metadata(&self) -> Metadata {
        Metadata {
            event_id: self.store.ids.next(),
            at: self.now(),
            correlation: self.context.correlation.clone(),
            causation: self
                .context
                .causation
                .clone()
                .or_else(|| self.context.command.as_ref().map(|command| command.key.clone())),
            actor: self.context.actor.clone(),
            tenant: self.context.tenant.clone(),
        }
    }

    pub(super) fn note(&mut self, save: Save) {
        self.seen.insert(save.append.stream.clone(), Arc::clone(&save.state));
        self.journal.push(Entry::Save(save));
    }

    /// Queues work of the storage's own kind. It is done in the commit, after everything that is saved, and
    /// it is lost with the unit of work.
    pub fn queue(&mut self, work: S::Work) {
        self.journal.push(Entry::Work(work));
    }

    fn saves(&self) -> impl DoubleEndedIterator<Item = &Save> {
        self.journal.iter().filter_map(|entry| match entry {
            Entry::Save(save) => Some(save),
            Entry::Work(_) => None,
        })
    }

    /// The saves with those of one aggregate merged, so that each stream is appended to once.
    fn batch(&self) -> Result<Batch, StoreError> {
        let mut appends: Vec<StreamAppend> = Vec::new();
        for Save { append, .. } in self.saves() {
            let earlier = appends.iter_mut().find(|earlier| earlier.stream == append.stream);
            match earlier {
                None => appends.push(append.clone()),
                Some(earlier) if earlier.version() == append.expected => {
                    earlier.events.extend(append.events.iter().cloned());
                    earlier.document.clone_from(&append.document);
                    earlier.keys.clone_from(&append.keys);
                }
                Some(earlier) => {
                    return Err(StoreError::Conflict {
                        aggregate: append.stream.aggregate.clone(),
                        id: append.stream.id.clone(),
                        expected: append.expected,
                        actual: earlier.version(),
                    });
                }
            }
        }
        let mut guards = self.guards.clone();
        guards.retain(|stream, _| appends.iter().all(|append| append.stream != *stream));
        Ok(Batch { appends, guards, outcome: self.outcome.clone() })
    }

    /// The aggregate's own error in place of the storage's.
    fn own_error(saves: Vec<Save>, error: StoreError) -> StoreError {
        let StoreError::KeyTaken { aggregate, id, field } = &error else { return error };
        let taken = saves.into_iter().rev().find_map(|save| {
            let stream = &save.append.stream;
            (stream.aggregate == *aggregate && stream.id == *id)
                .then(|| save.taken.into_iter().find(|(name, _)| name == field))
                .flatten()
        });
        match taken {
            Some((_, taken)) => StoreError::Taken(taken),
            None => error,
        }
    }
}

impl<S: Storage> UnitOfWork for BufferedUnitOfWork<S> {
    type Repository<'u, A: Aggregate> = BufferedRepository<'u, S, A>;

    fn repository<A: Aggregate>(&mut self) -> Self::Repository<'_, A> {
        BufferedRepository { uow: self, aggregate: PhantomData }
    }

    fn context(&self) -> &Context {
        &self.context
    }

    fn now(&self) -> Timestamp {
        self.store.clock.now()
    }

    fn next_id<I: GeneratedIdentity>(&self) -> I {
        I::from_uuid(self.store.ids.next())
    }

    fn guard<A: Aggregate>(&mut self, aggregate: &A) {
        let stream = StreamId { aggregate: A::NAME.to_owned(), id: aggregate.id().to_string() };
        self.guards.insert(stream, aggregate.changes().base());
    }

    fn record_outcome(&mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }

    fn has_writes(&self) -> bool {
        !self.journal.is_empty()
    }

    fn savepoint(&self) -> usize {
        self.journal.len()
    }

    fn roll_back_to(&mut self, savepoint: usize) {
        self.journal.truncate(savepoint);
        let states = self.saves().map(|save| (save.append.stream.clone(), Arc::clone(&save.state)));
        self.seen = states.collect();
    }

    async fn commit(self) -> Result<Committed, StoreError> {
        let batch = self.batch()?;
        let (mut saves, mut work) = (Vec::new(), Vec::new());
        for entry in self.journal {
            match entry {
                Entry::Save(save) => saves.push(save),
                Entry::Work(one) => work.push(one),
            }
        }
        if batch == Batch::default() && work.is_empty() {
            return Ok(Committed::default());
        }
        let committed = self.store.storage.commit(batch, work).await;
        committed.map_err(|error| Self::own_error(saves, error))
    }
}
