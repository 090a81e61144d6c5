//! What an index on a field holds: the expression with which a database is asked for it.

use crate::{
    model::{Leaf, ModelField},
    request::Primitive,
};

/// What SQLite compares when it looks for a field: an index has to hold the same.
pub(super) fn sqlite_index(field: &ModelField) -> String {
    let plain = format!("json_extract(body, '$.\"{}\"')", field.name.plain());
    match primitive(field) {
        Some(Primitive::Decimal) => format!("bloom_key('decimal', {plain})"),
        _ => plain,
    }
}

/// The same in PostgreSQL.
pub(super) fn postgres_index(field: &ModelField) -> String {
    let text = format!("(body #>> '{{\"{}\"}}')", field.name.plain());
    match primitive(field) {
        Some(Primitive::Bool) => format!("({text}::boolean)"),
        Some(Primitive::I32 | Primitive::I64 | Primitive::U32) => format!("({text}::bigint)"),
        Some(Primitive::U64 | Primitive::Decimal) => format!("({text}::numeric)"),
        _ => format!("({text} COLLATE \"C\")"),
    }
}

/// The primitive that a field holds, wrapped or not.
fn primitive(field: &ModelField) -> Option<Primitive> {
    match &field.leaf {
        Leaf::Primitive(primitive) => Some(*primitive),
        Leaf::Newtype(newtype) => Some(newtype.inner),
        _ => None,
    }
}
