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
    let fits = |(key, value): (&SortKey, &Json)| value.is_null() || key.kind.accepts(value);
    if end.id.contains('\0') || !page.sort_keys().iter().zip(&end.values).all(fits) {
        return Err(StoreError::BadCursor);
    }
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
    let digit = |half: u8| char::from_digit(u32::from(half), 16);
    text.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).flatten().collect()
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
    (values.len() == keys).then_some(End { values, id })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::conformance::Account;

    fn hex(parts: &Json) -> String {
        parts.to_string().bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn a_cursor_that_was_not_given_out_is_refused() {
        let id = "00000000-0000-0000-0000-000000000001";
        let request = PageRequest::first(2).sort(Account::fields().balance.desc());
        let good = cursor(request.sort_keys(), id, &json!({ "balance": 7 }));
        assert!(after::<Account>(&request.clone().after(good)).is_ok());
        for wrong in [
            "",
            "zz",
            "7b7d",
            &hex(&json!([id])),
            &hex(&json!([7, 8, id])),
            &hex(&json!(["7", id])),
            &hex(&json!([-5, id])),
            &hex(&json!([1e300, id])),
            &hex(&json!([7, "nobody"])),
            &hex(&json!([7, "\0"])),
            &hex(&json!([[7], id])),
            "€",
            "a€",
        ] {
            let refused = after::<Account>(&request.clone().after(wrong));
            assert!(matches!(refused, Err(StoreError::BadCursor)), "{wrong}: {refused:?}");
        }
    }
}
