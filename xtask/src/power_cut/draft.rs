//! The messages to post: seed and number determine each one, so only the number needs to be remembered.

use crate::random::Random;
use crate::world::{FILE, FILE_GONE};

/// The longest text allowed, in characters.
const CHARS_MAX: u64 = 65_536;
const SHORT_CHARS_MAX: u64 = 64;

const LETTERS: &[char] = &['a', 'b', 'e', 'i', 'k', 'm', 'n', 'o', 's', 't', 'u', 'Z'];
const MANY_BYTES: &[char] = &['ß', 'é', 'Ω', 'ह', 'あ', '漢', '😀', '🚀'];
/// Characters with the most bytes.
const MOST_BYTES: &[char] = &['😀', '🚀'];
const EVERYTHING: &[char] =
    &['a', 'e', 'n', 'r', 's', 't', ' ', ' ', '.', '"', '\\', '\n', '\t', '/', '<', '&', 'ß', 'é', 'ह', 'あ', '😀'];

/// A message to be posted.
#[derive(Clone, Copy)]
pub struct Draft {
    pub number: u64,
    pub seed: u64,
    /// Short messages keep the load up without filling the disk.
    pub is_short: bool,
}

impl Draft {
    /// Returns its idempotency key.
    pub fn key(self) -> String {
        format!("{}-{}", self.seed, self.number)
    }

    /// Returns a fictitious number that the simulator delivers to.
    pub fn phone(self) -> String {
        format!("+120255501{:02}", self.number % 40)
    }

    /// Returns the path of its file at the receiver, if it has one; some files are gone.
    pub fn file(self) -> Option<&'static str> {
        match self.number % 11 {
            3 | 7 => Some(FILE),
            9 => Some(FILE_GONE),
            _ => None,
        }
    }

    /// Returns its price in credits.
    pub fn credits(self) -> i64 {
        if self.file().is_some() { 2 } else { 1 }
    }

    /// Returns a text of one character, of the maximum length, or of any length between. It is never blank, and never
    /// begins or ends with a blank.
    pub fn text(self) -> String {
        let mut random = Random::seeded(self.seed ^ self.number.wrapping_mul(0xA076_1D64_78BD_642F));
        let (chars, alphabet) = match self.number % 16 {
            _ if self.is_short => (1 + random.below(SHORT_CHARS_MAX), EVERYTHING),
            0 => (1, LETTERS),
            1 => (CHARS_MAX, EVERYTHING),
            2 => (CHARS_MAX, MANY_BYTES),
            3 => (1, MANY_BYTES),
            4 => (CHARS_MAX, MOST_BYTES),
            _ => (any_length(&mut random), EVERYTHING),
        };
        let ends = if alphabet == EVERYTHING { LETTERS } else { alphabet };
        let is_end = |at| at == 0 || at + 1 == chars;
        (0..chars).filter_map(|at| random.pick(if is_end(at) { ends } else { alphabet })).collect()
    }
}

/// Draws a length: the power of two that limits it is uniform, so most texts are short and some long.
fn any_length(random: &mut Random) -> u64 {
    let up_to = 1 << random.below(17);
    (1 + random.below(up_to)).min(CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drafts(is_short: bool) -> impl Iterator<Item = Draft> {
        (0..64).map(move |number| Draft { number, seed: 7, is_short })
    }

    #[test]
    fn a_number_always_gives_the_same_message() {
        assert!(drafts(false).all(|draft| draft.text() == draft.text() && draft.key() == draft.key()));
    }

    #[test]
    fn both_ends_of_the_limit_are_met_and_none_is_blank() {
        assert_eq!(drafts(false).map(|draft| draft.text().len()).max(), Some(4 * 65_536));
        let lengths: Vec<usize> = drafts(false).map(|draft| draft.text().chars().count()).collect();
        assert_eq!((lengths.iter().min(), lengths.iter().max()), (Some(&1), Some(&65_536)));
        for draft in drafts(false).chain(drafts(true)) {
            assert_eq!(draft.text().trim(), draft.text());
            assert!(!draft.text().is_empty());
        }
    }

    #[test]
    fn short_ones_are_short() {
        assert!(drafts(true).all(|draft| draft.text().chars().count() <= 64));
    }
}
