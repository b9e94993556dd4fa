//! The gap between two messages of an account: it looks random, but every replay computes the same one.

use events::ids::MessageId;
use serde::{Deserialize, Serialize};

/// Timestamps are whole milliseconds, and the clock may run off real time by one part in 10,000 while it approaches
/// the wall clock; this margin keeps a gap from being too short in real time.
const MARGIN_MS: u64 = 2;

/// Bounds of the gap, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub min_ms: u32,
    pub max_ms: u32,
}

impl Default for Gap {
    /// 1.5 to 2.5 s: about two seconds.
    fn default() -> Self {
        Self { min_ms: 1_500, max_ms: 2_500 }
    }
}

impl Gap {
    /// Returns the expected gap, in milliseconds.
    pub fn usual_ms(self) -> u64 {
        u64::from(self.min_ms.midpoint(self.max_ms))
    }

    /// Returns the wait before a try of a message, in milliseconds, uniform between the bounds. It is a hash of
    /// message and try, not a random number, so that a replay gives the same wait.
    pub fn wait_ms(self, message: MessageId, try_number: u32) -> u64 {
        let low = u64::from(self.min_ms).saturating_add(MARGIN_MS);
        let span = u64::from(self.max_ms).saturating_sub(low).saturating_add(1);
        let hash = mix(message.bits() ^ mix(u64::from(try_number)));
        let scaled = u128::from(hash).saturating_mul(u128::from(span)) >> 64;
        low.saturating_add(u64::try_from(scaled).unwrap_or(0))
    }
}

/// One step of splitmix64: every bit of the result depends on every input bit.
const fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_fill_the_range_evenly() {
        let gap = Gap::default();
        let mut tenths = [0_u32; 10];
        for id in 0..10_000 {
            let wait = gap.wait_ms(MessageId::from_bits(id), 1);
            assert!((1_502..=2_500).contains(&wait), "{wait}");
            tenths[usize::try_from((wait - 1_500) * 10 / 1_001).unwrap()] += 1;
        }
        assert!(tenths.iter().all(|count| (880..=1_120).contains(count)), "{tenths:?}");
    }

    #[test]
    fn the_same_try_always_waits_as_long() {
        let gap = Gap { min_ms: 0, max_ms: 1_000_000 };
        let message = MessageId::from_bits(7);
        assert_eq!(gap.wait_ms(message, 2), gap.wait_ms(message, 2));
        assert_ne!(gap.wait_ms(message, 1), gap.wait_ms(message, 2));
    }

    /// The first outputs of the reference implementation for the seed 1234567, as published with it.
    #[test]
    fn mixing_is_what_splitmix64_does() {
        let states =
            std::iter::successors(Some(1_234_567), |state: &u64| Some(state.wrapping_add(0x9E37_79B9_7F4A_7C15)));
        let mixed: Vec<u64> = states.map(mix).take(3).collect();
        assert_eq!(mixed, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn a_wait_is_the_same_in_every_version() {
        let gap = Gap { min_ms: 0, max_ms: 1_000_000 };
        let waits = [1, 2].map(|try_number| gap.wait_ms(MessageId::from_bits(7), try_number));
        assert_eq!(waits, [465_193, 107_777]);
    }

    #[test]
    fn bounds_that_leave_no_room_still_keep_the_shortest_gap() {
        assert!(Gap { min_ms: 1_500, max_ms: 1_500 }.wait_ms(MessageId::from_bits(1), 1) >= 1_500);
        assert!(Gap { min_ms: u32::MAX, max_ms: 0 }.wait_ms(MessageId::from_bits(1), 1) >= u64::from(u32::MAX));
    }
}
