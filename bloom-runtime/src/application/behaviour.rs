//! Behaviours: what an aggregate's repository does besides, for every aggregate of a kind.

use std::time::Duration;

use crate::{
    domain::{Aggregate, Classified, Version},
    ports::{Context, StoreError, StreamId},
};

/// Where a behaviour stands among the others. They are called in this order, whatever order they were registered in; tenants and
/// removed aggregates are told apart before all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// Answers without asking the store.
    Cache,
    /// Refuses what must not be stored.
    Validation,
    /// Everything else.
    Own,
    /// Counts and measures.
    Metrics,
}

/// Something that happens whenever an aggregate of a kind is read, saved or committed.
///
/// It is registered where the store is composed; the repository stays as it is. Each method does nothing unless it is written.
/// They await nothing, so that none can hold up a unit of work.
///
/// ```
/// use bloom_runtime::{application::{Behaviour, Documents, Saving, StorageStore}, memory::MemoryStorage, prelude::*};
/// # use bloom_runtime::testing::conformance::Account;
///
/// struct Announce;
///
/// impl Behaviour<Account> for Announce {
///     fn saving(&self, saving: &Saving<'_, Account>) -> Result<(), Box<dyn Classified>> {
///         println!("{} will be at version {}", saving.stream, saving.aggregate.version());
///         Ok(())
///     }
/// }
///
/// let store = StorageStore::new(MemoryStorage::new())
///     .aggregate::<Account>(Documents::in_table("accounts").with(Announce));
/// ```
pub trait Behaviour<A: Aggregate>: Send + Sync + 'static {
    /// Where it stands.
    fn stage(&self) -> Stage {
        Stage::Own
    }

    /// The aggregate, when it is known without asking the store. Only units of work that run again on conflict ask.
    fn recall(&self, _stream: &StreamId) -> Option<A> {
        None
    }

    /// The aggregate was read from the store, or was not there.
    fn loaded(&self, _loaded: &Loaded<'_, A>) {}

    /// The aggregate is about to be queued.
    ///
    /// # Errors
    /// Why it must not be; `save` fails with it, and nothing is queued.
    fn saving(&self, _saving: &Saving<'_, A>) -> Result<(), Box<dyn Classified>> {
        Ok(())
    }

    /// A commit that has saved the aggregate is done.
    fn committed(&self, _saved: &Saved<'_, A>) {}

    /// A commit with the aggregate, or with a check of its version, has failed; nothing was stored, unless the outcome is unknown.
    fn failed(&self, _stream: &StreamId, _error: &StoreError) {}
}

/// What was read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Loaded<'a, A> {
    /// Which, and whose.
    pub stream: &'a StreamId,
    /// The aggregate; `None` when it is not there.
    pub aggregate: Option<&'a A>,
    /// How long it took.
    pub took: Duration,
}

/// What is about to be queued.
#[derive(Debug)]
#[non_exhaustive]
pub struct Saving<'a, A: Aggregate> {
    /// Which, and whose.
    pub stream: &'a StreamId,
    /// Who asks, and why.
    pub context: &'a Context,
    /// The aggregate as it is to be.
    pub aggregate: &'a A,
    /// What has happened to it; none when it is only removed.
    pub events: &'a [A::Event],
    /// Whether it is to be removed.
    pub removing: bool,
}

/// What was committed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Saved<'a, A> {
    /// Which, and whose.
    pub stream: &'a StreamId,
    /// Who asked, and why.
    pub context: &'a Context,
    /// The aggregate as it is now; `None` when it was removed, or when a conflict was resolved and it has to be read again.
    pub aggregate: Option<&'a A>,
    /// Its version.
    pub version: Version,
    /// How long the commit took.
    pub took: Duration,
}

/// A check of every aggregate before it is saved, for what its own methods cannot know: `Documents::in_table("orders").validated(check)`.
pub(super) struct Validated<F>(pub(super) F);

impl<A, F, E> Behaviour<A> for Validated<F>
where
    A: Aggregate,
    E: Classified,
    F: Fn(&A) -> Result<(), E> + Send + Sync + 'static,
{
    fn stage(&self) -> Stage {
        Stage::Validation
    }

    fn saving(&self, saving: &Saving<'_, A>) -> Result<(), Box<dyn Classified>> {
        // What no longer passes has to be removed all the same.
        if saving.removing {
            return Ok(());
        }
        (self.0)(saving.aggregate).map_err(|error| Box::new(error) as Box<dyn Classified>)
    }
}

/// A line in the log for whatever happens.
pub(super) struct Logged;

impl<A: Aggregate> Behaviour<A> for Logged {
    fn loaded(&self, loaded: &Loaded<'_, A>) {
        let version = loaded.aggregate.map(|aggregate| aggregate.version().get());
        let micros = micros(loaded.took);
        tracing::debug!(aggregate = %loaded.stream, version, micros, "loaded");
    }

    fn committed(&self, saved: &Saved<'_, A>) {
        let Context { actor, tenant, correlation, .. } = saved.context;
        tracing::info!(
            aggregate = %saved.stream,
            version = saved.version.get(),
            actor = actor.as_deref(),
            tenant = tenant.as_deref(),
            correlation = correlation.as_deref(),
            micros = micros(saved.took),
            "saved"
        );
    }

    fn failed(&self, stream: &StreamId, error: &StoreError) {
        tracing::warn!(aggregate = %stream, code = error.code(), "not saved: {error}");
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
