//! The untyped form of a specification, as stores see it.

use std::cmp::Ordering;

use super::{FieldPath, Json, Kind};

/// A question about a document, with two answers: what is absent equals nothing, comes before nothing and after nothing, so
/// that a question about it is answered with no, and its opposite with yes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Condition {
    /// Always true.
    All,
    /// Never true.
    Never,
    /// The field compares so with the value, which is never null.
    Compare {
        /// The field.
        path: FieldPath,
        /// How it is stored.
        kind: Kind,
        /// How they compare.
        relation: Relation,
        /// The value in canonical JSON.
        value: Json,
    },
    /// The field equals one of the values.
    In {
        /// The field.
        path: FieldPath,
        /// How it is stored.
        kind: Kind,
        /// The values, none of them null.
        values: Vec<Json>,
    },
    /// The field is absent.
    IsNull(FieldPath),
    /// The text begins with these characters.
    StartsWith(FieldPath, String),
    /// The text has these characters somewhere.
    ContainsText(FieldPath, String),
    /// The list has an item that equals the value.
    Has {
        /// The list.
        path: FieldPath,
        /// How its items are stored.
        kind: Kind,
        /// The value.
        value: Json,
    },
    /// The id comes after this one.
    IdAfter(String),
    /// All hold.
    And(Vec<Condition>),
    /// One holds at least.
    Or(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// They are equal.
    Equal,
    /// The first comes before the second.
    Less,
    /// It does, or they are equal.
    AtMost,
    /// It comes after the second.
    Greater,
    /// It does, or they are equal.
    AtLeast,
}

impl Relation {
    fn fits(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// A specification that no store is asked, because answering might take for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a specification has at most {limit} {what}")]
pub struct ConditionTooLarge {
    /// What there is too much of.
    pub what: &'static str,
    /// How much there may be.
    pub limit: usize,
}

impl Condition {
    /// How deep conditions may nest.
    pub const MAX_DEPTH: usize = 32;
    /// How many conditions there may be in all.
    pub const MAX_PARTS: usize = 1_000;
    /// How many values one list may have.
    pub const MAX_VALUES: usize = 1_000;
    /// How many values all lists may have together, which databases limit.
    pub const MAX_ALL_VALUES: usize = 10_000;

    /// Whether the document with this id satisfies it.
    #[must_use]
    pub fn matches(&self, id: &str, document: &Json) -> bool {
        match self {
            Self::All => true,
            Self::Never => false,
            Self::Compare { path, kind, relation, value } => path
                .value_in(document)
                .and_then(|found| kind.compare(found, value))
                .is_some_and(|order| relation.fits(order)),
            Self::In { path, kind, values } => path.value_in(document).is_some_and(|found| {
                values.iter().any(|value| kind.compare(found, value).is_some_and(Ordering::is_eq))
            }),
            Self::IsNull(path) => path.value_in(document).is_none(),
            Self::StartsWith(path, text) => {
                text_in(path, document).is_some_and(|found| found.starts_with(text.as_str()))
            }
            Self::ContainsText(path, text) => {
                text_in(path, document).is_some_and(|found| found.contains(text.as_str()))
            }
            Self::Has { path, kind, value } => {
                let items = path.value_in(document).and_then(Json::as_array);
                items
                    .into_iter()
                    .flatten()
                    .any(|item| kind.compare(item, value).is_some_and(Ordering::is_eq))
            }
            Self::IdAfter(last) => id > last.as_str(),
            Self::And(parts) => parts.iter().all(|part| part.matches(id, document)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(id, document)),
            Self::Not(part) => !part.matches(id, document),
        }
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, other) => other,
            (condition, Self::All) => condition,
            (Self::And(mut parts), Self::And(others)) => {
                parts.extend(others);
                Self::And(parts)
            }
            (Self::And(mut parts), other) => {
                parts.push(other);
                Self::And(parts)
            }
            (condition, other) => Self::And(vec![condition, other]),
        }
    }

    /// One of both holds at least.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, other) => other,
            (condition, Self::Never) => condition,
            (Self::Or(mut parts), Self::Or(others)) => {
                parts.extend(others);
                Self::Or(parts)
            }
            (Self::Or(mut parts), other) => {
                parts.push(other);
                Self::Or(parts)
            }
            (condition, other) => Self::Or(vec![condition, other]),
        }
    }

    /// It does not hold.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::All => Self::Never,
            Self::Never => Self::All,
            Self::Not(inner) => *inner,
            condition => Self::Not(Box::new(condition)),
        }
    }

    /// Refuses what is too deep or too long for a store to be asked.
    ///
    /// # Errors
    /// What there is too much of.
    pub fn check_size(&self) -> Result<(), ConditionTooLarge> {
        let mut waiting = vec![(self, 1)];
        let (mut parts, mut values) = (0, 0);
        while let Some((condition, depth)) = waiting.pop() {
            parts += 1;
            values += condition.values();
            for (what, number, limit) in [
                ("levels", depth, Self::MAX_DEPTH),
                ("parts", parts, Self::MAX_PARTS),
                ("values in a list", condition.values(), Self::MAX_VALUES),
                ("values in all lists", values, Self::MAX_ALL_VALUES),
            ] {
                if number > limit {
                    return Err(ConditionTooLarge { what, limit });
                }
            }
            match condition {
                Self::And(inner) | Self::Or(inner) => {
                    waiting.extend(inner.iter().map(|part| (part, depth + 1)));
                }
                Self::Not(inner) => waiting.push((inner, depth + 1)),
                _ => {}
            }
        }
        Ok(())
    }

    fn values(&self) -> usize {
        match self {
            Self::In { values, .. } => values.len(),
            _ => 0,
        }
    }
}

fn text_in<'d>(path: &FieldPath, document: &'d Json) -> Option<&'d str> {
    path.value_in(document).and_then(Json::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is(name: &'static str, value: Json) -> Condition {
        let path = FieldPath::root().child(name);
        Condition::Compare { path, kind: Kind::Text, relation: Relation::Equal, value }
    }

    #[test]
    fn what_is_absent_is_answered_with_no_and_its_opposite_with_yes() {
        let document = json!({ "note": null });
        for name in ["note", "missing"] {
            let asked = is(name, json!("x"));
            assert!(!asked.matches("", &document));
            assert!(asked.negated().matches("", &document));
            assert!(Condition::IsNull(FieldPath::root().child(name)).matches("", &document));
        }
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let mut deep = is("a", json!("x"));
        for _ in 0..Condition::MAX_DEPTH {
            deep = Condition::Or(vec![Condition::And(vec![deep])]);
        }
        assert_eq!(deep.check_size().unwrap_err().what, "levels");
        let wide =
            (0..=Condition::MAX_PARTS).fold(Condition::Never, |all, _| all.or(is("a", json!("x"))));
        assert_eq!(wide.check_size().unwrap_err().what, "parts");
        let long = Condition::In {
            path: FieldPath::root(),
            kind: Kind::Text,
            values: vec![json!("x"); Condition::MAX_VALUES + 1],
        };
        assert_eq!(long.check_size().unwrap_err().what, "values in a list");
        assert_eq!(is("a", json!("x")).or(is("b", json!("y"))).check_size(), Ok(()));
    }
}
