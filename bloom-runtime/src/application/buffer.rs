//! What a unit of work has seen, and what it will write.

use std::{
    any::Any,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::composition::Composition;
use crate::{
    domain::{Classified, Metadata, Version},
    ports::{Batch, Committed, Context, Outcome, Storage, StoreError, StreamAppend, StreamId},
};

/// An aggregate as a unit of work last saw it, of whatever type.
pub(super) type Seen = Arc<dyn Any + Send + Sync>;

/// Copies of what was read, and a queue of what waits for the commit.
pub(super) struct Buffer<S: Storage> {
    pub(super) store: Arc<Composition<S>>,
    pub(super) context: Context,
    /// What was loaded or saved; `get` returns copies of it.
    pub(super) seen: HashMap<StreamId, Seen>,
    /// What is queued, oldest first; a savepoint is a length of it.
    journal: Vec<Entry<S::Work>>,
    pub(super) guards: BTreeMap<StreamId, Version>,
    pub(super) outcome: Option<Outcome>,
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

impl<S: Storage> Buffer<S> {
    pub(super) fn new(store: Arc<Composition<S>>, context: Context) -> Self {
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
            at: self.store.clock.now(),
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

    pub(super) fn queue(&mut self, work: S::Work) {
        self.journal.push(Entry::Work(work));
    }

    /// How much is queued.
    pub(super) fn len(&self) -> usize {
        self.journal.len()
    }

    /// Forgets what was queued after the first `length` entries.
    pub(super) fn truncate(&mut self, length: usize) {
        self.journal.truncate(length);
        let states = self.saves().map(|save| (save.append.stream.clone(), Arc::clone(&save.state)));
        self.seen = states.collect();
    }

    pub(super) async fn commit(self) -> Result<Committed, StoreError> {
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
