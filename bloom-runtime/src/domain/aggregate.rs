//! Aggregates: the unit of consistency.

use std::fmt;

use super::{Changes, Classified, DomainEvent, Identity, Shape, Version};

/// The root of a cluster of values and entities that changes as one and is loaded and saved as one.
///
/// Only `#[derive(Aggregate)]` can implement it, because the derive also checks the boundary: every
/// field must be allowed inside (see [`MemberOf`](super::MemberOf)).
///
/// ```
/// use bloom_runtime::{EventSourced, prelude::*};
///
/// #[derive(Identity)]
/// pub struct CounterId(Uuid);
///
/// #[derive(DomainEvent)]
/// pub enum CounterEvent {
///     #[event(name = "counter.created", rev = 1)]
///     Created { id: CounterId },
///     #[event(name = "counter.counted", rev = 1)]
///     Counted { by: u32 },
/// }
///
/// #[derive(Aggregate)]
/// #[aggregate(event = CounterEvent)]
/// pub struct Counter {
///     #[aggregate(id)]
///     id: CounterId,
///     count: u32,
///     #[aggregate(changes)]
///     changes: Changes<CounterEvent>,
/// }
///
/// impl Counter {
///     pub fn create(id: CounterId) -> Self {
///         Self::start(CounterEvent::Created { id })
///     }
///     pub fn add(&mut self, by: u32) {
///         self.raise(CounterEvent::Counted { by });
///     }
/// }
///
/// impl EventSourced for Counter {
///     fn begin(event: &CounterEvent) -> Option<Self> {
///         match event {
///             CounterEvent::Created { id } => Some(Self { id: *id, count: 0, changes: Changes::new() }),
///             CounterEvent::Counted { .. } => None,
///         }
///     }
///     fn apply(&mut self, event: &CounterEvent) {
///         match event {
///             CounterEvent::Created { .. } => {}
///             CounterEvent::Counted { by } => self.count += by,
///         }
///     }
/// }
///
/// let mut counter = Counter::create(CounterId::from(Uuid::nil()));
/// counter.add(3);
/// assert_eq!((counter.count(), counter.version()), (3, Version::new(2)));
/// assert_eq!(counter.flush_events().len(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate root",
    label = "only an aggregate root stands here",
    note = "add `#[derive(Aggregate)]` to a root; an entity is reached through the root that owns it"
)]
pub trait Aggregate: Clone + fmt::Debug + crate::__private::Sealed + Send + Sync + 'static {
    /// What identifies it.
    type Id: Identity;
    /// What happens to it.
    type Event: DomainEvent;

    /// The stored name, such as `order`; never a type path, and never changed once data exists.
    const NAME: &'static str;

    /// The fields whose value only one aggregate of this kind may have at a time.
    const UNIQUE: &'static [UniqueKeyDefinition];

    /// The identity.
    fn id(&self) -> &Self::Id;

    /// The version with all its events, and those not committed yet.
    fn changes(&self) -> &Changes<Self::Event>;

    /// Hands over the uncommitted events and counts them as committed.
    fn flush_events(&mut self) -> Vec<Self::Event>;

    /// The number of events, the uncommitted ones counted.
    fn version(&self) -> Version {
        self.changes().version()
    }

    /// The values of its unique fields, in the order of [`Aggregate::UNIQUE`].
    fn unique_keys(&self) -> Vec<UniqueKey>;

    /// The shape of that document.
    fn shape() -> Shape;

    /// The state as a JSON document, without the changes.
    ///
    /// # Errors
    /// When a field cannot be written as JSON.
    fn to_document(&self) -> serde_json::Result<serde_json::Value>;

    /// The state from a JSON document, at `version`; creation rules are not checked again.
    ///
    /// # Errors
    /// When the document does not have this shape.
    fn from_document(body: &str, version: Version) -> serde_json::Result<Self>;

    /// The same state at another version, for stores that count events of their own.
    #[doc(hidden)]
    #[must_use]
    fn moved_to(self, version: Version) -> Self;

    /// The state after `events`, seen from `state`, or from nothing; `None` when nothing was there and the
    /// first event begins nothing.
    fn fold(state: Option<Self>, events: impl IntoIterator<Item = Self::Event>) -> Option<Self>;
}

/// How events become state. Total: it cannot fail, and it decides nothing.
///
/// The trait is left out of the prelude, so that `apply` is at hand where it is implemented and nowhere
/// else: state changes only through the derived, private `raise`.
pub trait EventSourced: Aggregate {
    /// The state after the first event; `None` for an event that begins nothing.
    fn begin(event: &Self::Event) -> Option<Self>;

    /// The state after one more event.
    fn apply(&mut self, event: &Self::Event);
}

/// The fold that the derive puts behind [`Aggregate::fold`].
#[doc(hidden)]
pub fn fold_events<A: EventSourced>(
    state: Option<A>,
    events: impl IntoIterator<Item = A::Event>,
    at: impl FnOnce(A, Version) -> A,
) -> Option<A> {
    let base = state.as_ref().map_or(Version::NEW, A::version);
    let mut events = events.into_iter();
    let (mut state, mut count) = match state {
        Some(state) => (state, 0),
        None => (A::begin(&events.next()?)?, 1),
    };
    for event in events {
        state.apply(&event);
        count += 1;
    }
    Some(at(state, base.after(count)))
}

/// A field that is unique among all aggregates of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UniqueKeyDefinition {
    /// The name of the field.
    pub field: &'static str,
}

/// The present value of a unique field.
pub struct UniqueKey {
    /// The name of the field.
    pub field: &'static str,
    /// The value in canonical JSON; `None` reserves nothing.
    pub value: Option<String>,
    /// The aggregate's own error, for when another one has the value already.
    pub taken: Box<dyn Classified>,
}
