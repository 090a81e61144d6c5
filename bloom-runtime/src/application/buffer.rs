//! What a unit of work has seen, and what it will write.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    composition::Composition,
    save::{AnySave, Save, Seen, newest},
    seals,
    tenancy::Whose,
};
use crate::{
    domain::Version,
    ports::{
        Batch, Boundary, Committed, Context, Direction, EventQuery, EventSelection, Outcome,
        Position, RecordedEvent, Storage, StoreError, StreamAppend, StreamId,
    },
};

/// Copies of what was read, and a queue of what waits for the commit.
pub(super) struct Buffer<S: Storage> {
    pub(super) store: Arc<Composition<S>>,
    pub(super) context: Context,
    pub(super) whose: Whose,
    /// What was loaded or saved; `get` returns copies of it.
    pub(super) seen: HashMap<StreamId, Seen>,
    /// What is queued, oldest first; a savepoint is a length of it.
    journal: Vec<Entry<S>>,
    guards: BTreeMap<StreamId, (Version, Box<dyn AnySave<S>>)>,
    boundaries: Vec<Boundary>,
    pub(super) outcome: Option<Outcome>,
    /// Streams whose version somebody has decided on, so that no conflict over them is resolved.
    fixed: HashSet<StreamId>,
}

/// One thing that waits for the commit.
enum Entry<S: Storage> {
    Save(Box<Save<S>>),
    Work(S::Work),
}

/// How often a conflict is resolved before it is one after all.
const RESOLUTIONS: usize = 16;

impl<S: Storage> Buffer<S> {
    pub(super) fn new(store: Arc<Composition<S>>, context: Context, whose: Whose) -> Self {
        Self {
            store,
            context,
            whose,
            seen: HashMap::new(),
            journal: Vec::new(),
            guards: BTreeMap::new(),
            boundaries: Vec::new(),
            outcome: None,
            fixed: HashSet::new(),
        }
    }

    /// The aggregate with this name and id, as the storage knows it.
    pub(super) fn stream(&self, aggregate: &str, id: &str) -> StreamId {
        let (aggregate, id) = (aggregate.to_owned(), id.to_owned());
        StreamId { tenant: self.whose.rows.clone(), aggregate, id }
    }

    /// The same as the program knows it, to which tenants with storages of their own are tenants, too.
    pub(super) fn known_as(&self, aggregate: &str, id: &str) -> StreamId {
        StreamId { tenant: self.whose.tenant.clone(), ..self.stream(aggregate, id) }
    }

    pub(super) fn note(&mut self, save: Save<S>) {
        self.seen.insert(save.append.stream.clone(), save.state.clone());
        self.journal.push(Entry::Save(Box::new(save)));
    }

    pub(super) fn queue(&mut self, work: S::Work) {
        self.journal.push(Entry::Work(work));
    }

    pub(super) fn guard(&mut self, stream: StreamId, version: Version, typed: Box<dyn AnySave<S>>) {
        self.fix(stream.clone());
        self.guards.insert(stream, (version, typed));
    }

    /// The events that match, and a note that none of them may have come meanwhile.
    pub(super) async fn boundary(
        &mut self,
        query: EventQuery,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        query.check_size()?;
        // How far they are known has to be known before they are read.
        let after = self.store.storage.head().await?;
        let selection = EventSelection {
            tenant: Some(self.whose.rows.clone()),
            query: query.clone(),
            after: Position::START,
            up_to: Some(after),
            direction: Direction::Forwards,
            limit: usize::MAX,
        };
        let events = self.store.storage.select(selection).await?;
        self.boundaries.push(Boundary { query, after });
        Ok(events)
    }

    /// Notes that somebody has decided on the version of this stream.
    pub(super) fn fix(&mut self, stream: StreamId) {
        self.fixed.insert(stream);
    }

    /// Whether something of this stream is queued.
    pub(super) fn queues(&self, stream: &StreamId) -> bool {
        self.saves().any(|save| save.append.stream == *stream)
    }

    /// How much is queued.
    pub(super) fn len(&self) -> usize {
        self.journal.len()
    }

    /// Forgets what was queued after the first `length` entries.
    pub(super) fn truncate(&mut self, length: usize) {
        self.journal.truncate(length);
        let states = self.saves().map(|save| (save.append.stream.clone(), save.state.clone()));
        self.seen = states.collect();
    }

    pub(super) async fn commit(mut self) -> Result<Committed, StoreError> {
        let started = Instant::now();
        let batch = self.batch()?;
        let Self { store, context, journal, guards, fixed, .. } = self;
        let (mut saves, mut work) = (Vec::new(), Vec::new());
        for entry in journal {
            match entry {
                Entry::Save(save) => saves.push(*save),
                Entry::Work(one) => work.push(one),
            }
        }
        let nothing = Batch { tenant: batch.tenant.clone(), ..Batch::default() };
        if batch == nothing && work.is_empty() {
            return Ok(Committed::default());
        }
        let guards = guards.into_values().map(|(_, typed)| typed).collect();
        let mut pending = Pending { saves, guards, is_decided: false };
        let mut resolved = Vec::new();
        let work = work.into();
        let result =
            attempt(&store, &context, batch, &pending.saves, &fixed, &work, &mut resolved).await;
        pending.is_decided = true;
        match result {
            Ok((committed, written)) => {
                pending.tell(&written, &context, started.elapsed(), &resolved);
                Ok(committed)
            }
            Err(error) => {
                pending.fail(&error);
                Err(own_error(std::mem::take(&mut pending.saves), error))
            }
        }
    }

    fn saves(&self) -> impl DoubleEndedIterator<Item = &Save<S>> {
        self.journal.iter().filter_map(|entry| match entry {
            Entry::Save(save) => Some(&**save),
            Entry::Work(_) => None,
        })
    }

