//! Phone numbers that have two spellings, both of which reach one phone, and the hidden numbers of persons.

use super::chaos::scattered;

/// A country or area whose numbers have an infix that may be left out.
struct TwoSpellings {
    prefix: &'static str,
    /// Digits between the prefix and the infix.
    before: usize,
    infix: &'static str,
    /// Digits of the number without the infix.
    digits: usize,
}

/// Brazil's ninth digit, the mobile digits of Mexico and Argentina, and an invented one at the end of the numbers that
/// belong to nobody.
const TWO_SPELLINGS: [TwoSpellings; 4] = [
    TwoSpellings { prefix: "55", before: 2, infix: "9", digits: 12 },
    TwoSpellings { prefix: "52", before: 0, infix: "1", digits: 12 },
    TwoSpellings { prefix: "54", before: 0, infix: "9", digits: 12 },
    TwoSpellings { prefix: "1202555", before: 4, infix: "9", digits: 11 },
];

/// Returns the spelling of a phone number, in digits, that stands for all its spellings: the short one.
pub(super) fn short(digits: &str) -> Option<String> {
    TWO_SPELLINGS.iter().find_map(|two| {
        let (start, rest) = digits.split_at_checked(two.prefix.len() + two.before)?;
        let rest = rest.strip_prefix(two.infix)?;
        let is_long = digits.starts_with(two.prefix) && digits.len() == two.digits + two.infix.len();
        is_long.then(|| format!("{start}{rest}"))
    })
}

/// Returns the other spelling of a phone number, in digits, if it has one.
pub(super) fn other(digits: &str) -> Option<String> {
    let long = || {
        TWO_SPELLINGS.iter().find_map(|two| {
            let (start, rest) = digits.split_at_checked(two.prefix.len() + two.before)?;
            let is_short = digits.starts_with(two.prefix) && digits.len() == two.digits;
            is_short.then(|| format!("{start}{}{rest}", two.infix))
        })
    };
    short(digits).or_else(long)
}

/// Returns the JID that hides a phone number: always the same, and without its digits.
pub(super) fn hidden(digits: &str) -> String {
    let number = digits.bytes().fold(0_u64, |number, digit| scattered(number ^ u64::from(digit)));
    format!("{:015}@lid", 100_000_000_000_000 + number % 900_000_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_of_one_phone() {
        for (one, two) in [
            ("551155550101", "5511955550101"),
            ("525555550101", "5215555550101"),
            ("541155550101", "5491155550101"),
            ("12025550101", "120255501019"),
        ] {
            assert_eq!((other(one).as_deref(), other(two).as_deref()), (Some(two), Some(one)));
            assert_eq!((short(one), short(two).as_deref()), (None, Some(one)));
        }
    }

    #[test]
    fn other_numbers_have_one_spelling() {
        for digits in
            ["442025550101", "1202556010", "12025560101", "120255501018", "55115555010", "52155555501011", "12", ""]
        {
            assert_eq!((other(digits), short(digits)), (None, None), "{digits}");
        }
    }

    #[test]
    fn a_hidden_number_shows_nothing_of_the_phone() {
        let hidden = ["12025550101", "12025550102"].map(hidden);
        assert_ne!(hidden[0], hidden[1]);
        for jid in hidden {
            assert!(jid.len() == 19 && jid.ends_with("@lid") && !jid.contains("5550"), "{jid}");
        }
    }
}
