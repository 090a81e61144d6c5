//! Values between Rust and SQL.

use bloom_runtime::domain::{Timestamp, Uuid};

/// A value in SQL.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SqlValue {
    /// NULL.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

macro_rules! from {
    ($($type:ty => $value:ident: $to:expr),* $(,)?) => {
        $(impl From<$type> for SqlValue {
            fn from($value: $type) -> Self {
                $to
            }
        })*
    };
}

from! {
    bool => value: Self::Bool(value),
    i32 => value: Self::Integer(value.into()),
    i64 => value: Self::Integer(value),
    u32 => value: Self::Integer(value.into()),
    f64 => value: Self::Real(value),
    &str => value: Self::Text(value.to_owned()),
    String => value: Self::Text(value),
    Vec<u8> => value: Self::Bytes(value),
    Uuid => value: Self::Text(value.to_string()),
    // Microseconds, as Bloom's own tables have it.
    Timestamp => value: Self::Integer(value.as_micros()),
}

impl<T: Into<Self>> From<Option<T>> for SqlValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The values of a statement, of whatever types: `parameters![id, "open", 3]`.
#[macro_export]
macro_rules! parameters {
    ($($value:expr),* $(,)?) => {
        ::std::vec![$($crate::SqlValue::from($value)),*]
    };
}
