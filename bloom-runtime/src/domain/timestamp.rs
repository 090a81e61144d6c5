//! A moment in time, to the microsecond.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A moment in UTC with microseconds, the precision that every store keeps.
///
/// Its text has a fixed width, `2026-03-01T12:00:00.000000Z`, so that the order of texts is the order
/// of moments. Years run from 0 to 9999. The domain never asks for the present: a handler passes it in.
///
/// ```
/// use bloom_runtime::domain::Timestamp;
///
/// let noon: Timestamp = "2026-03-01T12:00:00Z".parse()?;
/// assert_eq!(noon.to_string(), "2026-03-01T12:00:00.000000Z");
/// assert_eq!(Timestamp::from_micros(noon.as_micros()), Some(noon));
/// # Ok::<(), bloom_runtime::domain::ParseTimestampError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

/// A text that is not a moment in RFC 3339 form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a time such as 2026-03-01T12:00:00Z")]
pub struct ParseTimestampError {
    /// What was given.
    pub text: String,
}

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(jiff::Timestamp::UNIX_EPOCH);

    const FIRST: i64 = -62_167_219_200_000_000;
    const LAST: i64 = 253_402_207_200_000_000 - 1;

    /// The moment `micros` microseconds after 1970; `None` outside the years 0 to 9999.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        if !(Self::FIRST..=Self::LAST).contains(&micros) {
            return None;
        }
        jiff::Timestamp::from_microsecond(micros).ok().map(Self)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// The moment `seconds` later; the last one there is when that would leave the range.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        let micros = self.as_micros().saturating_add(seconds.saturating_mul(1_000_000));
        Self::from_micros(micros.clamp(Self::FIRST, Self::LAST)).unwrap_or(self)
    }

    /// The same moment as jiff's type, for calendars and zones.
    #[must_use]
    pub fn to_jiff(self) -> jiff::Timestamp {
        self.0
    }
}

impl TryFrom<jiff::Timestamp> for Timestamp {
    type Error = ParseTimestampError;

    /// Cuts off what is finer than a microsecond.
    fn try_from(moment: jiff::Timestamp) -> Result<Self, Self::Error> {
        Self::from_micros(moment.as_microsecond())
            .ok_or_else(|| ParseTimestampError { text: moment.to_string() })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>()
            .ok()
            .and_then(|moment| Self::try_from(moment).ok())
            .ok_or_else(|| ParseTimestampError { text: text.to_owned() })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_the_order_and_the_microseconds() {
        let early: Timestamp = "2026-03-01T12:00:00.000009Z".parse().unwrap();
        let late: Timestamp = "2026-03-01T12:00:00.1Z".parse().unwrap();
        assert!(early < late);
        assert!(early.to_string() < late.to_string());
        assert_eq!(early.to_string().parse::<Timestamp>().unwrap(), early);
    }

    #[test]
    fn what_is_finer_than_a_microsecond_is_cut_off() {
        let moment: Timestamp = "2026-03-01T12:00:00.123456789Z".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-03-01T12:00:00.123456Z");
    }

    #[test]
    fn the_years_before_0_are_refused() {
        assert!("-000001-12-31T23:59:59Z".parse::<Timestamp>().is_err());
        assert_eq!(Timestamp::from_micros(Timestamp::FIRST - 1), None);
        assert!(
            Timestamp::from_micros(Timestamp::FIRST).unwrap().to_string().starts_with("0000-01")
        );
    }
}
