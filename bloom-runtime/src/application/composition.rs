//! What a store is made of: a storage, and how each aggregate is kept in it.

use std::{any::TypeId, collections::HashMap, sync::Arc};

use super::{SystemClock, UuidV7};
use crate::{
    domain::Aggregate,
    ports::{Clock, IdGenerator, StoreError},
};

/// How an aggregate is loaded. Its events are in the log either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loading {
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
    #[must_use]
    pub const fn in_table(table: &'static str) -> Loading {
        Loading::Document { table }
    }
}

/// Loads an aggregate from its events: `Events::folded()`.
#[derive(Debug, Clone, Copy)]
pub struct Events;

impl Events {
    /// Folded from the first one.
    #[must_use]
    pub const fn folded() -> Loading {
        Loading::Events
    }
}

/// Everything that units of work of one store share.
pub(super) struct Composition<S> {
    pub(super) storage: Arc<S>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdGenerator>,
    loading: HashMap<TypeId, Loading>,
}

impl<S> Composition<S> {
    pub(super) fn new(storage: Arc<S>) -> Self {
        Self {
            storage,
            clock: Arc::new(SystemClock::default()),
            ids: Arc::new(UuidV7),
            loading: HashMap::new(),
        }
    }

    pub(super) fn register<A: Aggregate>(&mut self, loading: Loading) {
        self.loading.insert(TypeId::of::<A>(), loading);
    }

    pub(super) fn loading<A: Aggregate>(&self) -> Result<Loading, StoreError> {
        let loading = self.loading.get(&TypeId::of::<A>()).copied();
        loading.ok_or(StoreError::Unregistered { aggregate: A::NAME })
    }
}

impl<S> Composition<S> {
    /// The same composition on another storage.
    pub(super) fn on<T>(&self, storage: T) -> Composition<T> {
        Composition {
            storage: Arc::new(storage),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            loading: self.loading.clone(),
        }
    }
}

// Derived, it would ask that the storage can be cloned.
impl<S> Clone for Composition<S> {
    fn clone(&self) -> Self {
        Self {
            storage: Arc::clone(&self.storage),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            loading: self.loading.clone(),
        }
    }
}
