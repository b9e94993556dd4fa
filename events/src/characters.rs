//! Classifies characters as a reader sees them (invisible, space, dash, digit) by Unicode's own tables.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The Braille cell without dots. It is drawn as nothing, though Unicode classes it as a symbol.
const BRAILLE_BLANK: char = '\u{2800}';

/// True if the character is drawn as nothing and skipped by readers: byte-order marks, soft hyphens, direction marks,
/// variation selectors.
pub fn is_ignorable(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// True if the character is invisible.
pub fn is_unseen(c: char) -> bool {
    c.is_whitespace() || c.is_control() || c == BRAILLE_BLANK || is_ignorable(c)
}

/// True if all of the text is invisible.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_unseen)
}

/// True for a space within a line.
pub fn is_space(c: char) -> bool {
    match c {
        ' ' | '\t' => true,
        _ => !c.is_ascii() && category(c) == GeneralCategory::SpaceSeparator,
    }
}

/// True for a dash of any length, including the minus sign.
pub fn is_dash(c: char) -> bool {
    match c {
        '-' | '\u{2212}' => true,
        _ => !c.is_ascii() && category(c) == GeneralCategory::DashPunctuation,
    }
}

/// Returns the value of a decimal digit of any script.
pub fn digit(c: char) -> Option<u8> {
    match c {
        '0'..='9' => u8::try_from(u32::from(c) - u32::from('0')).ok(),
        _ if c.is_ascii() || category(c) != GeneralCategory::DecimalNumber => None,
        // Unicode lists digits in gap-free runs of ten, each from 0 to 9.
        _ => {
            let from_first = |back: &u32| {
                let before = u32::from(c).checked_sub(back + 1).and_then(char::from_u32);
                before.is_none_or(|before| category(before) != GeneralCategory::DecimalNumber)
            };
            (0..TENS_MAX).find(from_first).and_then(|back| u8::try_from(back % 10).ok())
        }
    }
}

/// The most digits in one unbroken run: the mathematical digits are five sets of ten.
const TENS_MAX: u32 = 100;

/// Normalizes a title for comparison: trims invisible characters at both ends and composes it (NFC).
pub fn title(text: &str) -> Cow<'_, str> {
    let text = text.trim_matches(is_unseen);
    if text.is_ascii() { Cow::Borrowed(text) } else { ComposingNormalizerBorrowed::new_nfc().normalize(text) }
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_have_their_value() {
        for ten in
            ["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "０１２３４５６７８９", "𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡", "𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿"]
        {
            let values: Vec<_> = ten.chars().filter_map(digit).collect();
            assert_eq!(values, (0..10).collect::<Vec<u8>>(), "{ten}");
        }
        for c in ['²', '①', '½', 'Ⅷ', '一', 'O', 'l', '+'] {
            assert_eq!(digit(c), None, "{c}");
        }
    }

    /// Checks what `digit` assumes of Unicode's table.
    #[test]
    fn digits_stand_in_tens() {
        let ranges = CodePointMapData::<GeneralCategory>::new().iter_ranges_for_value(GeneralCategory::DecimalNumber);
        let mut count = 0;
        for range in ranges {
            let length = range.end() - range.start() + 1;
            assert!(length % 10 == 0 && length <= TENS_MAX, "{range:x?}");
            count += length;
        }
        assert!(count >= 600, "{count}");
    }

    #[test]
    fn what_is_not_seen_is_blank() {
        for c in [
            ' ',
            '\n',
            '\u{0}',
            '\u{85}',
            '\u{a0}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200e}',
            '\u{2060}',
            '\u{2800}',
            '\u{3000}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{e0041}',
        ] {
            assert!(is_unseen(c) && is_blank(&c.to_string()), "{c:?}");
        }
        for c in ['a', '.', '\u{301}', '☐', '🙂', '\u{fffd}'] {
            assert!(!is_unseen(c), "{c:?}");
        }
        assert!(is_blank("") && !is_blank(" \u{200b}x"));
    }

    #[test]
    fn a_title_is_the_same_however_it_is_composed_and_whatever_stands_around_it() {
        for text in ["Team Köln", "Team Ko\u{308}ln", " Team Köln ", "\u{200e}Team Köln\u{a0}", "Team Köln\n"] {
            assert_eq!(title(text), "Team Köln", "{text:?}");
        }
        assert_ne!(title("team Köln"), title("Team Köln"));
        assert_eq!(title(" \u{200b}"), "");
    }
}
