//! Shapes as the file has them, and whether one reads what was written in another.

use std::collections::BTreeMap;

use bloom_runtime::domain::{has_plain_sample, plain_sample, sample_key};
use serde_json::Value;

/// A shape that was parsed from its text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Noted {
    Plain(String),
    OneOf(Vec<String>),
    Optional(Box<Noted>),
    List(Box<Noted>),
    Map(Box<Noted>, Box<Noted>),
    Tuple(Vec<Noted>),
    Fields(BTreeMap<String, Noted>),
}

/// Whether fields of the shapes `is` read whatever was written with the shapes `was`, and lose nothing of it.
pub(super) fn reads(is: &BTreeMap<String, String>, was: &BTreeMap<String, String>) -> bool {
    let parsed = |fields: &BTreeMap<String, String>| -> Option<BTreeMap<String, Noted>> {
        fields.iter().map(|(name, shape)| Some((name.clone(), parse(shape)?))).collect()
    };
    match (parsed(is), parsed(was)) {
        (Some(is), Some(was)) => reads_fields(&is, &was),
        _ => false,
    }
}

/// A payload with fields of these shapes, as JSON text; `None` where nothing is known of a part.
pub(super) fn sample(fields: &BTreeMap<String, String>) -> Option<String> {
    let sampled = fields.iter().map(|(name, shape)| Some((name.clone(), parse(shape)?.sample()?)));
    Some(Value::Object(sampled.collect::<Option<_>>()?).to_string())
}

fn reads_fields(is: &BTreeMap<String, Noted>, was: &BTreeMap<String, Noted>) -> bool {
    let nothing_lost = was.iter().all(|(name, was)| is.get(name).is_some_and(|is| is.reads(was)));
    // What may be missing in JSON.
    let has_default =
        |shape: &Noted| matches!(shape, Noted::Optional(_) | Noted::List(_) | Noted::Map(..));
    nothing_lost && is.iter().all(|(name, is)| was.contains_key(name) || has_default(is))
}

impl Noted {
    fn sample(&self) -> Option<Value> {
        Some(match self {
            Self::Plain(kind) => has_plain_sample(kind).then(|| plain_sample(kind))?,
            Self::OneOf(texts) => texts.first().map(|text| Value::from(text.as_str()))?,
            Self::Optional(inner) => inner.sample()?,
            Self::List(inner) => Value::Array(vec![inner.sample()?]),
            Self::Map(key, inner) => {
                let key = sample_key(&key.sample()?);
                Value::Object([(key, inner.sample()?)].into_iter().collect())
            }
            Self::Tuple(parts) => parts.iter().map(Self::sample).collect::<Option<_>>()?,
            Self::Fields(fields) => {
                let fields =
                    fields.iter().map(|(name, shape)| Some((name.clone(), shape.sample()?)));
                Value::Object(fields.collect::<Option<_>>()?)
            }
        })
    }

    fn reads(&self, was: &Self) -> bool {
        match (self, was) {
            (Self::Optional(is), Self::Optional(was)) => is.reads(was),
            (Self::Optional(is), was) => is.reads(was),
            (Self::List(is), Self::List(was)) => is.reads(was),
            (Self::Map(is_key, is), Self::Map(was_key, was)) => {
                is_key.reads(was_key) && is.reads(was)
            }
            (Self::OneOf(is), Self::OneOf(was)) => was.iter().all(|text| is.contains(text)),
            (Self::Tuple(is), Self::Tuple(was)) => {
                is.len() == was.len() && is.iter().zip(was).all(|(is, was)| is.reads(was))
            }
            (Self::Fields(is), Self::Fields(was)) => reads_fields(is, was),
            (is, was) => is == was,
        }
    }
}

fn parse(text: &str) -> Option<Noted> {
    let mut rest = text;
    let shape = shape(&mut rest)?;
    rest.is_empty().then_some(shape)
}

