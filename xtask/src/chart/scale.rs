//! Where a value lies along an axis, and which values are marked there.

/// Marks along an even axis, about.
const MARKS: f64 = 5.0;
/// Below so many decades a logarithmic axis also marks the twos and fives.
const FEW_DECADES: f64 = 2.5;
/// A bound on loops, far above what any axis shows.
const MARKS_MAX: usize = 100;
/// Absorbs what rounding adds at the last mark.
const NEARLY: f64 = 1e-9;

/// How values lie along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps are equal differences.
    Even,
    /// Equal steps are equal factors.
    Logarithmic,
}

/// An axis with its ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Span {
    scale: Scale,
    low: f64,
    high: f64,
    step: f64,
}

impl Span {
    /// Ends at round values around all of these; an even one begins at 0 when it is told to, or is near it anyway.
    pub(super) fn around(scale: Scale, values: impl Iterator<Item = f64>, from_zero: bool) -> Self {
        let shown = values.filter(|value| scale.shows(*value));
        let (low, high) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)));
        let (low, high) = if low > high { (1.0, 10.0) } else { (low, high) };
        match scale {
            Scale::Even => Self::even(low, high, from_zero),
            Scale::Logarithmic => Self::logarithmic(low, high),
        }
    }

    fn even(low: f64, high: f64, from_zero: bool) -> Self {
        let near_zero = low > 0.0 && (from_zero || low < high / 4.0);
        let low = if near_zero { 0.0 } else { low };
        let high = if low < high { high } else { low + low.abs().max(1.0) };
        let step = round_step((high - low) / MARKS);
        let (low, high) = ((low / step).floor() * step, (high / step - NEARLY).ceil() * step);
        Self { scale: Scale::Even, low, high, step }
    }

    fn logarithmic(low: f64, high: f64) -> Self {
        let (low, high) = (below(low), above(high));
        let high = if low < high { high } else { low * 10.0 };
        Self { scale: Scale::Logarithmic, low, high, step: 1.0 }
    }

    /// Whether the value can be shown.
    pub(super) fn shows(&self, value: f64) -> bool {
        self.scale.shows(value)
    }

    /// From 0 at the lower end to 1 at the upper.
    pub(super) fn share(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Even => (value - self.low) / (self.high - self.low),
            Scale::Logarithmic => (value / self.low).log10() / (self.high / self.low).log10(),
        }
    }

    /// The lower end.
    pub(super) fn low(&self) -> f64 {
        self.low
    }

    /// Values that are marked, upwards.
    pub(super) fn marks(&self) -> Vec<f64> {
        match self.scale {
            Scale::Even => {
                let end = self.high + self.step * NEARLY;
                let next = |mark: &f64| Some(mark + self.step);
                let marks = std::iter::successors(Some(self.low), next).take_while(|mark| *mark <= end);
                // Adding up leaves a trace of rounding around 0.
                marks.map(|mark| (mark / self.step).round() * self.step).take(MARKS_MAX).collect()
            }
            Scale::Logarithmic => {
                let few = (self.high / self.low).log10() < FEW_DECADES;
                let factors: &[f64] = if few { &[1.0, 2.0, 5.0] } else { &[1.0] };
                let inside = self.low * (1.0 - NEARLY)..=self.high * (1.0 + NEARLY);
                let decades = std::iter::successors(Some(decade(self.low)), |mark| Some(mark * 10.0));
                let marks = decades.take(MARKS_MAX).flat_map(|mark| factors.iter().map(move |it| mark * it));
                marks.filter(|mark| inside.contains(mark)).collect()
            }
        }
    }
}

impl Scale {
    fn shows(self, value: f64) -> bool {
        value.is_finite() && (self == Self::Even || value > 0.0)
    }
}

/// The power of ten at or below a positive value.
fn decade(value: f64) -> f64 {
    10.0_f64.powf((value.log10() + NEARLY).floor())
}

