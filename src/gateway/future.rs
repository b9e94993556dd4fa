//! Detects a log from the future: its last event is later than the machine's clock, for example because the clock was
//! wrong before.

use events::secrets::Secrets;
use events::time::Timestamp;

use super::start_error::StartError;

/// A log that is further ahead is refused unless the operator has accepted it.
const AHEAD_MS_MAX: u64 = 3_600_000;
/// Name of the stored number of milliseconds that the operator accepted.
const ACCEPTED_NAME: &[u8] = b"accepted_ahead_ms";

/// Refuses a log that is too far ahead of `wall`. What was accepted once holds until the clock has caught up, or
/// until the log is more than another hour further ahead.
pub(super) fn check(kept_in: &dyn Secrets, last: Timestamp, wall: Timestamp, accept: bool) -> Result<(), StartError> {
    let ahead_ms = last.since_ms(wall);
    let kept = kept_in.read(ACCEPTED_NAME)?.and_then(|bytes| Some(u64::from_be_bytes(*bytes.first_chunk()?)));
    let accepted_ms = kept.unwrap_or(0);
    if ahead_ms <= AHEAD_MS_MAX {
        if accepted_ms > 0 {
            kept_in.keep(ACCEPTED_NAME, &0_u64.to_be_bytes())?;
        }
        return Ok(());
    }
    if accepted_ms > 0 && ahead_ms <= accepted_ms.saturating_add(AHEAD_MS_MAX) {
        return Ok(());
    }
    if !accept {
        return Err(StartError::Future { last });
    }
    kept_in.keep(ACCEPTED_NAME, &ahead_ms.to_be_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use events::store::memory_log::MemoryLog;

    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    /// True if a start is refused when the log is this many hours ahead.
    fn is_refused(log: &MemoryLog, ahead_hours: i64, accept: bool) -> bool {
        let last = Timestamp::from_ms((100 + ahead_hours) * HOUR_MS);
        check(log, last, Timestamp::from_ms(100 * HOUR_MS - 1), accept).is_err()
    }

    #[test]
    fn a_log_from_the_future_is_accepted_once_and_not_at_every_start() {
        let log = MemoryLog::default();
        assert!(!is_refused(&log, 0, false) && is_refused(&log, 1, false) && is_refused(&log, 8, false));
        assert!(!is_refused(&log, 8, true));
        for ahead_hours in [8, 7, 2, 8] {
            assert!(!is_refused(&log, ahead_hours, false), "{ahead_hours}");
        }
    }

    #[test]
    fn another_mistake_of_the_clock_is_another_question() {
        let log = MemoryLog::default();
        assert!(!is_refused(&log, 8, true));
        assert!(is_refused(&log, 10, false) && !is_refused(&log, 8, false));
        assert!(!is_refused(&log, 0, false), "the clock has caught up");
        assert!(is_refused(&log, 8, false));
    }
}