fn shape(rest: &mut &str) -> Option<Noted> {
    let mut shape = if take(rest, "[") {
        Noted::List(Box::new(closed(rest, "]")?))
    } else if take(rest, "<") {
        let key = shape(rest)?;
        let inner = if take(rest, ": ") { closed(rest, ">")? } else { return None };
        Noted::Map(Box::new(key), Box::new(inner))
    } else if take(rest, "{") {
        let mut fields = BTreeMap::new();
        while !take(rest, "}") {
            let (name, behind) = rest.split_once(": ")?;
            *rest = behind;
            fields.insert(name.to_owned(), shape(rest)?);
            take(rest, ", ");
        }
        Noted::Fields(fields)
    } else if take(rest, "(") {
        let (mut parts, mut is_tuple) = (Vec::new(), false);
        while !take(rest, ")") {
            parts.push(shape(rest)?);
            is_tuple |= take(rest, ", ") || take(rest, ",");
        }
        if is_tuple { Noted::Tuple(parts) } else { parts.pop()? }
    } else if rest.starts_with('"') {
        let mut texts = vec![quoted(rest)?];
        while take(rest, "|") {
            texts.push(quoted(rest)?);
        }
        Noted::OneOf(texts)
    } else {
        Noted::Plain(word(rest)?)
    };
    while take(rest, "?") {
        shape = Noted::Optional(Box::new(shape));
    }
    Some(shape)
}

fn closed(rest: &mut &str, end: &str) -> Option<Noted> {
    let inner = shape(rest)?;
    take(rest, end).then_some(inner)
}

fn quoted(rest: &mut &str) -> Option<String> {
    let mut texts = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    let text = texts.next()?.ok()?;
    *rest = &rest[texts.byte_offset()..];
    Some(text)
}

fn word(rest: &mut &str) -> Option<String> {
    let end = rest.find([':', '?', ',', ']', '>', '}', ')']).unwrap_or(rest.len());
    let (word, behind) = rest.split_at(end);
    *rest = behind;
    (!word.is_empty()).then(|| word.to_owned())
}

fn take(rest: &mut &str, sign: &str) -> bool {
    match rest.strip_prefix(sign) {
        Some(behind) => {
            *rest = behind;
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use bloom_runtime::{domain::Shape, prelude::*};

    use super::*;

    fn fields(of: &[(&str, &str)]) -> BTreeMap<String, String> {
        of.iter().map(|(name, shape)| ((*name).to_owned(), (*shape).to_owned())).collect()
    }

    #[test]
    fn what_reads_everything_is_no_other_shape() {
        for (was, is) in [
            (r#""EUR"|"USD""#, r#""EUR"|"GBP"|"USD""#),
            ("text", "text?"),
            ("[text]", "[text?]"),
            ("{a: i64}", "{a: i64, b: text?}"),
            (r#"{a: {b: "x"|"y: }"}}"#, r#"{a: {b: "x"|"y: }"|"z", c: [uuid]}}"#),
            ("{a: i64}", "{a: i64, b: <text: i64>}"),
            ("(i64, text)", "(i64, text?)"),
            ("<uuid: i64>", "<uuid: i64?>"),
        ] {
            assert!(reads(&fields(&[("f", is)]), &fields(&[("f", was)])), "{was} -> {is}");
            assert!(!reads(&fields(&[("f", was)]), &fields(&[("f", is)])), "{is} -> {was}");
        }
        for (was, is) in [
            ("i64", "u64"),
            ("{a: i64}", "{b: i64}"),
            ("[text]", "text"),
            ("", "?"),
            ("text", r#""html"|"text""#),
            ("text", r#""text""#),
            ("(text,)", "text"),
            ("<text: i64>", "<u32: i64>"),
        ] {
            assert!(!reads(&fields(&[("f", is)]), &fields(&[("f", was)])), "{was} -> {is}");
        }
        assert!(reads(&fields(&[("a", "text?")]), &fields(&[])));
        assert!(!reads(&fields(&[("a", "text")]), &fields(&[])));
        assert!(!reads(&fields(&[]), &fields(&[("a", "text")])));
    }

    #[derive(ValueObject)]
    struct Everything {
        texts: Vec<String>,
        kind: Option<Kind>,
        pair: (u8, Option<Kind>),
        deep: std::collections::BTreeMap<String, Vec<Inner>>,
    }

    #[derive(ValueObject)]
    struct Inner {
        at: Timestamp,
    }

    #[derive(ValueObject)]
    enum Kind {
        A,
        B,
    }

    #[test]
    fn every_shape_is_understood() {
        let text = Shape::of::<Everything>().to_string();
        assert_eq!(
            text,
            r#"{deep: <text: [{at: timestamp}]>, kind: ("a"|"b")?, pair: (u8, ("a"|"b")?), texts: [text]}"#
        );
        assert!(reads(&fields(&[("f", &text)]), &fields(&[("f", &text)])));
    }
}
