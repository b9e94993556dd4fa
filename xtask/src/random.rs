//! Pseudo-random numbers that repeat from their seed (`SplitMix64`).

use std::hash::{BuildHasher, RandomState};

pub struct Random(u64);

impl Random {
    /// Starts the sequence of this seed.
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next number, with all 64 bits random.
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from 0 to below `bound`; 0 if `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw().checked_rem(bound).unwrap_or(0)
    }

    /// Returns one of `these`; `None` only if there are none.
    pub fn pick<T: Copy>(&mut self, these: &[T]) -> Option<T> {
        let index = self.below(u64::try_from(these.len()).ok()?);
        these.get(usize::try_from(index).ok()?).copied()
    }
}

/// Returns a seed that differs from run to run.
pub fn fresh_seed() -> u64 {
    RandomState::new().hash_one(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_numbers_and_another_gives_others() {
        let first_of = |seed| Random::seeded(seed).draw();
        assert_eq!(first_of(1), first_of(1));
        assert_ne!(first_of(1), first_of(2));
    }

    #[test]
    fn a_bound_is_kept() {
        let mut random = Random::seeded(1);
        assert!((0..1_000).all(|_| random.below(7) < 7));
        assert_eq!(random.below(0), 0);
        assert_eq!(random.pick::<u8>(&[]), None);
    }
}
