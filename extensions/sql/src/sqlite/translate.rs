//! Conditions as SQL. Values are bound, never written into the text.

use bloom_runtime::domain::{Condition, FieldPath, Json};
use rusqlite::{
    ToSql,
    types::{ToSqlOutput, ValueRef},
};

/// A bound value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Parameter {
    Text(String),
    Integer(i64),
    Real(f64),
}

impl ToSql for Parameter {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Integer(integer) => ValueRef::Integer(*integer),
            Self::Real(real) => ValueRef::Real(*real),
        }))
    }
}

/// The condition over a column `body`; its values are appended to `parameters`.
pub(super) fn where_clause(condition: &Condition, parameters: &mut Vec<Parameter>) -> String {
    match condition {
        Condition::All => "1".to_owned(),
        Condition::Equal(path, value) => equal(path, value, parameters),
        Condition::In(path, values) => {
            let any: Vec<String> =
                values.iter().map(|value| equal(path, value, parameters)).collect();
            format!("({})", any.join(" OR "))
        }
        Condition::And(left, right) => {
            let (left, right) = (where_clause(left, parameters), where_clause(right, parameters));
            format!("({left} AND {right})")
        }
        _ => "0".to_owned(),
    }
}

fn equal(path: &FieldPath, value: &Json, parameters: &mut Vec<Parameter>) -> String {
    let (column, parameter) = match value {
        Json::String(text) => (extract(path), Parameter::Text(text.clone())),
        Json::Bool(truth) => (json_text(path), Parameter::Text(truth.to_string())),
        Json::Number(number) => match (number.as_i64(), number.is_f64()) {
            (Some(integer), _) => (extract(path), Parameter::Integer(integer)),
            (None, true) => (extract(path), Parameter::Real(number.as_f64().unwrap_or_default())),
            // Larger than an integer of SQLite: its JSON text is compared instead.
            (None, false) => (json_text(path), Parameter::Text(number.to_string())),
        },
        other => (json_text(path), Parameter::Text(other.to_string())),
    };
    parameters.push(parameter);
    format!("{column} = ?{}", parameters.len())
}

/// The expression that an index on the field has to have, too.
fn extract(path: &FieldPath) -> String {
    format!("json_extract(body, '{}')", json_path(path))
}

fn json_text(path: &FieldPath) -> String {
    format!("body -> '{}'", json_path(path))
}

/// Field names come from Rust identifiers, so nothing in them needs escaping.
fn json_path(path: &FieldPath) -> String {
    let names = path.names().iter().map(|name| format!(".\"{name}\""));
    std::iter::once("$".to_owned()).chain(names).collect()
}

/// A table's name, quoted.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use bloom_runtime::domain::FieldPath;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_bound_and_never_written() {
        let status = FieldPath::root().child("status");
        let price = FieldPath::root().child("price").child("amount");
        let condition = Condition::And(
            Box::new(Condition::Equal(status, json!("it's"))),
            Box::new(Condition::In(price, vec![json!(5), json!(u64::MAX)])),
        );
        let mut parameters = Vec::new();
        assert_eq!(
            where_clause(&condition, &mut parameters),
            "(json_extract(body, '$.\"status\"') = ?1 AND (json_extract(body, '$.\"price\".\"amount\"') = ?2 \
             OR body -> '$.\"price\".\"amount\"' = ?3))"
        );
        assert_eq!(
            parameters,
            [
                Parameter::Text("it's".to_owned()),
                Parameter::Integer(5),
                Parameter::Text(u64::MAX.to_string())
            ]
        );
    }
}
