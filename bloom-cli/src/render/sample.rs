//! Values for tests that keep their rules: one, and another.

use super::pattern::matching;
use crate::{
    model::{Cardinality, Leaf, ModelField, Newtype, ValueObject},
    request::{Item, Primitive, Range},
};

/// Whether some value keeps all the rules of a field; without one nothing of it could be tested.
pub(crate) fn exists(field: &ModelField) -> bool {
    of_field(field, false).is_some()
}

/// A value as Rust and as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) rust: String,
    pub(super) json: String,
}

fn sample(rust: impl Into<String>, json: impl Into<String>) -> Sample {
    Sample { rust: rust.into(), json: json.into() }
}

/// The first or the second valid value of a field; there may be no second one.
pub(super) fn of_field(field: &ModelField, second: bool) -> Option<Sample> {
    let rules = field.inline.as_ref();
    match &field.cardinality {
        Cardinality::One => of_leaf(&field.leaf, rules, second),
        Cardinality::Optional => {
            let inner = of_leaf(&field.leaf, rules, second);
            // Nothing is another value than something.
            let Some(inner) = inner else { return second.then(|| sample("None", "null")) };
            Some(sample(format!("Some({})", inner.rust), inner.json))
        }
        Cardinality::List if field.length.is_some() => {
            let low = field.length.as_ref().and_then(|length| length.low).unwrap_or(0);
            let inner = of_leaf(&field.leaf, rules, second)?;
            Some(repeated(&inner, usize::try_from(low.max(1)).ok()?))
        }
        Cardinality::List => {
            let inner = of_leaf(&field.leaf, rules, second);
            let Some(inner) = inner else { return second.then(|| sample("Vec::new()", "[]")) };
            Some(sample(format!("vec![{}]", inner.rust), format!("[{}]", inner.json)))
        }
        Cardinality::Bounded { name, length, .. } => {
            let inner = of_leaf(&field.leaf, rules, second)
                .or_else(|| of_leaf(&field.leaf, rules, false))?;
            let count = length.low.unwrap_or(0).max(1);
            let list = repeated(&inner, usize::try_from(count).ok()?);
            Some(sample(format!("{}::new({}).unwrap()", name.pascal(), list.rust), list.json))
        }
    }
}

fn repeated(inner: &Sample, count: usize) -> Sample {
    let json = vec![inner.json.as_str(); count].join(", ");
    let rust = if count == 1 {
        format!("vec![{}]", inner.rust)
    } else {
        format!("vec![{}; {count}]", inner.rust)
    };
    sample(rust, format!("[{json}]"))
}

fn of_leaf(leaf: &Leaf, rules: Option<&Newtype>, second: bool) -> Option<Sample> {
    match leaf {
        Leaf::Primitive(primitive) => {
            primitive_sample(*primitive, rules.map_or(&[], |rules| &rules.rules), second)
        }
        Leaf::Newtype(newtype) => {
            let inner = newtype_inner(newtype, second)?;
            Some(sample(format!("{}::new({}).unwrap()", newtype.name, inner.rust), inner.json))
        }
        Leaf::Id(name) => {
            let number = if second { 8 } else { 7 };
            Some(sample(
                format!("{name}::from(Uuid::from_u128({number}))"),
                format!("\"00000000-0000-0000-0000-00000000000{number}\""),
            ))
        }
        Leaf::Enum { name, variants, .. } => {
            let variant = variants.get(usize::from(second))?;
            Some(sample(
                format!("{name}::{}", variant.name.pascal()),
                format!("{:?}", variant.text),
            ))
        }
        Leaf::Struct(value) => of_value(value, second),
    }
}

/// The argument of a newtype's `new`: a text is borrowed there.
pub(super) fn newtype_inner(newtype: &Newtype, second: bool) -> Option<Sample> {
    let inner = primitive_sample(newtype.inner, &newtype.rules, second)?;
    if newtype.inner == Primitive::String {
        return Some(sample(inner.json.clone(), inner.json));
    }
    Some(inner)
}

