//! Shapes as the file has them, and whether one reads what was written in another.

use std::collections::BTreeMap;

/// A shape that was parsed from its text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Noted {
    Plain(String),
    OneOf(Vec<String>),
    Optional(Box<Noted>),
    List(Box<Noted>),
    Map(Box<Noted>),
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

fn reads_fields(is: &BTreeMap<String, Noted>, was: &BTreeMap<String, Noted>) -> bool {
    let nothing_lost = was.iter().all(|(name, was)| is.get(name).is_some_and(|is| is.reads(was)));
    // What may be missing in JSON.
    let has_default = |shape: &Noted| matches!(shape, Noted::Optional(_) | Noted::List(_));
    nothing_lost && is.iter().all(|(name, is)| was.contains_key(name) || has_default(is))
}

impl Noted {
    fn reads(&self, was: &Self) -> bool {
        match (self, was) {
            (Self::Optional(is), Self::Optional(was)) => is.reads(was),
            (Self::Optional(is), was) => is.reads(was),
            (Self::List(is), Self::List(was)) | (Self::Map(is), Self::Map(was)) => is.reads(was),
            (Self::OneOf(is), Self::OneOf(was)) => was.iter().all(|text| is.contains(text)),
            (Self::OneOf(is), Self::Plain(was)) => is.contains(was),
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
        Noted::Map(Box::new(closed(rest, ">")?))
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
        let mut parts = Vec::new();
        while !take(rest, ")") {
            parts.push(shape(rest)?);
            take(rest, ", ");
        }
        if parts.len() == 1 { parts.pop()? } else { Noted::Tuple(parts) }
    } else {
        let mut texts = vec![word(rest)?];
        while take(rest, "|") {
            texts.push(word(rest)?);
        }
        if texts.len() == 1 { Noted::Plain(texts.pop()?) } else { Noted::OneOf(texts) }
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

fn word(rest: &mut &str) -> Option<String> {
    let end = rest.find(['|', '?', ',', ']', '>', '}', ')']).unwrap_or(rest.len());
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
            ("EUR|USD", "EUR|GBP|USD"),
            ("text", "text?"),
            ("[text]", "[text?]"),
            ("{a: i64}", "{a: i64, b: text?}"),
            ("{a: {b: x|y}}", "{a: {b: x|y|z, c: [uuid]}}"),
            ("(i64, text)", "(i64, text?)"),
            ("<i64>", "<i64?>"),
        ] {
            assert!(reads(&fields(&[("f", is)]), &fields(&[("f", was)])), "{was} -> {is}");
            assert!(!reads(&fields(&[("f", was)]), &fields(&[("f", is)])), "{is} -> {was}");
        }
        for (was, is) in [("i64", "u64"), ("{a: i64}", "{b: i64}"), ("[text]", "text"), ("", "?")] {
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
            "{deep: <[{at: timestamp}]>, kind: (a|b)?, pair: (u8, (a|b)?), texts: [text]}"
        );
        assert!(reads(&fields(&[("f", &text)]), &fields(&[("f", &text)])));
    }
}
