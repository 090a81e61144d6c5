//! What is queued when an aggregate is saved.

use std::{any::Any, future::Future, pin::Pin, sync::Arc, time::Duration};

use super::composition::Composition;
use crate::{
    domain::{Classified, Version},
    ports::{Context, Seal, StoreError, StreamAppend, StreamId},
};

/// An aggregate as a unit of work last saw it, of whatever type.
#[derive(Clone)]
pub(super) enum Seen {
    /// As it is.
    There(Arc<dyn Any + Send + Sync>),
    /// It is removed by this unit of work.
    Removed,
}

/// One call of `save`.
pub(super) struct Save<S> {
    pub(super) append: StreamAppend,
    /// The version that it leads to.
    pub(super) version: Version,
    pub(super) state: Seen,
    pub(super) typed: Box<dyn AnySave<S>>,
    pub(super) seal: Option<Arc<dyn Seal>>,
    /// The aggregate's own errors for its unique fields.
    pub(super) taken: Vec<(&'static str, Box<dyn Classified>)>,
}

/// An append on its way behind what others have done.
pub(super) type Rebased<'a> =
    Pin<Box<dyn Future<Output = Result<Option<StreamAppend>, StoreError>> + Send + 'a>>;

/// A save, whatever its type.
pub(super) trait AnySave<S>: Send + Sync {
    /// Tells the behaviours that it is committed; `resolved` when it is not what was saved.
    fn committed(&self, version: Version, context: &Context, took: Duration, resolved: bool);
    /// Tells the behaviours that it is not.
    fn failed(&self, error: &StoreError);
    /// Whether it can be put behind what others have done.
    fn may_be_rebased(&self) -> bool;
    /// The same behind what others have done meanwhile; `None` when it is a conflict.
    fn rebased<'a>(
        &'a self,
        store: &'a Composition<S>,
        context: &'a Context,
        append: &'a StreamAppend,
    ) -> Rebased<'a>;
}

/// The last of the saves of one aggregate: what it is to be in the end.
pub(super) fn newest<'s, S>(saves: &'s [Save<S>], stream: &StreamId) -> Option<&'s Save<S>> {
    saves.iter().rev().find(|save| save.append.stream == *stream)
}
