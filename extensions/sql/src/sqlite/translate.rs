//! How SQLite says conditions.
//!
//! SQLite has 64-bit integers with a sign, floating-point numbers and texts. For numbers that are none of these exactly
//! there is the function `bloom_key`, which gives texts that sort as the numbers do.

use bloom_runtime::{
    application::SystemClock,
    domain::{Decimal, FieldPath, Json, Kind},
    ports::Clock,
};
use rusqlite::{
    Connection, ToSql,
    functions::FunctionFlags,
    types::{ToSqlOutput, ValueRef},
};

use crate::{
    condition::{Dialect, Operand},
    value::SqlValue,
};

/// A bound value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Parameter {
    Text(String),
    Integer(i64),
}

impl From<Parameter> for SqlValue {
    fn from(parameter: Parameter) -> Self {
        match parameter {
            Parameter::Text(text) => text.into(),
            Parameter::Integer(integer) => integer.into(),
        }
    }
}

impl ToSql for Parameter {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Integer(integer) => ValueRef::Integer(*integer),
        }))
    }
}

/// SQLite's SQL.
pub(crate) struct Sqlite;

impl Dialect for Sqlite {
    type Parameter = Parameter;
    // A limit that is bound and then cleared, as for a statement that is kept, has SQLite plan the statement anew each time.
    const WRITES_LIMITS: bool = true;
    // With a sign it is no column that an index has: what is known of the table would lead by it through the whole log.
    const TENANT_BESIDES: &'static str = "+tenant";
    const TRUE: &'static str = "1";
    const FALSE: &'static str = "0";

    fn comparison(
        operand: Operand<'_>,
        kind: Kind,
        value: &Json,
    ) -> Option<(String, Self::Parameter)> {
        let (plain, json) = match operand {
            Operand::Field(path) => (extract(path), json_text(path)),
            Operand::Item => ("item.value".to_owned(), "body -> item.fullkey".to_owned()),
        };
        Some(match kind {
            Kind::Text => (plain, Parameter::Text(value.as_str()?.to_owned())),
            Kind::Bool => (plain, Parameter::Integer(value.as_bool()?.into())),
            Kind::Integer => (plain, Parameter::Integer(value.as_i64()?)),
            Kind::Unsigned => match value.as_i64() {
                Some(integer) => (plain, Parameter::Integer(integer)),
                None => (key_of(kind, &json), Parameter::Text(key(kind, &value.to_string())?)),
            },
            Kind::Float => (key_of(kind, &json), Parameter::Text(key(kind, &value.to_string())?)),
            Kind::Decimal => (key_of(kind, &plain), Parameter::Text(key(kind, value.as_str()?)?)),
            _ => (format!("({json})"), Parameter::Text(value.to_string())),
        })
    }

    fn mark(number: usize, _: Kind) -> String {
        format!("?{number}")
    }

    fn text(text: &str) -> Self::Parameter {
        Parameter::Text(text.to_owned())
    }

    fn integer(integer: i64) -> Self::Parameter {
        Parameter::Integer(integer)
    }

    fn sorted(path: &FieldPath, kind: Kind) -> String {
        match kind {
            Kind::Unsigned | Kind::Float => key_of(kind, &json_text(path)),
            Kind::Decimal => key_of(kind, &extract(path)),
            _ => extract(path),
        }
    }

    fn text_of(path: &FieldPath) -> String {
        extract(path)
    }

    fn starts_with(text: &str, start: &str) -> String {
        format!("substr({text}, 1, length({start})) = {start}")
    }

    fn contains(text: &str, part: &str) -> String {
        format!("instr({text}, {part}) > 0")
    }

    fn of_tenant(mark: &str, is_everyone: bool) -> String {
        // Without statistics SQLite takes any column of a primary key for selective, and would read the whole table by it.
        if is_everyone { format!("likely(tenant = {mark})") } else { format!("tenant = {mark}") }
    }

    fn is_null(path: &FieldPath) -> String {
        format!("{} IS NULL", extract(path))
    }

    fn items(path: &FieldPath) -> String {
        format!("json_each(body, '{}') AS item", json_path(path))
    }
}

/// The expression that an index on the field has to have, too.
fn extract(path: &FieldPath) -> String {
    format!("json_extract(body, '{}')", json_path(path))
}

fn json_text(path: &FieldPath) -> String {
    format!("body -> '{}'", json_path(path))
}

fn key_of(kind: Kind, expression: &str) -> String {
    let kind = match kind {
        Kind::Unsigned => "unsigned",
        Kind::Float => "float",
        _ => "decimal",
    };
    format!("bloom_key('{kind}', {expression})")
}

