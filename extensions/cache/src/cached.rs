//! The cache.

use std::{fmt, sync::Arc, time::Duration};

use bloom_runtime::{
    application::{Behaviour, Loaded, Saved, Stage},
    domain::{Aggregate, Version},
    ports::{Position, Storage, StoreError, StreamId},
};
use moka::{ops::compute::Op, sync::Cache};
use tokio::task::JoinHandle;

/// The aggregates of one kind that are remembered, each tenant's apart. Clones share them.
pub struct Cached<A: Aggregate> {
    entries: Cache<StreamId, Entry<A>>,
    most: u64,
}

#[derive(Clone)]
struct Entry<A> {
    version: Version,
    /// `None` when it is known only that everything older is out of date.
    aggregate: Option<Arc<A>>,
}

/// How long an entry is believed unless it is said.
const BELIEVED: Duration = Duration::from_secs(60);
/// Another process may append without telling this one.
const POLL: Duration = Duration::from_millis(200);

impl<A: Aggregate> Cached<A> {
    /// At most so many, each for a minute; those that are used least go first.
    #[must_use]
    pub fn at_most(most: u64) -> Self {
        Self { entries: Cache::builder().max_capacity(most).time_to_live(BELIEVED).build(), most }
    }

    /// The same, each for so long at most. Nothing is remembered yet.
    #[must_use]
    pub fn for_at_most(self, time: Duration) -> Self {
        let entries = Cache::builder().max_capacity(self.most).time_to_live(time).build();
        Self { entries, most: self.most }
    }

    /// Forgets one.
    pub fn forget(&self, stream: &StreamId) {
        self.entries.invalidate(stream);
    }

    /// Forgets all.
    pub fn forget_all(&self) {
        self.entries.invalidate_all();
    }

    /// Forgets whatever others commit, as soon as the log shows it, until the task is aborted. For tenants that are kept apart by
    /// rows, or for no tenants; those with storages of their own have logs of their own.
    pub fn follow<S: Storage>(&self, storage: Arc<S>) -> JoinHandle<()> {
        let this = self.clone();
        tokio::spawn(async move {
            let mut after = None;
            loop {
                let mut appended = storage.appended();
                appended.mark_unchanged();
                match this.catch_up(&*storage, &mut after).await {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(error) => {
                        // What is missed meanwhile is not known, so that nothing is believed.
                        tracing::warn!(%error, "the cache cannot follow the log");
                        this.forget_all();
                    }
                }
                tokio::select! {
                    _ = appended.changed() => {}
                    () = tokio::time::sleep(POLL) => {}
                }
            }
        })
    }

    /// Forgets what has changed since; whether there may be more.
    async fn catch_up<S: Storage>(
        &self,
        storage: &S,
        after: &mut Option<Position>,
    ) -> Result<bool, StoreError> {
        const BATCH: usize = 500;
        let start = match *after {
            Some(position) => position,
            None => {
                let head = storage.head().await?;
                // What was remembered before may be older.
                self.forget_all();
                *after.insert(head)
            }
        };
        let events = storage.read(start, BATCH).await?;
        for event in &events {
            if event.stream.aggregate == A::NAME {
                self.outdated(&event.stream, event.version);
            }
            *after = Some(event.position);
        }
        Ok(events.len() == BATCH)
    }

    /// Notes that everything older than this version is out of date.
    fn outdated(&self, stream: &StreamId, version: Version) {
        self.note(stream, Entry { version, aggregate: None });
    }

    /// Keeps the newer one of the entry that is there and this one, whichever comes first.
    fn note(&self, stream: &StreamId, entry: Entry<A>) {
        self.entries.entry_by_ref(stream).and_compute_with(|there| match there {
            Some(there) if there.value().version > entry.version => Op::Nop,
            Some(there) if there.value().version == entry.version && entry.aggregate.is_none() => {
                Op::Nop
            }
            _ => Op::Put(entry),
        });
    }
}

impl<A: Aggregate> Behaviour<A> for Cached<A> {
    fn stage(&self) -> Stage {
        Stage::Cache
    }

    fn recall(&self, stream: &StreamId) -> Option<A> {
        self.entries.get(stream)?.aggregate.as_deref().cloned()
    }

    fn loaded(&self, loaded: &Loaded<'_, A>) {
        if let Some(aggregate) = loaded.aggregate {
            let (version, aggregate) = (aggregate.version(), Some(Arc::new(aggregate.clone())));
            self.note(loaded.stream, Entry { version, aggregate });
        }
    }

    fn committed(&self, saved: &Saved<'_, A>) {
        let aggregate = saved.aggregate.map(|aggregate| Arc::new(aggregate.clone()));
        self.note(saved.stream, Entry { version: saved.version, aggregate });
    }

    fn failed(&self, stream: &StreamId, _: &StoreError) {
        self.forget(stream);
    }
}

impl<A: Aggregate> Clone for Cached<A> {
    fn clone(&self) -> Self {
        Self { entries: self.entries.clone(), most: self.most }
    }
}

impl<A: Aggregate> fmt::Debug for Cached<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.entries.entry_count();
        f.debug_struct("Cached").field("aggregate", &A::NAME).field("entries", &count).finish()
    }
}
