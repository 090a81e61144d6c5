//! The projections of an application.

use std::{collections::BTreeMap, marker::PhantomData, sync::Arc};

use bloom_runtime::{
    application::{Happened, Shapes},
    domain::Aggregate,
    ports::{Lifecycle, RecordedEvent, StoreError},
};

use super::{Projection, Projects, error::ProjectionError, view::View};
use crate::work::HookFuture;

/// What follows from one event, to be written within a transaction, maybe more than once.
pub(super) type Step = Box<dyn for<'v, 't> Fn(&'v mut View<'t>) -> HookFuture<'v> + Send + Sync>;

/// Makes steps of the events of one kind of aggregate.
trait Source: Send + Sync {
    fn step(&self, entry: RecordedEvent, shapes: &Shapes) -> Result<Step, StoreError>;
}

struct Following<P, A> {
    projection: Arc<P>,
    aggregate: PhantomData<fn() -> A>,
}

impl<A: Aggregate, P: Projects<A>> Source for Following<P, A> {
    fn step(&self, entry: RecordedEvent, shapes: &Shapes) -> Result<Step, StoreError> {
        let projection = Arc::clone(&self.projection);
        let happened = Arc::new(shapes.decode::<A>(entry)?);
        Ok(Box::new(move |view| {
            let (projection, happened) = (Arc::clone(&projection), Arc::clone(&happened));
            Box::pin(async move {
                match &*happened {
                    Happened::Event(event) => projection.project(event, view).await,
                    Happened::Resumed(resumed) => projection.resumed(resumed, view).await,
                    Happened::Moved(moved) => match moved.event {
                        Lifecycle::Truncated => Ok(()),
                        Lifecycle::Forgotten => {
                            let subject = moved.metadata.subject.as_deref().unwrap_or_default();
                            projection.on_forgotten(subject, moved, view).await
                        }
                        _ => projection.moved(moved, view).await,
                    },
                }
            })
        }))
    }
}

/// A projection with the aggregates that it follows.
///
/// ```ignore
/// Projected::new(OrderList).from::<Order>().from::<Customer>()
/// Projected::new(AccountBalance).from::<Account>().inline()
/// ```
pub struct Projected<P> {
    projection: Arc<P>,
    sources: BTreeMap<&'static str, Box<dyn Source>>,
    parks: u64,
    inline: bool,
    parts: u32,
}

impl<P: Projection> Projected<P> {
    /// The projection, which follows nothing yet.
    #[must_use]
    pub fn new(projection: P) -> Self {
        Self {
            projection: Arc::new(projection),
            sources: BTreeMap::new(),
            parks: P::PARKING,
            inline: false,
            parts: 1,
        }
    }

    /// Follows the events of this aggregate.
    #[must_use]
    pub fn from<A: Aggregate>(mut self) -> Self
    where
        P: Projects<A>,
    {
        let projection = Arc::clone(&self.projection);
        self.sources.insert(
            A::NAME,
            Box::new(Following { projection, aggregate: PhantomData::<fn() -> A> }),
        );
        self
    }

    /// Sets aside what it cannot take for so many aggregates at most, whatever [`Projection::PARKING`] says.
    #[must_use]
    pub const fn parking(mut self, aggregates: u64) -> Self {
        self.parks = aggregates;
        self
    }

    /// Follows the log in so many parts, each with some of the aggregates, so that several tasks, and several processes, write it at the same time.
    ///
    /// The events of an aggregate stay in their order; those of two aggregates do not. It is for projections in which each aggregate has rows of its own: two
    /// parts that change the same row wait for each other, and may do so in a circle. A projection that has begun is in as many parts as then, until
    /// it is [rebuilt](crate::Projector::rebuild). One that is written [with the events](Self::inline) has none.
    ///
    /// # Panics
    /// When it is none, or more than 64.
    #[must_use]
    pub const fn in_parts(mut self, parts: u32) -> Self {
        assert!(parts >= 1 && parts <= 64, "a projection has 1 to 64 parts");
        self.parts = parts;
        self
    }

    /// Writes it with the events, in the transaction that appends them: it is never behind, and where it cannot take an event, that is not
    /// stored. It sets nothing aside, and is told no positions, which are given last ([`Recorded::position`](bloom_runtime::application::Recorded) is the start).
    ///
    /// The storage that is written to has to know of it ([`SqliteStorage::with_inline`](crate::SqliteStorage::with_inline), `PostgresStorage::with_inline`). A projection that begins with its
    /// aggregates is written so from the first event. One that has followed the log goes on doing so until it is [rebuilt](crate::Projector::rebuild), which is the
    /// door in both directions: when every process that writes registers it so, since then those that do not are refused.
    #[must_use]
    pub const fn inline(mut self) -> Self {
        self.inline = true;
        self
    }
}

/// The projections of an application.
#[derive(Default)]
pub struct Projections(Vec<Arc<Followed>>);

/// A projection without its type.
pub(super) struct Followed {
    pub(super) name: &'static str,
    pub(super) tables: &'static [&'static str],
    /// For how many aggregates at most it sets events aside by itself.
    pub(super) parks: u64,
    /// Whether it is to be written with the events.
    pub(super) inline: bool,
    /// In how many parts it is to follow the log.
    pub(super) parts: u32,
    sources: BTreeMap<&'static str, Box<dyn Source>>,
}

impl Followed {
    /// Whether events of this kind of aggregate are of any concern.
    pub(super) fn follows(&self, aggregate: &str) -> bool {
        self.sources.contains_key(aggregate)
    }

    /// The kinds of aggregates that it follows.
    pub(super) fn aggregates(&self) -> impl Iterator<Item = &'static str> {
        self.sources.keys().copied()
    }

    /// What follows from an entry of the log; `None` when it is of no concern.
    pub(super) fn step(
        &self,
        entry: RecordedEvent,
        shapes: &Shapes,
    ) -> Result<Option<Step>, StoreError> {
        let source = self.sources.get(entry.stream.aggregate.as_str());
        source.map(|source| source.step(entry, shapes)).transpose()
    }
}

impl Projections {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// One more.
    ///
    /// # Panics
    /// When there is one of this name, or one that writes the same table: they would take events from each other.
    #[must_use]
    pub fn with<P: Projection>(mut self, projected: Projected<P>) -> Self {
        for other in &self.0 {
            assert!(other.name != P::NAME, "two projections have the name `{}`", P::NAME);
            let shared = other.tables.iter().find(|table| P::TABLES.contains(table));
            assert!(
                shared.is_none(),
                "the projections `{}` and `{}` write the same table, {shared:?}",
                other.name,
                P::NAME
            );
        }
        let Projected { sources, parks, inline, parts, .. } = projected;
        let (name, tables) = (P::NAME, P::TABLES);
        self.0.push(Arc::new(Followed { name, tables, parks, inline, parts, sources }));
        self
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The stored names of all of them, in the order in which they were added.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.all().iter().map(|projection| projection.name).collect()
    }

    /// The tables that they write.
    #[must_use]
    pub fn tables(&self) -> Vec<&'static str> {
        self.all().iter().flat_map(|projection| projection.tables).copied().collect()
    }

    pub(super) fn all(&self) -> &[Arc<Followed>] {
        &self.0
    }

    pub(super) fn named(&self, name: &str) -> Result<&Arc<Followed>, ProjectionError> {
        self.0.iter().find(|followed| followed.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.0.iter().map(|followed| followed.name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            ProjectionError::Unknown { name: name.to_owned(), known }
        })
    }
}
