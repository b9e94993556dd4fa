//! Condenses many durations into few figures.

use std::time::Duration;

/// Bits of half a `u64`: a float holds each half exactly.
const HALF: u32 = 32;

/// Sorted durations in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spread(Vec<u32>);

impl Spread {
    /// Sorts durations. Longer ones count as 71 minutes.
    pub fn of(durations: impl IntoIterator<Item = Duration>) -> Self {
        let us = durations.into_iter().map(|took| u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
        let mut sorted: Vec<u32> = us.collect();
        sorted.sort_unstable();
        Self(sorted)
    }

    /// Merges two spreads.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self.0.sort_unstable();
        self
    }

    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// Returns the given percentile in milliseconds; 0 if there are no durations.
    pub fn ms(&self, percent: usize) -> f64 {
        let nth = self.0.len().saturating_mul(percent) / 100;
        let us = self.0.get(nth).or(self.0.last()).copied().unwrap_or_default();
        f64::from(us) / 1_000.0
    }
}

/// Converts a count to a float: exact up to 2^53.
pub fn float(count: u64) -> f64 {
    let high = u32::try_from(count >> HALF).unwrap_or(u32::MAX);
    let low = u32::try_from(count & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}

/// Converts a count in this time to a rate per second.
pub fn per_second(count: u64, time: Duration) -> f64 {
    float(count) / time.as_secs_f64().max(f64::MIN_POSITIVE)
}

/// Returns the median; NaN if there are no values.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(spread: &Spread, percent: usize) -> String {
        format!("{:.0}", spread.ms(percent))
    }

    #[test]
    fn a_hundred_durations_have_a_middle_a_last_hundredth_and_a_longest() {
        let spread = Spread::of((1..=100).rev().map(Duration::from_millis));
        assert_eq!([50, 99, 100].map(|percent| shown(&spread, percent)), ["51", "100", "100"]);
        assert_eq!((spread.count(), shown(&Spread::default(), 99)), (100, "0".to_owned()));
    }

    #[test]
    fn two_spreads_are_sorted_together() {
        let spread = |ms: [u64; 2]| Spread::of(ms.map(Duration::from_millis));
        let both = spread([1, 9]).and(spread([2, 3]));
        assert_eq!([0, 25, 50, 99].map(|percent| shown(&both, percent)), ["1", "2", "3", "9"]);
    }

    #[test]
    fn counts_keep_their_value() {
        for count in [0_u64, 1, 4_294_967_295, 4_294_967_296, 1 << 52] {
            assert_eq!(float(count).to_string(), count.to_string());
        }
    }

    #[test]
    fn the_middle_of_none_is_no_number() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]).to_string(), "2");
        assert!(median(Vec::new()).is_nan());
    }
}
