//! Pages by where the one before ended.

use crate::{
    domain::{Aggregate, Condition, Json, Relation, SortKey},
    ports::{PageRequest, StoreError},
};

/// Where a page ended: the values by which it was sorted, and the id.
#[derive(Debug, Clone, PartialEq)]
struct End {
    values: Vec<Json>,
    id: String,
}

/// What comes after the page that the request names.
pub(super) fn after<A: Aggregate>(page: &PageRequest) -> Result<Condition, StoreError> {
    let Some(cursor) = page.cursor() else { return Ok(Condition::All) };
    let end = read(cursor, page.sort_keys().len()).ok_or(StoreError::BadCursor)?;
    let id = end.id.parse::<A::Id>().map_err(|_| StoreError::BadCursor)?.to_string();

    // Greater in one key, and equal in all before it.
    let mut equal = Condition::All;
    let mut any = Condition::Never;
    for (key, value) in page.sort_keys().iter().zip(&end.values) {
        any = any.or(equal.clone().and(beyond(key, value)));
        equal = equal.and(same(key, value));
    }
    Ok(any.or(equal.and(Condition::IdAfter(id))))
}

fn beyond(key: &SortKey, value: &Json) -> Condition {
    let absent = Condition::IsNull(key.path.clone());
    match (key.descending, value.is_null()) {
        // What is absent comes first, and last in the other direction.
        (false, true) => absent.negated(),
        (true, true) => Condition::Never,
        (false, false) => compare(key, Relation::Greater, value),
        (true, false) => compare(key, Relation::Less, value).or(absent),
    }
}

fn same(key: &SortKey, value: &Json) -> Condition {
    if value.is_null() {
        Condition::IsNull(key.path.clone())
    } else {
        compare(key, Relation::Equal, value)
    }
}

fn compare(key: &SortKey, relation: Relation, value: &Json) -> Condition {
    Condition::Compare { path: key.path.clone(), kind: key.kind, relation, value: value.clone() }
}

/// The cursor of a page that ends with this document. Without sorting it is the id itself.
pub(super) fn cursor(keys: &[SortKey], id: &str, document: &Json) -> String {
    if keys.is_empty() {
        return id.to_owned();
    }
    let mut parts: Vec<Json> = keys.iter().map(|key| key.value_of(document)).collect();
    parts.push(Json::from(id));
    let text = Json::from(parts).to_string();
    text.bytes()
        .fold(String::with_capacity(text.len() * 2), |hex, byte| hex + &format!("{byte:02x}"))
}

fn read(cursor: &str, keys: usize) -> Option<End> {
    if keys == 0 {
        return Some(End { values: Vec::new(), id: cursor.to_owned() });
    }
    let digits = cursor
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let mut values: Vec<Json> =
        serde_json::from_slice(&digits.collect::<Option<Vec<u8>>>()?).ok()?;
    let id = values.pop()?.as_str()?.to_owned();
    let plain = values.iter().all(|value| !value.is_array() && !value.is_object());
    (values.len() == keys && plain).then_some(End { values, id })
}
