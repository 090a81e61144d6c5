//! What a stored value looks like, whatever its types are called.

use std::{any::type_name, collections::BTreeMap, fmt};

use serde_json::{Value, json};

/// The shape of a value in JSON. Two types with the same shape can read what the other has written.
///
/// Its text is what `bloom.lock` keeps of each event.
///
/// ```
/// use bloom_runtime::{domain::Shape, prelude::*};
///
/// #[derive(ValueObject)]
/// pub struct Price { amount: i64, currency: Option<Currency> }
///
/// #[derive(ValueObject)]
/// pub enum Currency { Eur, Usd }
///
/// assert_eq!(Shape::of::<Vec<Price>>().to_string(), "[{amount: i64, currency: (eur|usd)?}]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// A plain value of a kind.
    Plain(&'static str),
    /// One of some texts.
    OneOf(Vec<&'static str>),
    /// A value or nothing.
    Optional(Box<Shape>),
    /// Any number of values.
    List(Box<Shape>),
    /// Values by keys.
    Map(Box<Shape>),
    /// A fixed number of values.
    Tuple(Vec<Shape>),
    /// Values by names.
    Fields(BTreeMap<&'static str, Shape>),
}

impl Shape {
    /// The shape of a type.
    #[must_use]
    pub fn of<T: Shaped>() -> Self {
        T::shape(&mut Within::default())
    }

    /// A value of this shape.
    #[must_use]
    pub fn sample(&self) -> Value {
        match self {
            Self::Plain(kind) => match *kind {
                "bool" => Value::Bool(true),
                "char" => json!("a"),
                "text" => json!("text"),
                "uuid" => json!("00000000-0000-0000-0000-000000000001"),
                "timestamp" => json!("1970-01-01T00:00:00Z"),
                "date" => json!("1970-01-01"),
                "decimal" => json!("1.5"),
                "f32" | "f64" => json!(1.5),
                "nothing" | "json" | OPAQUE | RECURSIVE => Value::Null,
                _ => json!(1),
            },
            Self::OneOf(texts) => texts.first().map_or(Value::Null, |text| json!(text)),
            Self::Optional(inner) => inner.sample(),
            Self::List(inner) => json!([inner.sample()]),
            Self::Map(inner) => json!({ "key": inner.sample() }),
            Self::Tuple(parts) => parts.iter().map(Self::sample).collect(),
            Self::Fields(fields) => {
                fields.iter().map(|(name, shape)| (*name, shape.sample())).collect()
            }
        }
    }

    /// Whether a sample of it says something: nothing is known of what is opaque.
    #[must_use]
    pub fn has_sample(&self) -> bool {
        match self {
            Self::Plain(kind) => *kind != OPAQUE && *kind != RECURSIVE,
            Self::OneOf(_) => true,
            Self::Optional(inner) | Self::List(inner) | Self::Map(inner) => inner.has_sample(),
            Self::Tuple(parts) => parts.iter().all(Self::has_sample),
            Self::Fields(fields) => fields.values().all(Self::has_sample),
        }
    }
}

/// A type whose shape in storage is known: primitives, ids, value objects, entities, and collections of them.
pub trait Shaped {
    /// What it looks like where it is stored; `within` knows the types around it.
    fn shape(within: &mut Within) -> Shape;
}

/// What is admitted without being known.
const OPAQUE: &str = "opaque";
/// A value within a value of the same type.
const RECURSIVE: &str = "recursive";

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(kind) => f.write_str(kind),
            Self::OneOf(texts) => f.write_str(&texts.join("|")),
            Self::Optional(inner) => match &**inner {
                Self::OneOf(_) => write!(f, "({inner})?"),
                _ => write!(f, "{inner}?"),
            },
            Self::List(inner) => write!(f, "[{inner}]"),
            Self::Map(inner) => write!(f, "<{inner}>"),
            Self::Tuple(parts) => {
                let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
                write!(f, "({})", parts.join(", "))
            }
            Self::Fields(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(name, shape)| format!("{name}: {shape}")).collect();
                write!(f, "{{{}}}", fields.join(", "))
            }
        }
    }
}

/// The types whose shapes are being told, outermost first.
#[derive(Debug, Default)]
pub struct Within(Vec<&'static str>);

impl Within {
    /// The shape of a type that may contain itself.
    pub fn enter<T: ?Sized>(&mut self, shape: impl FnOnce(&mut Self) -> Shape) -> Shape {
        let name = type_name::<T>();
        if self.0.contains(&name) {
            return Shape::Plain(RECURSIVE);
        }
        self.0.push(name);
        let shape = shape(self);
        self.0.pop();
        shape
    }
}

/// The shape of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventShape {
    /// The stored name.
    pub name: &'static str,
    /// The revision.
    pub revision: u32,
    /// The fields of the payload.
    pub fields: BTreeMap<&'static str, Shape>,
}

impl EventShape {
    /// A payload of this shape, as JSON text; `None` where nothing is known of a part.
    #[must_use]
    pub fn sample(&self) -> Option<String> {
        let known = self.fields.values().all(Shape::has_sample);
        known.then(|| Shape::Fields(self.fields.clone()).sample().to_string())
    }
}
