//! Times as receivers of reports read them: UTC, to the second or to the minute.

use std::fmt;

use chrono::{DateTime, Datelike, Timelike, Utc};
use events::time::Timestamp;
use serde::{Serialize, Serializer};

/// The first and the last time with a four-digit year.
const YEARS_MS: (i64, i64) = (-62_135_596_800_000, 253_402_300_799_999);

fn utc(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.ms().clamp(YEARS_MS.0, YEARS_MS.1)).unwrap_or_default()
}

/// `2021-02-24T06:25:29+0000`. Times outside the years 1 to 9999 become the nearest one inside.
#[derive(Clone, Copy)]
pub(super) struct Seconds(pub(super) Timestamp);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = utc(self.0);
        write!(f, "{:04}-{:02}-{:02}", at.year(), at.month(), at.day())?;
        write!(f, "T{:02}:{:02}:{:02}+0000", at.hour(), at.minute(), at.second())
    }
}

/// `2021-02-24 16:25`, with the same bounds.
#[derive(Clone, Copy)]
pub(super) struct Minutes(pub(super) Timestamp);

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = utc(self.0);
        write!(f, "{:04}-{:02}-{:02} {:02}:{:02}", at.year(), at.month(), at.day(), at.hour(), at.minute())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(ms: i64) -> (String, String) {
        let at = Timestamp::from_ms(ms);
        (Seconds(at).to_string(), Minutes(at).to_string())
    }

    #[test]
    fn seconds_and_minutes_are_cut_off_not_rounded() {
        assert_eq!(shown(1_614_147_929_999), ("2021-02-24T06:25:29+0000".to_owned(), "2021-02-24 06:25".to_owned()));
        assert_eq!(shown(-1), ("1969-12-31T23:59:59+0000".to_owned(), "1969-12-31 23:59".to_owned()));
    }

    #[test]
    fn a_year_always_has_four_digits() {
        assert_eq!(shown(i64::MIN).0, "0001-01-01T00:00:00+0000");
        assert_eq!(shown(i64::MAX).0, "9999-12-31T23:59:59+0000");
    }
}