/// A value object; the second differs in the first field that has a second value.
pub(super) fn of_value(value: &ValueObject, second: bool) -> Option<Sample> {
    let mut differs = !second;
    let mut parts = Vec::new();
    for field in &value.fields {
        let other = (!differs).then(|| of_field(field, true)).flatten();
        let part = match other {
            Some(other) => {
                differs = true;
                other
            }
            None => of_field(field, false)?,
        };
        let argument = argument(field, &part);
        parts.push((field, Sample { rust: argument, ..part }));
    }
    if !differs {
        return None;
    }
    let arguments: Vec<&str> = parts.iter().map(|(_, part)| part.rust.as_str()).collect();
    let members = parts.iter().map(|(field, part)| format!("\"{}\": {}", field.name, part.json));
    Some(sample(
        format!("{}::new({}).unwrap()", value.name, arguments.join(", ")),
        format!("{{ {} }}", members.collect::<Vec<_>>().join(", ")),
    ))
}

/// How a part is handed to the derived `new`, which takes `impl Into<String>` for a text.
pub(super) fn argument(field: &ModelField, part: &Sample) -> String {
    match (&field.cardinality, &field.leaf) {
        (Cardinality::One, Leaf::Primitive(Primitive::String)) => part.json.clone(),
        _ => part.rust.clone(),
    }
}

fn primitive_sample(primitive: Primitive, rules: &[Item], second: bool) -> Option<Sample> {
    let index = usize::from(second);
    let pick = |values: Vec<Sample>| values.into_iter().nth(index);
    match primitive {
        Primitive::String => {
            let text = texts(rules).into_iter().nth(index)?;
            Some(sample(format!("{text:?}.to_owned()"), format!("{text:?}")))
        }
        Primitive::Bool => pick(vec![sample("true", "true"), sample("false", "false")]),
        Primitive::F64 => pick(
            numbers(rules, &[])
                .into_iter()
                .map(|n| sample(format!("{n}.0"), format!("{n}.0")))
                .collect(),
        ),
        Primitive::Decimal => pick(
            numbers(rules, &[])
                .into_iter()
                .map(|n| sample(format!("Decimal::from({n})"), format!("\"{n}\"")))
                .collect(),
        ),
        Primitive::Uuid => {
            let number = if second { 6 } else { 5 };
            Some(sample(
                format!("Uuid::from_u128({number})"),
                format!("\"00000000-0000-0000-0000-00000000000{number}\""),
            ))
        }
        Primitive::Date => {
            let text = if second { "2026-03-02" } else { "2026-03-01" };
            Some(sample(format!("{text:?}.parse::<Date>().unwrap()"), format!("{text:?}")))
        }
        Primitive::Timestamp => {
            let text =
                if second { "2026-03-02T12:00:00.000000Z" } else { "2026-03-01T12:00:00.000000Z" };
            Some(sample(format!("{text:?}.parse::<Timestamp>().unwrap()"), format!("{text:?}")))
        }
        Primitive::Json => {
            let text = if second { "other" } else { "any" };
            Some(sample(format!("Json::from({text:?})"), format!("{text:?}")))
        }
        integer => pick(
            numbers(rules, &[integer.integers().unwrap_or_default()])
                .into_iter()
                .map(|n| sample(n.to_string(), n.to_string()))
                .collect(),
        ),
    }
}

fn numbers(rules: &[Item], within: &[(i128, i128)]) -> Vec<i128> {
    let range = rules.iter().find_map(|rule| match rule {
        Item::Range(range) => Some(range.clone()),
        _ => None,
    });
    let range = range.unwrap_or_default();
    let mut candidates = vec![1, 2];
    candidates.extend(range.low.into_iter().flat_map(|low| [low, low + 1]));
    candidates.extend(range.high.into_iter().flat_map(|high| [high, high - 1]));
    candidates.retain(|number| {
        range.low.is_none_or(|low| *number >= low)
            && range.high.is_none_or(|high| *number <= high)
            && within.iter().all(|(first, last)| (first..=last).contains(&number))
    });
    let mut seen = Vec::new();
    candidates.retain(|number| {
        let new = !seen.contains(number);
        seen.push(*number);
        new
    });
    candidates
}

