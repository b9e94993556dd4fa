//! Parses the wait that a file's server asks for: `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).

use std::time::Duration;

use actors::runtime::clock::wall_now;
use reqwest::Response;
use reqwest::header::RETRY_AFTER;

/// Longer waits are cut to this; the rules wait even less.
const WAIT_MAX: Duration = Duration::from_hours(1);

/// The wait that a response asks for; `None` if it asks for none, or the value is not valid.
pub(super) fn of(answer: &Response) -> Option<Duration> {
    let value = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let now = Duration::from_millis(u64::try_from(wall_now().ms()).ok()?);
    parse(value.trim(), now).map(|wait| wait.min(WAIT_MAX))
}

/// `now` counts from 1970. A date that has passed means no wait.
fn parse(value: &str, now: Duration) -> Option<Duration> {
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number with too many digits is longer than the longest wait.
        return Some(value.parse().map_or(WAIT_MAX, Duration::from_secs));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(std::time::UNIX_EPOCH).ok()?.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_understood() {
        // 2015-10-21T07:28:00Z.
        let now = Duration::from_mins(24_090_208);
        for (value, seconds) in [
            ("0", Some(0)),
            ("60", Some(60)),
            ("99999999999999999999", Some(3_600)),
            ("Wed, 21 Oct 2015 07:28:30 GMT", Some(30)),
            ("Wed, 21 Oct 2015 07:27:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(parse(value, now), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
