//! Specifications: named, combinable questions about an aggregate.

use std::{fmt, marker::PhantomData, ops::BitAnd};

use serde::Serialize;

use super::{Aggregate, FieldPath, Json};

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
/// let l = Lamp::fields();
/// let dim_and_red = l.colour.eq("red".to_owned()) & l.watts.is_in([5, 7]);
/// assert!(dim_and_red.is_satisfied_by(&lamp).unwrap());
/// ```
pub struct Spec<A> {
    condition: Condition,
    root: PhantomData<fn() -> A>,
}

/// The untyped form of a [`Spec`], as stores see it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Condition {
    /// Always true.
    All,
    /// Never true.
    Never,
    /// The field equals the value, which is canonical JSON and never null.
    Equal(FieldPath, Json),
    /// The field equals one of the values.
    In(FieldPath, Vec<Json>),
    /// Both hold.
    And(Box<Condition>, Box<Condition>),
}

impl Condition {
    pub(super) fn equal(path: FieldPath, value: &impl Serialize) -> Self {
        match canonical(value) {
            Some(value) => Self::Equal(path, value),
            None => Self::Never,
        }
    }

    pub(super) fn is_in<V: Serialize>(
        path: FieldPath,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values: Vec<Json> = values.into_iter().filter_map(|value| canonical(&value)).collect();
        if values.is_empty() { Self::Never } else { Self::In(path, values) }
    }

    /// Whether a document satisfies it.
    #[must_use]
    pub fn matches(&self, document: &Json) -> bool {
        match self {
            Self::All => true,
            Self::Never => false,
            Self::Equal(path, value) => value_at(document, path) == Some(value),
            Self::In(path, values) => {
                value_at(document, path).is_some_and(|found| values.contains(found))
            }
            Self::And(left, right) => left.matches(document) && right.matches(document),
        }
    }
}

/// The value as JSON; `None` for what equals nothing, such as NaN.
fn canonical(value: &impl Serialize) -> Option<Json> {
    serde_json::to_value(value).ok().filter(|value| !value.is_null())
}

fn value_at<'d>(document: &'d Json, path: &FieldPath) -> Option<&'d Json> {
    path.names().iter().try_fold(document, |value, name| value.get(name))
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
        Ok(self.condition.matches(&aggregate.to_document()?))
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
        match (self.condition, other.condition) {
            (Condition::All, other) => other.into(),
            (condition, Condition::All) => condition.into(),
            (left, right) => Condition::And(Box::new(left), Box::new(right)).into(),
        }
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
