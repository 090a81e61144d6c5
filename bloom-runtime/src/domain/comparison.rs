//! How values of a field compare, so that Rust and every database agree.

use std::cmp::Ordering;

use serde::Serialize;

use super::{Date, Decimal, Json, Timestamp, Uuid};

/// What a field's value is once it is stored, and so how a database has to compare it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A text, compared by its bytes; also moments, dates and UUIDs, whose texts sort as they do.
    Text,
    /// True or false.
    Bool,
    /// A whole number of at most 64 bits with a sign.
    Integer,
    /// A whole number of at most 64 bits without a sign.
    Unsigned,
    /// A floating-point number.
    Float,
    /// A decimal number, stored as a text.
    Decimal,
    /// Anything else; it is equal or not, and has no order.
    Json,
}

/// A type whose values can be looked for.
///
/// The derives implement it for identities, enums and wrapped primitives.
pub trait Comparable: Serialize {
    /// How it is stored.
    const KIND: Kind;
}

/// A type whose values have an order that every store knows.
#[diagnostic::on_unimplemented(
    message = "values of `{Self}` have no order that a store knows",
    note = "a number, a text, a date, a moment, or a value object that wraps one of them has an order"
)]
pub trait Ordered: Comparable {}

/// A type that is stored as the text that it is.
pub trait Textual: Comparable {}

macro_rules! comparable {
    ($($type:ty: $kind:ident $(+ $marker:ident)*;)*) => {$(
        impl Comparable for $type {
            const KIND: Kind = Kind::$kind;
        }
        $(impl $marker for $type {})*
    )*};
}

comparable! {
    bool: Bool;
    char: Text + Ordered;
    i8: Integer + Ordered;
    i16: Integer + Ordered;
    i32: Integer + Ordered;
    i64: Integer + Ordered;
    u8: Integer + Ordered;
    u16: Integer + Ordered;
    u32: Integer + Ordered;
    u64: Unsigned + Ordered;
    f32: Float + Ordered;
    f64: Float + Ordered;
    String: Text + Ordered + Textual;
    Uuid: Text + Ordered;
    Timestamp: Text + Ordered;
    Date: Text + Ordered;
    Decimal: Decimal + Ordered;
}

impl Kind {
    /// Whether a field of this kind can hold the value: what somebody sends in a cursor need not be one.
    #[must_use]
    pub fn accepts(self, value: &Json) -> bool {
        match self {
            Self::Text => value.as_str().is_some_and(|text| !text.contains('\0')),
            Self::Bool => value.is_boolean(),
            Self::Integer => value.as_i64().is_some(),
            Self::Unsigned => value.as_u64().is_some(),
            Self::Float => value.as_f64().is_some_and(f64::is_finite),
            Self::Decimal => decimal(value).is_some(),
            Self::Json => true,
        }
    }

    /// The order of two stored values; `None` where they have none, as something that is absent.
    #[must_use]
    pub fn compare(self, left: &Json, right: &Json) -> Option<Ordering> {
        match self {
            Self::Text => Some(left.as_str()?.cmp(right.as_str()?)),
            Self::Bool => Some(left.as_bool()?.cmp(&right.as_bool()?)),
            Self::Integer | Self::Unsigned => Some(whole(left)?.cmp(&whole(right)?)),
            Self::Float => left.as_f64()?.partial_cmp(&right.as_f64()?),
            Self::Decimal => Some(decimal(left)?.cmp(&decimal(right)?)),
            Self::Json => (left == right && !left.is_null()).then_some(Ordering::Equal),
        }
    }
}

fn whole(value: &Json) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

fn decimal(value: &Json) -> Option<Decimal> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_compare_as_numbers() {
        assert_eq!(Kind::Decimal.compare(&json!("1.0"), &json!("1.00")), Some(Ordering::Equal));
        assert_eq!(Kind::Decimal.compare(&json!("9"), &json!("10.5")), Some(Ordering::Less));
        assert_eq!(Kind::Text.compare(&json!("9"), &json!("10.5")), Some(Ordering::Greater));
        assert_eq!(
            Kind::Unsigned.compare(&json!(u64::MAX), &json!(u64::MAX - 1)),
            Some(Ordering::Greater)
        );
        assert_eq!(Kind::Float.compare(&json!(-0.0), &json!(0.0)), Some(Ordering::Equal));
    }

    #[test]
    fn what_is_absent_has_no_order() {
        assert_eq!(Kind::Text.compare(&Json::Null, &json!("a")), None);
        assert_eq!(Kind::Json.compare(&Json::Null, &Json::Null), None);
    }
}
