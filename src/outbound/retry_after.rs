//! Parses the wait that a receiver asks for: `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).

use std::time::Duration;

use events::time::Timestamp;

/// The longest wait that a receiver can ask for.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(8);

/// The wait that a header value asks for, at most 8 hours; `now` is wall-clock time. `None` if the value is not
/// valid.
pub(super) fn parse(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    let wait = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number with too many digits is longer than the longest wait.
        value.parse().map_or(RETRY_AFTER_MAX, Duration::from_secs)
    } else {
        until(value, now)?
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// The wait until a date; zero if it has passed.
fn until(date: &str, now: Timestamp) -> Option<Duration> {
    let date = httpdate::parse_http_date(date).ok()?;
    let since_1970 = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    let at = Timestamp::from_ms(i64::try_from(since_1970.as_millis()).ok()?);
    Some(Duration::from_millis(at.since_ms(now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2015-10-21T07:28:00.000Z";

    #[test]
    fn seconds_and_dates_are_understood_up_to_eight_hours() {
        let now = NOW.parse().unwrap();
        for (value, seconds) in [
            ("0", 0),
            ("120", 120),
            (" 7 ", 7),
            ("28800", 28_800),
            ("28801", 28_800),
            ("99999999999999999999999999", 28_800),
            ("Wed, 21 Oct 2015 07:30:00 GMT", 120),
            ("Wed, 21 Oct 2015 07:27:00 GMT", 0),
            ("Thu, 22 Oct 2015 07:28:00 GMT", 28_800),
            ("Wednesday, 21-Oct-15 07:28:05 GMT", 5),
            ("Wed Oct 21 07:28:09 2015", 9),
        ] {
            assert_eq!(parse(value, now), Some(Duration::from_secs(seconds)), "{value}");
        }
    }

    #[test]
    fn what_says_nothing_is_passed_over() {
        let now = NOW.parse().unwrap();
        for value in ["", "-1", "1.5", "+5", "soon", "Wed, 21 Oct 2015", "Wed, 99 Oct 2015 07:28:00 GMT", "\u{fffd}"] {
            assert_eq!(parse(value, now), None, "{value}");
        }
    }
}
