//! How PostgreSQL says conditions.
//!
//! Every parameter travels as a text and is cast in the statement, so that it has the type that the index has.

use bloom_runtime::domain::{Decimal, FieldPath, Json, Kind};

use crate::condition::{Dialect, Operand};

/// PostgreSQL's SQL.
pub(crate) struct Postgres;

impl Dialect for Postgres {
    type Parameter = String;
    const TRUE: &'static str = "TRUE";
    const FALSE: &'static str = "FALSE";

    fn comparison(
        operand: Operand<'_>,
        kind: Kind,
        value: &Json,
    ) -> Option<(String, Self::Parameter)> {
        let (text, json) = match operand {
            Operand::Field(path) => (text_at(path), json_at(path)),
            Operand::Item => ("(item.value #>> '{}')".to_owned(), "item.value".to_owned()),
        };
        let parameter = match kind {
            Kind::Text => value.as_str()?.to_owned(),
            // PostgreSQL knows numbers that are none here, such as `NaN`.
            Kind::Decimal => value.as_str()?.parse::<Decimal>().ok()?.to_string(),
            Kind::Bool => value.as_bool()?.to_string(),
            Kind::Integer => value.as_i64()?.to_string(),
            Kind::Unsigned => value.as_u64()?.to_string(),
            Kind::Float => value.as_f64()?.to_string(),
            _ => return Some((json, value.to_string())),
        };
        Some((typed(&text, kind), parameter))
    }

    fn mark(number: usize, kind: Kind) -> String {
        let text = format!("${number}::text");
        match kind {
            Kind::Text => format!("{text} COLLATE \"C\""),
            Kind::Bool => format!("{text}::boolean"),
            Kind::Integer => format!("{text}::bigint"),
            Kind::Unsigned | Kind::Decimal => format!("{text}::numeric"),
            Kind::Float => format!("{text}::float8"),
            _ => format!("{text}::jsonb"),
        }
    }

    /// An array is made first, and then looked up; what stands in a disjunction would otherwise be held against every row.
    fn among(statement: &str) -> String {
        format!("= ANY (ARRAY({statement}))")
    }

    fn text(text: &str) -> Self::Parameter {
        text.to_owned()
    }

    fn integer(integer: i64) -> Self::Parameter {
        integer.to_string()
    }

    fn sorted(path: &FieldPath, kind: Kind) -> String {
        typed(&text_at(path), kind)
    }

    fn text_of(path: &FieldPath) -> String {
        text_at(path)
    }

    fn starts_with(text: &str, start: &str) -> String {
        format!("starts_with({text}, {start})")
    }

    fn contains(text: &str, part: &str) -> String {
        format!("strpos({text}, {part}) > 0")
    }

    fn is_null(path: &FieldPath) -> String {
        format!("{} IS NULL", text_at(path))
    }

    fn items(path: &FieldPath) -> String {
        let list = json_at(path);
        format!(
            "jsonb_array_elements(CASE WHEN jsonb_typeof({list}) = 'array' THEN {list} ELSE '[]'::jsonb END) AS item (value)"
        )
    }
}

/// The expression that an index on the field has to have, too.
fn typed(text: &str, kind: Kind) -> String {
    match kind {
        Kind::Bool => format!("({text}::boolean)"),
        Kind::Integer => format!("({text}::bigint)"),
        Kind::Unsigned | Kind::Decimal => format!("({text}::numeric)"),
        Kind::Float => format!("({text}::float8)"),
        _ => format!("({text} COLLATE \"C\")"),
    }
}

fn text_at(path: &FieldPath) -> String {
    format!("(body #>> '{{{}}}')", quoted(path))
}

fn json_at(path: &FieldPath) -> String {
    format!("(body #> '{{{}}}')", quoted(path))
}

/// Quoted, since a field may be called `null`.
fn quoted(path: &FieldPath) -> String {
    path.names().iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(",")
}
