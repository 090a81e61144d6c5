//! Bounds: `1..100`.

use std::fmt;

use super::{InputError, Primitive};

/// Inclusive bounds, as they were typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Range {
    pub(crate) low: Option<i128>,
    pub(crate) high: Option<i128>,
}

impl Range {
    pub(super) fn parse(text: &str) -> Result<Self, InputError> {
        let error = || {
            InputError::new(format!("`{text}` is not a range")).hint(
                "write `1..100`, `1..` or `..100`, with whole numbers; both ends belong to it",
            )
        };
        let (low, high) = text.trim().split_once("..").ok_or_else(error)?;
        let end = |text: &str| match text.trim() {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| error()),
        };
        let range = Range { low: end(low)?, high: end(high.trim_start_matches('='))? };
        if range == Range::default() {
            return Err(error());
        }
        Ok(range)
    }

    /// Whether something lies in it that the type can hold.
    pub(super) fn check(&self, primitive: Option<Primitive>) -> Result<(), InputError> {
        if let (Some(low), Some(high)) = (self.low, self.high)
            && low > high
        {
            return Err(InputError::new(format!("nothing lies in the range `{self}`"))
                .hint(format!("did you mean `{high}..{low}`?")));
        }
        let (first, last) = match primitive {
            Some(Primitive::String) => (0, 1_000_000),
            Some(primitive) => primitive.integers().unwrap_or((i64::MIN.into(), i64::MAX.into())),
            None => return Ok(()),
        };
        for end in [self.low, self.high].into_iter().flatten() {
            if !(first..=last).contains(&end) {
                return Err(InputError::new(format!(
                    "{end} does not fit; the type goes from {first} to {last}"
                )));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |end: Option<i128>| end.map(|end| end.to_string()).unwrap_or_default();
        write!(f, "{}..{}", end(self.low), end(self.high))
    }
}
