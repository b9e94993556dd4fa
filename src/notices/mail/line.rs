//! Fits text that people wrote onto one line of a header or a letter.

/// Longer names and addresses are cut to this many characters.
const CHARS_MAX: usize = 200;

/// The text on one line of at most 200 characters: line breaks and control characters become spaces, and direction
/// marks are left out.
pub(super) fn line(text: &str) -> String {
    let kept = text.chars().filter(|c| !turns(*c)).map(|c| if breaks(c) { ' ' } else { c });
    let spaced: String = kept.take(CHARS_MAX).collect();
    spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Direction marks (UAX #9), including those that Fluent puts around arguments, and the byte order mark.
fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_begins_a_second_line() {
        for end in ["\r\n", "\n", "\r", "\u{0}", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"] {
            assert_eq!(line(&format!(" Ada{end}Bcc: eve@evil.example{end}")), "Ada Bcc: eve@evil.example");
        }
    }

    #[test]
    fn nothing_turns_the_line_around_and_scripts_stay_as_they_are() {
        assert_eq!(line("Ada \u{202e}eoD\u{202c} \u{2068}x\u{2069}"), "Ada eoD x");
        assert_eq!(line("अदा Ağaoğlu Αθηνά عدا"), "अदा Ağaoğlu Αθηνά عدا");
        assert_eq!(line(&"é".repeat(201)), "é".repeat(200));
    }
}