/// Field names come from Rust identifiers, so nothing in them needs escaping.
fn json_path(path: &FieldPath) -> String {
    let names = path.names().iter().map(|name| format!(".\"{name}\""));
    std::iter::once("$".to_owned()).chain(names).collect()
}

/// Teaches a connection `bloom_key`, and `bloom_now`, as a server has it: microseconds since 1970.
pub(super) fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("bloom_key", 2, flags, |context| {
        let kind = match context.get_raw(0).as_str() {
            Ok("unsigned") => Kind::Unsigned,
            Ok("float") => Kind::Float,
            _ => Kind::Decimal,
        };
        Ok(context.get_raw(1).as_str().ok().and_then(|text| key(kind, text)))
    })?;
    connection.create_scalar_function("bloom_now", 0, FunctionFlags::SQLITE_UTF8, |_| {
        Ok(SystemClock::default().now().as_micros())
    })
}

/// A text that sorts as the number does; `None` for what is no number.
fn key(kind: Kind, text: &str) -> Option<String> {
    match kind {
        Kind::Unsigned => Some(format!("{:020}", text.parse::<u64>().ok()?)),
        Kind::Float => {
            // The bits of a positive number sort as it does, those of a negative one the other way round.
            let number = text.parse::<f64>().ok()? + 0.0;
            let bits = number.to_bits();
            let negative = bits >> 63 == 1;
            Some(format!("{:016x}", if negative { !bits } else { bits | 1 << 63 }))
        }
        _ => {
            let number = text.parse::<Decimal>().ok()?.normalize();
            let digits = number.abs().to_string();
            let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
            let key = format!("{whole:0>29}{fraction:0<28}");
            if number.is_sign_positive() || number.is_zero() {
                return Some(format!("1{key}"));
            }
            let nines = key.bytes().map(|digit| char::from(b'9' - (digit - b'0')));
            Some(std::iter::once('0').chain(nines).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use bloom_runtime::domain::{Condition, FieldPath, Relation};
    use serde_json::json;

    use super::*;
    use crate::condition::Statement;

    fn path(names: &[&'static str]) -> FieldPath {
        names.iter().fold(FieldPath::root(), |path, name| path.child(name))
    }

    #[test]
    fn values_are_bound_and_never_written() {
        let equal =
            |path, kind, value| Condition::Compare { path, kind, relation: Relation::Equal, value };
        let condition = equal(path(&["status"]), Kind::Text, json!("it's")).and(
            Condition::In {
                path: path(&["price", "amount"]),
                kind: Kind::Unsigned,
                values: vec![json!(5), json!(u64::MAX)],
            }
            .negated(),
        );
        let mut statement = Statement::<Sqlite>::new();
        assert_eq!(
            statement.condition(&condition),
            "(json_extract(body, '$.\"status\"') = ?1 AND NOT coalesce((json_extract(body, '$.\"price\".\"amount\"') = ?2 \
             OR bloom_key('unsigned', body -> '$.\"price\".\"amount\"') = ?3), 0))"
        );
        assert_eq!(
            statement.into_parameters(),
            [
                Parameter::Text("it's".to_owned()),
                Parameter::Integer(5),
                Parameter::Text(u64::MAX.to_string())
            ]
        );
    }

    #[test]
    fn keys_sort_as_their_numbers() {
        let rising = |kind, texts: &[&str]| {
            let keys: Vec<String> = texts.iter().map(|text| key(kind, text).unwrap()).collect();
            assert!(keys.is_sorted(), "{keys:?}");
            assert_eq!(keys[0].len(), keys[keys.len() - 1].len());
        };
        rising(Kind::Unsigned, &["0", "9", "10", "9223372036854775808", "18446744073709551615"]);
        rising(Kind::Float, &["-1e300", "-1.5", "-0.0", "0.0", "5e-324", "1.0", "1e300"]);
        rising(
            Kind::Decimal,
            &[
                "-79228162514264337593543950335",
                "-10.5",
                "-10.05",
                "-0.1",
                "0",
                "0.01",
                "0.1",
                "9",
                "10",
            ],
        );
        assert_eq!(key(Kind::Decimal, "1.0"), key(Kind::Decimal, "1.000"));
        assert_eq!(key(Kind::Decimal, "-0.0"), key(Kind::Decimal, "0"));
        assert_eq!(key(Kind::Float, "-0.0"), key(Kind::Float, "0.0"));
        assert_eq!(key(Kind::Decimal, "null"), None);
    }
}
