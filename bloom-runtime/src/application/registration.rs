//! How the aggregates of one kind are kept.

use std::{fmt, marker::PhantomData, sync::Arc};

use super::{
    behaviour::{Behaviour, Logged, Validated},
    resolution::Resolution,
    snapshots::Snapshots,
    upcasters::Upcasters,
};
use crate::{
    domain::{Aggregate, Classified, Json},
    ports::Seal,
};

/// How an aggregate is loaded. Its events are in the log either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loading {
    /// From a document in this table, written in the same transaction as the events.
    Document {
        /// The table.
        table: &'static str,
    },
    /// By folding its events.
    Events,
}

/// Loads an aggregate from its document: `Documents::in_table("orders")`.
#[derive(Debug, Clone, Copy)]
pub struct Documents;

impl Documents {
    /// Kept in this table.
    pub const fn in_table<A: Aggregate>(table: &'static str) -> Registration<A> {
        Registration::new(Loading::Document { table })
    }
}

/// Loads an aggregate from its events: `Events::folded()`.
#[derive(Debug, Clone, Copy)]
pub struct Events;

impl Events {
    /// Folded from the first one.
    pub const fn folded<A: Aggregate>() -> Registration<A> {
        Registration::new(Loading::Events)
    }
}

/// How the aggregates of one kind are kept, and what happens besides.
///
/// ```
/// use bloom_runtime::{application::{Documents, Resolution, StorageStore}, memory::MemoryStorage};
/// # use bloom_runtime::testing::conformance::Account;
///
/// let store = StorageStore::new(MemoryStorage::new()).aggregate::<Account>(
///     Documents::in_table("accounts").soft_delete().logged().on_conflict(Resolution::merge_fields()),
/// );
/// ```
#[must_use]
pub struct Registration<A: Aggregate> {
    pub(super) loading: Loading,
    pub(super) soft_delete: bool,
    pub(super) upcasters: Upcasters,
    pub(super) resolution: Resolution<A>,
    pub(super) snapshots: Option<Snapshots>,
    pub(super) seal: Option<Arc<dyn Seal>>,
    /// In the order of their stages.
    pub(super) behaviours: Vec<Box<dyn Behaviour<A>>>,
    aggregate: PhantomData<fn() -> A>,
}

impl<A: Aggregate> Registration<A> {
    const fn new(loading: Loading) -> Self {
        Self {
            loading,
            soft_delete: false,
            upcasters: Upcasters::none(),
            resolution: Resolution::reject(),
            snapshots: None,
            seal: None,
            behaviours: Vec::new(),
            aggregate: PhantomData,
        }
    }

    /// Keeps what is removed, to be looked at, brought back or purged. Unique values are free meanwhile.
    pub fn soft_delete(mut self) -> Self {
        self.soft_delete = true;
        self
    }

    /// Adds the step from one shape of the document to the next: the first call from the first shape to the second, and so on. Each
    /// stays as long as there may be documents that are older.
    ///
    /// ```
    /// use bloom_runtime::{application::Documents, domain::Json};
    /// # use bloom_runtime::testing::conformance::Account;
    ///
    /// let accounts = Documents::in_table::<Account>("accounts").upcast(|document: &mut Json| {
    ///     let owner = document["holder"].take();
    ///     document["owner"] = owner;
    /// });
    /// ```
    pub fn upcast(mut self, step: impl Fn(&mut Json) + Send + Sync + 'static) -> Self {
        self.upcasters.add(step);
        self
    }

    /// Keeps states, so that few events are read. Only where it is loaded from its events: a document is such a state already.
    pub fn snapshots(mut self, snapshots: Snapshots) -> Self {
        self.snapshots = Some(snapshots);
        self
    }

    /// Ties each event to the one before it with a seal, so that a change of the history shows, and refuses whatever nobody is
    /// said to have done. Who, when and why is in the metadata of each event, and what changed in its history.
    pub fn audited(mut self, seal: impl Seal) -> Self {
        self.seal = Some(Arc::new(seal));
        self
    }

    /// Resolves conflicts in another way than by rejecting them.
    pub fn on_conflict(mut self, resolution: Resolution<A>) -> Self {
        self.resolution = resolution;
        self
    }

    /// Checks every aggregate before it is saved.
    pub fn validated<E: Classified>(
        self,
        check: impl Fn(&A) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.with(Validated(check))
    }

    /// Writes a line to the log for whatever is loaded (at level debug), saved (info) and refused (warn).
    pub fn logged(self) -> Self {
        self.with(Logged)
    }

    /// Adds a behaviour.
    pub fn with(mut self, behaviour: impl Behaviour<A>) -> Self {
        self.behaviours.push(Box::new(behaviour));
        // Stable: those of one stage stay in the order in which they were added.
        self.behaviours.sort_by_key(|behaviour| behaviour.stage());
        self
    }
}

impl<A: Aggregate> fmt::Debug for Registration<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("aggregate", &A::NAME)
            .field("loading", &self.loading)
            .field("soft_delete", &self.soft_delete)
            .field("audited", &self.seal.is_some())
            .field("resolution", &self.resolution)
            .finish_non_exhaustive()
    }
}
