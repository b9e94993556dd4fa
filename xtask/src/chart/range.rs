//! Chooses the ends of an axis, and formats its values.

use std::ops::Range;

use super::Scale;

/// Absorbs the rounding error of a power of ten, so that the last mark is included.
const NEARLY: f64 = 1e-9;
/// Space above the highest value, as a share of it.
const ROOM: f64 = 0.08;

impl Scale {
    /// True if the axis can show the value.
    pub(super) fn shows(self, value: f64) -> bool {
        value.is_finite() && (self == Self::Even || value > 0.0)
    }

    /// Returns a range around all values that can be shown: whole decades, or starting at 0 or the lowest negative
    /// value.
    pub(super) fn around(self, values: impl Iterator<Item = f64>) -> Range<f64> {
        let shown = values.filter(|value| self.shows(*value));
        let (low, high) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)));
        if low > high {
            return 1.0..10.0;
        }
        match self {
            Self::Even => low.min(0.0)..if high > 0.0 { high * (1.0 + ROOM) } else { 1.0 },
            Self::Logarithmic => {
                let (low, high) = ((low.log10() + NEARLY).floor(), (high.log10() - NEARLY).ceil());
                let (low, high) = (10_f64.powf(low), 10_f64.powf(high.max(low + 1.0)));
                low * (1.0 - NEARLY)..high * (1.0 + NEARLY)
            }
        }
    }
}

/// Formats a value for people: `0.25`, `12,000`, `3 M`.
pub(super) fn words(value: f64) -> String {
    match value.abs() {
        size if size >= 1e6 => format!("{} M", trimmed(value / 1e6, 2)),
        size if size >= 1e3 => {
            let text = format!("{value:.0}");
            let (thousands, rest) = text.split_at(text.len().saturating_sub(3));
            format!("{thousands},{rest}")
        }
        size if size >= 1e2 => format!("{value:.0}"),
        size if size >= 1.0 => trimmed(value, 2),
        _ => trimmed(value, 6),
    }
}

fn trimmed(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(scale: Scale, values: &[f64], expected: Range<f64>) {
        let range = scale.around(values.iter().copied());
        let is = |is: f64, expected: f64| (is - expected).abs() <= expected.abs() * 1e-8;
        assert!(is(range.start, expected.start) && is(range.end, expected.end), "{range:?}");
    }

    #[test]
    fn an_even_axis_begins_at_nothing_and_has_room_above() {
        check(Scale::Even, &[3.0, 50.0], 0.0..54.0);
        check(Scale::Even, &[-5.0, 50.0], -5.0..54.0);
        check(Scale::Even, &[0.0], 0.0..1.0);
    }

    #[test]
    fn a_logarithmic_axis_has_whole_decades_and_at_least_one() {
        check(Scale::Logarithmic, &[1.0, 512.0], 1.0..1_000.0);
        check(Scale::Logarithmic, &[0.3, 1_000.0], 0.1..1_000.0);
        check(Scale::Logarithmic, &[10.0], 10.0..100.0);
    }

    #[test]
    fn what_cannot_be_shown_leaves_the_ends_alone() {
        let values = [f64::NAN, 0.0, -3.0, 10.0, 999.0, f64::INFINITY];
        check(Scale::Logarithmic, &values, 10.0..1_000.0);
        check(Scale::Even, &[f64::NAN, f64::INFINITY], 1.0..10.0);
    }

    #[test]
    fn values_are_written_as_people_read_them() {
        let written = [0.0, 0.002, 1.5, 999.0, 1_000.0, 250_000.0, 1_000_000.0, 2_500_000.0].map(words);
        assert_eq!(written, ["0", "0.002", "1.5", "999", "1,000", "250,000", "1 M", "2.5 M"]);
    }
}
