//! Numbers and times in plain words.

const SECOND_MS: u64 = 1_000;
const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 60 * MINUTE_S;
const DAY_S: u64 = 24 * HOUR_S;

/// Returns a number with its noun, such as `1 event` or `2 events`.
pub fn counted(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Returns a time span, such as `2.1 s`, `12 min 5 s` or `2 h`.
pub fn duration(ms: u64) -> String {
    let s = ms / SECOND_MS;
    if s < MINUTE_S {
        return format!("{s}.{} s", ms % SECOND_MS / 100);
    }
    let (large, small) = match s {
        MINUTE_S..HOUR_S => ((s / MINUTE_S, "min"), (s % MINUTE_S, "s")),
        HOUR_S..DAY_S => ((s / HOUR_S, "h"), (s % HOUR_S / MINUTE_S, "min")),
        _ => ((s / DAY_S, "d"), (s % DAY_S / HOUR_S, "h")),
    };
    if small.0 == 0 {
        format!("{} {}", large.0, large.1)
    } else {
        format!("{} {} {} {}", large.0, large.1, small.0, small.1)
    }
}

/// Says how long something took, such as `at once` or `after 2.1 s`.
pub fn after(ms: u64) -> String {
    if ms < SECOND_MS { "at once".to_owned() } else { format!("after {}", duration(ms)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        assert_eq!([0, 1, 2].map(|number| counted(number, "event")), ["0 events", "1 event", "2 events"]);
    }

    #[test]
    fn a_time_span_has_the_units_that_matter() {
        for (ms, wanted) in [
            (0, "0.0 s"),
            (2_199, "2.1 s"),
            (59_999, "59.9 s"),
            (60_000, "1 min"),
            (725_000, "12 min 5 s"),
            (3_600_000, "1 h"),
            (7_500_000, "2 h 5 min"),
            (86_400_000, "1 d"),
            (u64::MAX, "213503982334 d 14 h"),
        ] {
            assert_eq!(duration(ms), wanted, "{ms}");
        }
        assert_eq!([999, 1_000].map(after), ["at once", "after 1.0 s"]);
    }
}
