//! What a store is made of: a storage, and how each aggregate is kept in it.

use std::{
    any::{Any, TypeId},
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    KnownEvents, SystemClock, UuidV7,
    backfill::Backfill,
    privacy::Forgetting,
    registration::{Loading, Registration},
    retention::Summary,
    shapes::Shapes,
    tenancy::Tenancy,
    upcasters::Upcasters,
};
use crate::{
    domain::{Aggregate, DomainEvent},
    ports::{Clock, IdGenerator, StoreError},
};

/// Everything that units of work of one store share.
pub(super) struct Composition<S> {
    pub(super) storage: Arc<S>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdGenerator>,
    pub(super) tenancy: Tenancy<S>,
    /// Whether the storage is held, so that what is read is what is there, and nobody else can be ahead.
    pub(super) is_held: bool,
    /// A `Registration<A>` for each `A`.
    registrations: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    /// The tables whose documents have had another shape.
    upcasters: Vec<(&'static str, Upcasters)>,
    /// The shapes that each kind of aggregate has had.
    shapes: BTreeMap<&'static str, Upcasters>,
    /// In the order in which the aggregates were registered.
    events: Vec<KnownEvents>,
    /// Aggregates whose events follow from their saves alone, and why.
    closed: Vec<(&'static str, &'static str)>,
    /// What becomes of each kind of aggregate when a person is forgotten.
    forgetting: Vec<(&'static str, Arc<dyn Forgetting>)>,
    /// How documents follow from events.
    backfills: Vec<Backfill>,
    /// What is known of each kind of aggregate instead of its first events.
    summaries: Vec<(&'static str, Arc<dyn Summary>)>,
}

impl<S> Composition<S> {
    pub(super) fn new(storage: Arc<S>) -> Self {
        Self {
            storage,
            clock: Arc::new(SystemClock::default()),
            ids: Arc::new(UuidV7),
            tenancy: Tenancy::None,
            is_held: false,
            registrations: HashMap::new(),
            upcasters: Vec::new(),
            shapes: BTreeMap::new(),
            events: Vec::new(),
            closed: Vec::new(),
            forgetting: Vec::new(),
            backfills: Vec::new(),
            summaries: Vec::new(),
        }
    }

    pub(super) fn register<A: Aggregate>(&mut self, registration: Registration<A>) {
        if let Loading::Document { table } = registration.loading
            && registration.upcasters.shape() > 1
        {
            self.upcasters.push((table, registration.upcasters.clone()));
        }
        self.shapes.insert(A::NAME, registration.upcasters.clone());
        self.events.retain(|known| known.aggregate != A::NAME);
        self.events.push(KnownEvents::of::<A>());
        self.backfills.retain(|known| known.aggregate != A::NAME);
        self.backfills.extend(Backfill::of(&registration));
        self.closed.retain(|(name, _)| *name != A::NAME);
        self.closed.extend(why_closed(&registration).map(|reason| (A::NAME, reason)));
        let registration = Arc::new(registration);
        self.forgetting.retain(|(name, _)| *name != A::NAME);
        self.forgetting.push((A::NAME, Arc::<Registration<A>>::clone(&registration)));
        self.summaries.retain(|(name, _)| *name != A::NAME);
        self.summaries.push((A::NAME, Arc::<Registration<A>>::clone(&registration)));
        self.registrations.insert(TypeId::of::<A>(), registration);
    }

    pub(super) fn events(&self) -> &[KnownEvents] {
        &self.events
    }

    /// Why nothing can be appended to aggregates with this stored name, but by saving them.
    pub(super) fn closed(&self, aggregate: &str) -> Option<&'static str> {
        self.closed.iter().find(|(name, _)| *name == aggregate).map(|(_, reason)| *reason)
    }

    pub(super) fn forgetting(&self, aggregate: &str) -> Option<Arc<dyn Forgetting>> {
        let known = self.forgetting.iter().find(|(name, _)| *name == aggregate);
        known.map(|(_, forgetting)| Arc::clone(forgetting))
    }

    pub(super) fn backfills(&self) -> &[Backfill] {
        &self.backfills
    }

    pub(super) fn summary(&self, aggregate: &str) -> Option<&dyn Summary> {
        let known = self.summaries.iter().find(|(name, _)| *name == aggregate);
        known.map(|(_, summary)| &**summary)
    }

    pub(super) fn upcasters(&self) -> &[(&'static str, Upcasters)] {
        &self.upcasters
    }

    pub(super) fn shapes(&self) -> Shapes {
        Shapes::of(&self.shapes)
    }

    pub(super) fn registration<A: Aggregate>(&self) -> Result<Arc<Registration<A>>, StoreError> {
        let registered = self.registrations.get(&TypeId::of::<A>()).cloned();
        registered
            .and_then(|registered| registered.downcast().ok())
            .ok_or(StoreError::Unregistered { aggregate: A::NAME })
    }

    /// The same composition on another storage, whose tenant is settled.
    pub(super) fn on<T>(&self, storage: Arc<T>, is_held: bool) -> Composition<T> {
        Composition {
            storage,
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            tenancy: Tenancy::None,
            is_held,
            registrations: self.registrations.clone(),
            upcasters: self.upcasters.clone(),
            shapes: self.shapes.clone(),
            events: self.events.clone(),
            closed: self.closed.clone(),
            forgetting: self.forgetting.clone(),
            backfills: self.backfills.clone(),
            summaries: self.summaries.clone(),
        }
    }
}

/// What is kept beside the events of an aggregate would no longer follow from them.
fn why_closed<A: Aggregate>(registration: &Registration<A>) -> Option<&'static str> {
    if matches!(registration.loading, Loading::Document { .. }) {
        Some("it is kept as a document, which would not follow; save the aggregate instead")
    } else if !A::UNIQUE.is_empty() {
        Some("it has unique values, which would not follow; save the aggregate instead")
    } else if A::Event::HAS_PERSONAL {
        Some(
            "its events hold personal data, which would not be encrypted; save the aggregate instead",
        )
    } else if registration.seal.is_some() {
        Some("it is audited, and the event would have no seal; save the aggregate instead")
    } else {
        None
    }
}

// Derived, it would ask that the storage can be cloned.
impl<S> Clone for Composition<S> {
    fn clone(&self) -> Self {
        Self { tenancy: self.tenancy.clone(), ..self.on(Arc::clone(&self.storage), self.is_held) }
    }
}
