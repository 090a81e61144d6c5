//! Specifications: named, combinable questions about an aggregate.

use std::{
    fmt,
    marker::PhantomData,
    ops::{BitAnd, BitOr, Not},
};

use super::{Aggregate, Condition};

/// A condition on aggregates of type `A`, built from field tokens.
///
/// The same expression is evaluated in memory and translated to SQL, where values are only ever bound.
///
/// ```
/// # use bloom_runtime::{EventSourced, prelude::*};
/// # #[derive(Identity)] pub struct LampId(Uuid);
/// # #[derive(DomainEvent)] pub enum LampEvent {
/// #     #[event(name = "lamp.hung", rev = 1)] Hung { id: LampId, colour: String, watts: u32 } }
/// # #[derive(Aggregate)] #[aggregate(event = LampEvent)] pub struct Lamp {
/// #     #[aggregate(id)] id: LampId, colour: String, watts: u32, #[aggregate(changes)] changes: Changes<LampEvent> }
/// # impl EventSourced for Lamp {
/// #     fn begin(event: &LampEvent) -> Option<Self> {
/// #         let LampEvent::Hung { id, colour, watts } = event;
/// #         Some(Self { id: *id, colour: colour.clone(), watts: *watts, changes: Changes::new() }) }
/// #     fn apply(&mut self, _: &LampEvent) {} }
/// # let lamp = Lamp::start(LampEvent::Hung { id: LampId::from(Uuid::nil()), colour: "red".into(), watts: 5 });
/// fn dim() -> Spec<Lamp> {
///     Lamp::fields().watts.lt(10)
/// }
///
/// let l = Lamp::fields();
/// let wanted = dim() & (l.colour.eq("red".to_owned()) | l.colour.starts_with("dark")) & !l.watts.is_in([6, 7]);
/// assert!(wanted.is_satisfied_by(&lamp).unwrap());
/// ```
pub struct Spec<A> {
    condition: Condition,
    root: PhantomData<fn() -> A>,
}

impl<A> Spec<A> {
    /// Every aggregate.
    #[must_use]
    pub const fn all() -> Self {
        Self { condition: Condition::All, root: PhantomData }
    }

    /// The untyped form.
    #[must_use]
    pub const fn condition(&self) -> &Condition {
        &self.condition
    }
}

impl<A: Aggregate> Spec<A> {
    /// Whether the aggregate satisfies it.
    ///
    /// # Errors
    /// When the aggregate cannot be written as a document.
    pub fn is_satisfied_by(&self, aggregate: &A) -> serde_json::Result<bool> {
        Ok(self.condition.matches(&aggregate.id().to_string(), &aggregate.to_document()?))
    }
}

impl<A> From<Condition> for Spec<A> {
    fn from(condition: Condition) -> Self {
        Self { condition, root: PhantomData }
    }
}

impl<A> BitAnd for Spec<A> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.condition.and(other.condition).into()
    }
}

impl<A> BitOr for Spec<A> {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.condition.or(other.condition).into()
    }
}

impl<A> Not for Spec<A> {
    type Output = Self;

    fn not(self) -> Self {
        self.condition.negated().into()
    }
}

impl<A> Clone for Spec<A> {
    fn clone(&self) -> Self {
        self.condition.clone().into()
    }
}

impl<A> fmt::Debug for Spec<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt(f)
    }
}
