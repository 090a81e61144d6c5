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
/// assert_eq!(Shape::of::<Vec<Price>>().to_string(), r#"[{amount: i64, currency: ("eur"|"usd")?}]"#);
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
    Map(Box<Shape>, Box<Shape>),
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
            Self::Plain(kind) => plain_sample(kind),
            Self::OneOf(texts) => texts.first().map_or(Value::Null, |text| json!(text)),
            Self::Optional(inner) => inner.sample(),
            Self::List(inner) => json!([inner.sample()]),
            Self::Map(key, inner) => json!({ sample_key(&key.sample()): inner.sample() }),
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
            Self::Plain(kind) => has_plain_sample(kind),
            Self::OneOf(_) => true,
            Self::Optional(inner) | Self::List(inner) => inner.has_sample(),
            Self::Map(key, inner) => key.has_sample() && inner.has_sample(),
            Self::Tuple(parts) => parts.iter().all(Self::has_sample),
            Self::Fields(fields) => fields.values().all(Self::has_sample),
        }
    }
}

/// A plain value of a kind, as JSON.
#[must_use]
pub fn plain_sample(kind: &str) -> Value {
    match kind {
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
    }
}

/// Whether anything is known of values of this kind.
#[must_use]
pub fn has_plain_sample(kind: &str) -> bool {
    kind != OPAQUE && kind != RECURSIVE
}

/// The same value as the key of an object.
#[must_use]
pub fn sample_key(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
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
            Self::OneOf(texts) => {
                // Their order says nothing.
                let mut texts: Vec<String> =
                    texts.iter().map(|text| json!(text).to_string()).collect();
                texts.sort();
                f.write_str(&texts.join("|"))
            }
            Self::Optional(inner) => match &**inner {
                Self::OneOf(_) => write!(f, "({inner})?"),
                _ => write!(f, "{inner}?"),
            },
            Self::List(inner) => write!(f, "[{inner}]"),
            Self::Map(key, inner) => write!(f, "<{key}: {inner}>"),
            Self::Tuple(parts) if parts.len() == 1 => write!(f, "({},)", parts[0]),
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
