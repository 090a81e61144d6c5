//! Values for tests that break a rule.

use super::sample::repeated_letter;
use crate::request::{Item, Primitive};

/// A value that breaks a rule by as little as possible.
#[derive(Debug, Clone)]
pub(super) struct Invalid {
    /// What it is: `too_long`.
    pub(super) name: &'static str,
    /// The argument of `new`.
    pub(super) rust: String,
    pub(super) json: String,
    pub(super) code: &'static str,
}

/// Values at the far side of each rule.
pub(super) fn invalid(primitive: Primitive, rules: &[Item]) -> Vec<Invalid> {
    let mut found = Vec::new();
    let mut push =
        |name, rust: String, json: String, code| found.push(Invalid { name, rust, json, code });
    for rule in rules {
        match rule {
            Item::Range(range) if primitive == Primitive::String => {
                if let Some(low) =
                    range.low.and_then(|low| usize::try_from(low).ok()).filter(|low| *low > 0)
                {
                    let text = "a".repeat(low - 1);
                    push("too_short", repeated_letter(low - 1), format!("{text:?}"), "length");
                }
                if let Some(high) = range.high.and_then(|high| usize::try_from(high).ok()) {
                    let json = if high < 200 {
                        format!("{:?}", "a".repeat(high + 1))
                    } else {
                        repeated_letter(high + 1)
                    };
                    push("too_long", repeated_letter(high + 1), json, "length");
                }
            }
            Item::Range(range) => {
                let fits = |number: i128| {
                    primitive.integers().is_none_or(|(low, high)| (low..=high).contains(&number))
                };
                for (name, number) in [
                    ("too_small", range.low.map(|low| low - 1)),
                    ("too_large", range.high.map(|high| high + 1)),
                ] {
                    let Some(number) = number.filter(|number| fits(*number)) else { continue };
                    let (rust, json) = match primitive {
                        Primitive::F64 => (format!("{number}.0"), format!("{number}.0")),
                        Primitive::Decimal => {
                            (format!("Decimal::from({number})"), format!("\"{number}\""))
                        }
                        _ => (number.to_string(), number.to_string()),
                    };
                    push(name, rust, json, "range");
                }
            }
            Item::Email => {
                push("not_an_address", "\"nobody\"".into(), "\"nobody\"".into(), "email")
            }
            Item::Url => push("not_a_url", "\"nowhere\"".into(), "\"nowhere\"".into(), "url"),
            Item::Matches(pattern) => {
                let candidates = ["", "?", "a", "0", "no match here"];
                let wrong = candidates.into_iter().find(|text| {
                    regex::Regex::new(pattern).is_ok_and(|regex| !regex.is_match(text))
                });
                if let Some(wrong) = wrong {
                    push("not_matching", format!("{wrong:?}"), format!("{wrong:?}"), "pattern");
                }
            }
        }
    }
    found
}