    /// The saves with those of one aggregate merged, so that each stream is appended to once. What they append is taken out of them.
    fn batch(&mut self) -> Result<Batch, StoreError> {
        let mut appends: Vec<StreamAppend> = Vec::new();
        let saves = self.journal.iter_mut().filter_map(|entry| match entry {
            Entry::Save(save) => Some(&mut save.append),
            Entry::Work(_) => None,
        });
        for append in saves {
            let taken = StreamAppend {
                stream: append.stream.clone(),
                expected: append.expected,
                events: std::mem::take(&mut append.events),
                document: append.document.take(),
                keys: std::mem::take(&mut append.keys),
            };
            let earlier = appends.iter_mut().find(|earlier| earlier.stream == taken.stream);
            match earlier {
                None => appends.push(taken),
                Some(earlier) if earlier.version() == taken.expected => {
                    earlier.events.extend(taken.events);
                    (earlier.document, earlier.keys) = (taken.document, taken.keys);
                }
                Some(earlier) => {
                    return Err(StoreError::Conflict {
                        aggregate: taken.stream.aggregate,
                        id: taken.stream.id,
                        expected: taken.expected,
                        actual: earlier.version(),
                    });
                }
            }
        }
        let guards = self.guards.iter().map(|(stream, (version, _))| (stream.clone(), *version));
        let guards =
            guards.filter(|(stream, _)| appends.iter().all(|append| append.stream != *stream));
        Ok(Batch {
            tenant: self.whose.rows.clone(),
            guards: guards.collect(),
            appends,
            additions: Vec::new(),
            boundaries: self.boundaries.clone(),
            keys_used: Vec::new(),
            outcome: self.outcome.clone(),
        })
    }
}

/// The aggregates that were written, each with the version that it came to.
type Written = Vec<(StreamId, Version)>;

/// Commits, and resolves conflicts as long as they can be.
async fn attempt<S: Storage>(
    store: &Composition<S>,
    context: &Context,
    mut batch: Batch,
    saves: &[Save<S>],
    fixed: &HashSet<StreamId>,
    work: &Arc<[S::Work]>,
    resolved: &mut Vec<StreamId>,
) -> Result<(Committed, Written), StoreError> {
    // An outcome that is recorded names the version that there was to be.
    let is_final = store.is_held || batch.outcome.is_some();
    let may_resolve = !is_final && saves.iter().any(|save| save.typed.may_be_rebased());
    loop {
        let appends = batch.appends.iter();
        let written = appends.map(|append| (append.stream.clone(), append.version())).collect();
        let kept = may_resolve.then(|| batch.clone());
        let work = store.storage.accompany(&batch, Arc::clone(work))?;
        // What is sealed is what is stored, so that the seals hold when a person is forgotten.
        let mut stored = store.storage.conceal(batch).await?;
        seals::seal(&*store.storage, &mut stored, saves).await?;
        let error = match store.storage.commit(stored, work).await {
            Ok(committed) => return Ok((committed, written)),
            Err(error) => error,
        };
        let Some(kept) = kept else { return Err(error) };
        batch = kept;
        let StoreError::Conflict { aggregate, id, .. } = &error else { return Err(error) };
        let place = batch
            .appends
            .iter()
            .position(|append| append.stream.aggregate == *aggregate && append.stream.id == *id);
        let Some(place) = place else { return Err(error) };
        let append = &batch.appends[place];
        if fixed.contains(&append.stream) || resolved.len() == RESOLUTIONS {
            return Err(error);
        }
        let Some(save) = newest(saves, &append.stream) else { return Err(error) };
        let Some(rebased) = save.typed.rebased(store, context, append).await? else {
            return Err(error);
        };
        resolved.push(rebased.stream.clone());
        if rebased.events.is_empty() {
            batch.appends.remove(place);
        } else {
            batch.appends[place] = rebased;
        }
    }
}

/// Saves and checks on their way, whose behaviours hear in any case how it went: also when nobody waits for it any more.
struct Pending<S> {
    saves: Vec<Save<S>>,
    guards: Vec<Box<dyn AnySave<S>>>,
    is_decided: bool,
}

impl<S> Pending<S> {
    /// Everything was committed, but what a resolution has made needless.
    fn tell(&self, written: &Written, context: &Context, took: Duration, resolved: &[StreamId]) {
        for (stream, version) in written {
            if let Some(save) = newest(&self.saves, stream) {
                let is_resolved = resolved.contains(stream);
                save.typed.committed(*version, context, took, is_resolved);
            }
        }
        for save in &self.saves {
            let stream = &save.append.stream;
            if written.iter().all(|(other, _)| other != stream) {
                let (aggregate, id) = (stream.aggregate.clone(), stream.id.clone());
                let (expected, actual) = (save.append.expected, save.version);
                save.typed.failed(&StoreError::Conflict { aggregate, id, expected, actual });
            }
        }
    }

    /// Nothing was committed, as far as one knows.
    fn fail(&self, error: &StoreError) {
        for (place, save) in self.saves.iter().enumerate() {
            let stream = &save.append.stream;
            let is_last =
                self.saves[place + 1..].iter().all(|later| later.append.stream != *stream);
            if is_last {
                save.typed.failed(error);
            }
        }
        for typed in &self.guards {
            typed.failed(error);
        }
    }
}

impl<S> Drop for Pending<S> {
    fn drop(&mut self) {
        if !self.is_decided {
            self.fail(&StoreError::OutcomeUnknown);
        }
    }
}

/// The aggregate's own error in place of the storage's.
fn own_error<S>(saves: Vec<Save<S>>, error: StoreError) -> StoreError {
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