/// 1, 2, 5 or 10 times a power of ten, not below the value.
fn round_step(value: f64) -> f64 {
    above(value)
}

fn above(value: f64) -> f64 {
    let decade = decade(value);
    let fits = |factor: &&f64| decade * **factor >= value * (1.0 - NEARLY);
    decade * [1.0, 2.0, 5.0].iter().find(fits).unwrap_or(&10.0)
}

fn below(value: f64) -> f64 {
    let decade = decade(value);
    let fits = |factor: &&f64| decade * **factor <= value * (1.0 + NEARLY);
    decade * [5.0, 2.0].iter().find(fits).unwrap_or(&1.0)
}

/// A value as people read it: `0.25`, `12,000`, `3 M`.
pub(super) fn words(value: f64) -> String {
    let size = value.abs();
    if size >= 1e6 {
        return format!("{} M", trimmed(value / 1e6, 2));
    }
    let text = match size {
        _ if size >= 100.0 || size == 0.0 => trimmed(value, 0),
        _ if size >= 1.0 => trimmed(value, 2),
        _ => trimmed(value, 6),
    };
    if size < 1_000.0 { text } else { grouped(&text) }
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// At least four digits, at most six.
fn grouped(text: &str) -> String {
    let (thousands, rest) = text.split_at(text.len().saturating_sub(3));
    format!("{thousands},{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(scale: Scale, values: &[f64], from_zero: bool) -> String {
        let marks = Span::around(scale, values.iter().copied(), from_zero).marks();
        marks.into_iter().map(words).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn even_marks_are_round_and_enclose_all_values() {
        assert_eq!(marks(Scale::Even, &[3.0, 47.0], true), "0 10 20 30 40 50");
        assert_eq!(marks(Scale::Even, &[0.1, 0.93], true), "0 0.2 0.4 0.6 0.8 1");
        assert_eq!(marks(Scale::Even, &[1_000.0, 59_000.0], true), "0 20,000 40,000 60,000");
        assert_eq!(marks(Scale::Even, &[990.0, 1_010.0], false), "990 995 1,000 1,005 1,010");
        assert_eq!(marks(Scale::Even, &[-5.0, 5.0], true), "-6 -4 -2 0 2 4 6");
    }

    #[test]
    fn logarithmic_marks_are_decades_and_between_them_where_there_are_few() {
        assert_eq!(marks(Scale::Logarithmic, &[10.0, 1_000_000.0], false), "10 100 1,000 10,000 100,000 1 M");
        assert_eq!(marks(Scale::Logarithmic, &[1.0, 512.0], false), "1 10 100 1,000");
        assert_eq!(marks(Scale::Logarithmic, &[0.3, 7.0], false), "0.2 0.5 1 2 5 10");
    }

    #[test]
    fn what_cannot_be_shown_leaves_the_ends_alone() {
        let values = [f64::NAN, 0.0, -3.0, 10.0, 1_000.0, f64::INFINITY];
        assert_eq!(marks(Scale::Logarithmic, &values, false), "10 20 50 100 200 500 1,000");
        assert_eq!(marks(Scale::Even, &[f64::NAN], true), "0 2 4 6 8 10");
    }

    #[test]
    fn a_single_value_has_room_around_it() {
        let span = Span::around(Scale::Logarithmic, [10.0].into_iter(), false);
        assert!(span.share(10.0).abs() < 1e-9 && (span.share(100.0) - 1.0).abs() < 1e-9);
        assert_eq!(marks(Scale::Even, &[0.0], true), "0 0.2 0.4 0.6 0.8 1");
    }

    #[test]
    fn values_are_written_as_people_read_them() {
        let written = [0.0, 0.002, 1.5, 999.0, 1_000.0, 250_000.0, 1_000_000.0, 2_500_000.0].map(words);
        assert_eq!(written, ["0", "0.002", "1.5", "999", "1,000", "250,000", "1 M", "2.5 M"]);
    }
}
