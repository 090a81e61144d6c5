//! The rules that a field of a value object may name: `chars`, `items`, `range`, `email`, `url`,
//! `matches`.
//!
//! `#[derive(ValueObject)]` writes the calls. They are public so that a rule written by hand can use
//! them, and so that generated input checks give the same code and message.

use std::{
    fmt::Display,
    ops::{Bound, RangeBounds},
};

use super::Invalid;

/// The text has a number of characters within `range`, and no NUL, which no store could keep.
///
/// # Errors
/// `length` or `nul`.
pub fn chars(text: &str, range: impl RangeBounds<usize>) -> Result<(), Invalid> {
    no_nul(text)?;
    within(text.chars().count(), &range)
        .map_err(|bounds| Invalid::new("length", format!("must have {bounds} characters")))
}

/// The text holds no NUL character, which no store could keep.
///
/// # Errors
/// `nul`.
pub fn no_nul(text: &str) -> Result<(), Invalid> {
    if text.contains('\0') {
        return Err(Invalid::new("nul", "must not contain the character NUL"));
    }
    Ok(())
}

/// The list has a number of items within `range`.
///
/// # Errors
/// `items`.
pub fn items<T>(list: &[T], range: impl RangeBounds<usize>) -> Result<(), Invalid> {
    within(list.len(), &range)
        .map_err(|bounds| Invalid::new("items", format!("must have {bounds} items")))
}

/// The number lies within `range`.
///
/// # Errors
/// `range`.
pub fn range<T: PartialOrd + Display>(
    number: &T,
    range: impl RangeBounds<T>,
) -> Result<(), Invalid> {
    within_ref(number, &range).map_err(|bounds| Invalid::new("range", format!("must be {bounds}")))
}

/// The number is neither NaN nor infinite, which no store could keep.
///
/// # Errors
/// `finite`.
pub fn finite(number: f64) -> Result<(), Invalid> {
    if number.is_finite() { Ok(()) } else { Err(Invalid::new("finite", "must be a finite number")) }
}

/// The text is an e-mail address with a domain.
///
/// # Errors
/// `email`.
pub fn email(text: &str) -> Result<(), Invalid> {
    no_nul(text)?;
    let options = email_address::Options::default()
        .with_required_tld()
        .without_display_text()
        .without_domain_literal();
    email_address::EmailAddress::parse_with_options(text, options)
        .map(drop)
        .map_err(|_| Invalid::new("email", "must be an e-mail address such as ada@example.com"))
}

/// The text is an absolute `http` or `https` URL with a host. Needs the feature `url`.
///
/// # Errors
/// `url`.
#[cfg(feature = "url")]
pub fn url(text: &str) -> Result<(), Invalid> {
    use iri_string::types::UriStr;

    let fits = UriStr::new(text).is_ok_and(|uri| {
        matches!(uri.scheme_str().to_ascii_lowercase().as_str(), "http" | "https")
            && uri.authority_components().is_some_and(|authority| !authority.host().is_empty())
    });
    if fits {
        Ok(())
    } else {
        Err(Invalid::new("url", "must be a URL such as https://example.com/page"))
    }
}

/// The text matches the regular expression anywhere; anchor it with `^` and `$` to mean the whole.
/// Needs the feature `matches`.
///
/// # Errors
/// `pattern`.
///
/// # Panics
/// When `pattern` is not a regular expression: a mistake in the program, seen at the first value.
#[cfg(feature = "matches")]
pub fn matches(text: &str, pattern: &'static str) -> Result<(), Invalid> {
    use std::{
        collections::HashMap,
        sync::{LazyLock, Mutex},
    };

    use regex::Regex;

    static COMPILED: LazyLock<Mutex<HashMap<&'static str, Regex>>> = LazyLock::new(Mutex::default);
    no_nul(text)?;
    let regex = COMPILED
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .entry(pattern)
        .or_insert_with(|| {
            Regex::new(pattern).unwrap_or_else(|error| panic!("a rule's pattern: {error}"))
        })
        .clone();
    if regex.is_match(text) {
        Ok(())
    } else {
        Err(Invalid::new("pattern", format!("must match {pattern}")))
    }
}

/// The text names no variant of an enum.
#[must_use]
pub fn unknown_variant(text: &str, variants: &[&str]) -> Invalid {
    Invalid::new("variant", format!("must be one of {}, not `{text}`", variants.join(", ")))
}

fn within(number: usize, range: &impl RangeBounds<usize>) -> Result<(), String> {
    within_ref(&number, range)
}

/// Whether `number` lies in `range`; if not, the bounds in words.
fn within_ref<T: PartialOrd + Display>(
    number: &T,
    range: &impl RangeBounds<T>,
) -> Result<(), String> {
    if range.contains(number) {
        return Ok(());
    }
    let low = match range.start_bound() {
        Bound::Included(low) => Some(low.to_string()),
        Bound::Excluded(low) => Some(format!("more than {low}")),
        Bound::Unbounded => None,
    };
    let high = match range.end_bound() {
        Bound::Included(high) => Some(high.to_string()),
        Bound::Excluded(high) => Some(format!("less than {high}")),
        Bound::Unbounded => None,
    };
    Err(match (low, high) {
        (Some(low), Some(high)) if low == high => format!("exactly {low}"),
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("at least {low}"),
        (None, Some(high)) => format!("at most {high}"),
        (None, None) => "any number of".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<(), Invalid>) -> Option<String> {
        result.err().map(|invalid| invalid.violations()[0].code.to_string())
    }

    #[test]
    fn chars_counts_characters_not_bytes() {
        assert_eq!(code(chars("Straße", 1..=6)), None);
        assert_eq!(code(chars("", 1..=6)), Some("length".into()));
        assert_eq!(code(chars("1234567", 1..=6)), Some("length".into()));
        assert_eq!(code(chars("a\0b", 1..=6)), Some("nul".into()));
    }

    #[test]
    fn a_range_says_its_bounds() {
        let message = |result: Result<(), Invalid>| result.unwrap_err().to_string();
        assert_eq!(message(range(&0, 1..=9)), "must be 1 to 9");
        assert_eq!(message(range(&0, 1..)), "must be at least 1");
        assert_eq!(message(range(&7, ..=3)), "must be at most 3");
        assert_eq!(code(range(&9, 1..=9)), None);
    }

    #[test]
    fn emails_and_urls() {
        assert_eq!(code(email("ada@example.com")), None);
        for wrong in ["", "ada", "ada@", "@example.com", "Ada <ada@example.com>", "ada@localhost"] {
            assert_eq!(code(email(wrong)), Some("email".into()), "{wrong}");
        }
        assert_eq!(code(url("https://example.com/a?b=c#d")), None);
        for wrong in ["", "example.com", "ftp://example.com", "https://", "http://a b"] {
            assert_eq!(code(url(wrong)), Some("url".into()), "{wrong}");
        }
    }

    #[test]
    fn a_pattern_is_anchored_only_when_it_says_so() {
        assert_eq!(code(matches("x-12", "[0-9]+")), None);
        assert_eq!(code(matches("x-12", "^[0-9]+$")), Some("pattern".into()));
    }
}