/// Texts that keep every rule.
fn texts(rules: &[Item]) -> Vec<String> {
    let mut candidates: Vec<String> = Vec::new();
    let mut length = Range::default();
    let mut special = false;
    for rule in rules {
        match rule {
            Item::Range(range) => length = range.clone(),
            Item::Email => {
                special = true;
                candidates.extend(
                    ["ada@example.com", "bob@example.com", "a@b.co", "b@c.co"].map(str::to_owned),
                );
            }
            Item::Url => {
                special = true;
                candidates
                    .extend(["https://example.com/a", "https://example.com/b"].map(str::to_owned));
            }
            Item::Matches(pattern) => {
                special = true;
                candidates.extend(matching(pattern));
            }
        }
    }
    // An address or a URL as long as it has to be.
    if let Some(low) = length.low.and_then(|low| usize::try_from(low).ok()) {
        let padded: Vec<String> = candidates
            .iter()
            .filter(|text| {
                text.chars().count() < low && (text.contains('@') || text.contains("://"))
            })
            .map(|text| {
                let more = low - text.chars().count();
                match text.split_once('@') {
                    Some((name, domain)) => format!("{name}{}@{domain}", "x".repeat(more)),
                    None => format!("{text}{}", "x".repeat(more)),
                }
            })
            .collect();
        candidates.extend(padded);
    }
    if !special {
        let at_least = usize::try_from(length.low.unwrap_or(0).max(1)).unwrap_or(1);
        if length.high == Some(0) {
            candidates.push(String::new());
        }
        let words = if at_least == 1 && length.high.is_none_or(|high| high >= 6) {
            ["text".to_owned(), "other".to_owned()]
        } else {
            ["a".repeat(at_least), "b".repeat(at_least)]
        };
        candidates.extend(words);
    }
    candidates.retain(|text| keeps(text, rules));
    candidates
}

fn keeps(text: &str, rules: &[Item]) -> bool {
    rules.iter().all(|rule| match rule {
        Item::Range(range) => {
            let length = i128::try_from(text.chars().count()).unwrap_or(i128::MAX);
            range.low.is_none_or(|low| length >= low)
                && range.high.is_none_or(|high| length <= high)
        }
        Item::Matches(pattern) => {
            regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
        }
        Item::Email => {
            text.contains('@') && text.split('@').next().is_some_and(|name| name.len() <= 64)
        }
        Item::Url => text.starts_with("https://"),
    })
}

pub(super) fn repeated_letter(count: usize) -> String {
    match count {
        0 => "\"\"".to_owned(),
        1 => "\"a\"".to_owned(),
        count => format!("\"a\".repeat({count})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_match_their_pattern() {
        for pattern in ["^[A-Z]{3}-[0-9]{4}$", "^(eur|usd)$", "[a-z]+", r"^\d{2,4}x?$", "^a{2}b*$"]
        {
            let found = matching(pattern);
            assert!(!found.is_empty(), "{pattern}");
            for text in found {
                assert!(regex::Regex::new(pattern).unwrap().is_match(&text), "{pattern}: {text}");
            }
        }
    }

    #[test]
    fn numbers_keep_the_range() {
        let range = |low, high| [Item::Range(Range { low, high })];
        assert_eq!(numbers(&range(Some(5), Some(6)), &[]), [5, 6]);
        assert_eq!(numbers(&range(Some(5), Some(5)), &[]), [5]);
        assert_eq!(numbers(&range(None, Some(-3)), &[]), [-3, -4]);
        assert_eq!(numbers(&[], &[(0, 10)]), [1, 2]);
    }
}
