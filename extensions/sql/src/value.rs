//! Values between Rust and SQL.

use bloom_runtime::{
    domain::{Timestamp, Uuid},
    ports::StoreError,
};
use serde::Serialize;
use serde_json::Value;

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

/// Values of a domain, in the form in which a document would hold them.
impl SqlValue {
    /// A text, a number, a truth value or nothing as such, everything else as JSON.
    ///
    /// ```
    /// # use bloom_sql::SqlValue;
    /// assert_eq!(SqlValue::stored("ada")?, SqlValue::Text("ada".to_owned()));
    /// assert_eq!(SqlValue::stored(&Some(3_u8))?, SqlValue::Integer(3));
    /// assert_eq!(SqlValue::stored(&[1, 2])?, SqlValue::Text("[1,2]".to_owned()));
    /// # Ok::<(), bloom_runtime::ports::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Internal`] when it cannot be written as JSON.
    pub fn stored<T: Serialize + ?Sized>(value: &T) -> Result<Self, StoreError> {
        Ok(match json(value)? {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::String(value) => Self::Text(value),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => Self::Integer(integer),
                (None, Some(real)) if number.is_f64() => Self::Real(real),
                // Beyond what a column holds as a number.
                _ => Self::Text(number.to_string()),
            },
            other => Self::Text(other.to_string()),
        })
    }

    /// The same as text, whatever it is: for columns that a statement casts, as in `$1::text::numeric`.
    ///
    /// ```
    /// # use bloom_sql::SqlValue;
    /// assert_eq!(SqlValue::as_text(&u64::MAX)?, SqlValue::Text("18446744073709551615".to_owned()));
    /// assert_eq!(SqlValue::as_text(&None::<u64>)?, SqlValue::Null);
    /// # Ok::<(), bloom_runtime::ports::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Self::stored`].
    pub fn as_text<T: Serialize + ?Sized>(value: &T) -> Result<Self, StoreError> {
        Ok(match json(value)? {
            Value::Null => Self::Null,
            Value::String(value) => Self::Text(value),
            other => Self::Text(other.to_string()),
        })
    }
}

impl SqlValue {
    /// The value as JSON, or nothing: for columns of JSON, on PostgreSQL with a cast, `$1::text::jsonb`.
    ///
    /// ```
    /// # use bloom_sql::SqlValue;
    /// assert_eq!(SqlValue::as_json("ada")?, SqlValue::Text("\"ada\"".to_owned()));
    /// # Ok::<(), bloom_runtime::ports::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Self::stored`].
    pub fn as_json<T: Serialize + ?Sized>(value: &T) -> Result<Self, StoreError> {
        Ok(match json(value)? {
            Value::Null => Self::Null,
            other => Self::Text(other.to_string()),
        })
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<Value, StoreError> {
    serde_json::to_value(value).map_err(|error| StoreError::Internal(error.into()))
}
