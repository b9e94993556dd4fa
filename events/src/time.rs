//! Moments in milliseconds, as the rules see them: compared and added, never read from a clock here.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, Timelike as _};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01 00:00 UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Returns the moment this many milliseconds after 1970-01-01 00:00 UTC.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Returns the milliseconds since 1970-01-01 00:00 UTC.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Returns the moment `ms` milliseconds later, or the last possible one if that overflows.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add_unsigned(ms))
    }

    /// Returns the milliseconds from `earlier` to this moment; 0 if `earlier` is not earlier.
    pub fn since_ms(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// Returns the moment as RFC 3339; `None` beyond the years it has texts for. The same as
    /// [`chrono::DateTime::to_rfc3339_opts`], several times as fast: an export writes millions of moments.
    fn rfc3339(self) -> Option<[u8; 24]> {
        let at = chrono::DateTime::from_timestamp_millis(self.0).filter(|_| WRITTEN.contains(&self.0))?;
        let (date, time, millisecond) = (at.date_naive(), at.time(), at.timestamp_subsec_millis());
        let year = date.year().unsigned_abs();
        let digit = |number: u32, place: u32| b'0'.saturating_add(u8::try_from(number / place % 10).unwrap_or(0));
        let two = |number: u32| [digit(number, 10), digit(number, 1)];
        let [[month, month_1], [day, day_1], [hour, hour_1], [minute, minute_1], [second, second_1]] =
            [date.month(), date.day(), time.hour(), time.minute(), time.second()].map(two);
        let [thousands, hundreds, tens, ones] = [1_000, 100, 10, 1].map(|place| digit(year, place));
        let [tenth, hundredth, thousandth] = [100, 10, 1].map(|place| digit(millisecond, place));
        Some([
            thousands, hundreds, tens, ones, b'-', month, month_1, b'-', day, day_1, b'T', hour, hour_1, b':', minute,
            minute_1, b':', second, second_1, b'.', tenth, hundredth, thousandth, b'Z',
        ])
    }
}

/// The moments that RFC 3339 has texts for: the years 0 to 9999.
const WRITTEN: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;
/// What stands behind the milliseconds of any other.
const MILLISECONDS: &str = " ms";

impl fmt::Display for Timestamp {
    /// Formats the moment as RFC 3339 in UTC, with milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rfc3339() {
            Some(text) => f.pad(std::str::from_utf8(&text).unwrap_or_default()),
            None => write!(f, "{}{MILLISECONDS}", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, chrono::ParseError> {
        let beyond = text.strip_suffix(MILLISECONDS).and_then(|ms| ms.parse().ok());
        if let Some(ms) = beyond.filter(|ms| !WRITTEN.contains(ms)) {
            return Ok(Self(ms));
        }
        chrono::DateTime::parse_from_rfc3339(text).map(|at| Self(at.timestamp_millis()))
    }
}

impl Serialize for Timestamp {
    /// Writes text in human-readable formats, a number in the log.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = Cow::<str>::deserialize(deserializer)?;
            return text.parse().map_err(D::Error::custom);
        }
        i64::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_text_for_people() {
        let at = Timestamp::from_ms(1_614_147_929_007);
        let shown = serde_json::to_string(&at).unwrap();
        assert_eq!(shown, "\"2021-02-24T06:25:29.007Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&shown).unwrap(), at);
    }

    #[test]
    fn a_moment_reads_as_it_is_written() {
        let at = Timestamp::from_ms(1_614_147_929_007);
        assert_eq!(at.to_string(), "2021-02-24T06:25:29.007Z");
        assert_eq!(at.to_string().parse(), Ok(at));
    }

    #[test]
    fn every_moment_reads_as_it_is_written() {
        let (first, last) = WRITTEN.into_inner();
        for ms in [i64::MIN, first - 1, first, -1, 0, last, last + 1, i64::MAX] {
            let at = Timestamp::from_ms(ms);
            assert_eq!(at.to_string().parse(), Ok(at), "{at}");
            assert_eq!(at.to_string().ends_with('Z'), (first..=last).contains(&ms), "{at}");
        }
        assert_eq!(Timestamp::from_ms(last).to_string(), "9999-12-31T23:59:59.999Z");
        assert!("7 ms".parse::<Timestamp>().is_err());
    }

    #[test]
    fn time_never_overflows() {
        assert_eq!(Timestamp::from_ms(i64::MAX).plus_ms(u64::MAX).ms(), i64::MAX);
        assert_eq!(Timestamp::from_ms(1).since_ms(Timestamp::from_ms(5)), 0);
    }
}
