//! The oddities of phone numbers, and the reasons why a text is no number, in words.

/// Something that was dropped from a number, or that makes the number doubtful. Strict webhooks refuse it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Oddity {
    /// `tel:`
    #[error("\"tel:\" was dropped")]
    Tel,
    /// `whatsapp:`
    #[error("\"whatsapp:\" was dropped")]
    WhatsApp,
    /// The apostrophe with which a spreadsheet marks text.
    #[error("the ' before it was dropped")]
    Apostrophe,
    /// `00`
    #[error("00 was read as +")]
    DoubleZero,
    /// `.0` or `.00`
    #[error("the .0 that spreadsheets write behind whole numbers was dropped")]
    Fraction,
    /// Ten digits without a plus.
    #[error("ten digits without + look like a number without its country's code")]
    LooksNational,
    /// The number is a JSON number with a fraction or an exponent.
    #[error("it is written as a JSON number with a fraction or an exponent")]
    JsonNumber,
    /// It is a JID.
    #[error("it is a JID, which belongs into \"jid\"")]
    Jid,
}

/// Why a text is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoNumber {
    /// No digits at all.
    #[error("it has no digits")]
    Empty,
    /// `{{phone}}`
    #[error("it looks like a placeholder that was not filled in")]
    Placeholder,
    /// `1.2025550101E+10`
    #[error("it has an exponent, as spreadsheets shorten long numbers; format the column as text")]
    Exponent,
    /// A letter.
    #[error("it has letters ({0})")]
    Letter(char),
    /// A slash of any kind.
    #[error("it has a slash ({0})")]
    Slash(char),
    /// An `@` in a text that is no JID.
    #[error("it has an @ and is no WhatsApp JID")]
    At,
    /// A line break between digits.
    #[error("it has a line break")]
    LineBreak,
    /// Another character that is not part of a number.
    #[error("it has the character {}", shown(*.0))]
    Character(char),
    /// A plus that is not at the beginning.
    #[error("it has a + that does not begin it")]
    Plus,
    /// `12025550101.5`
    #[error("the digits behind its last dot look like a fraction")]
    Fraction,
    /// `12025550101.000`
    #[error("the zeros behind its only dot look like a fraction")]
    Zeros,
    /// `+44 (0)20 7946 0958`
    #[error("it has (0) behind the country's code: leave that 0 out")]
    ZeroInBrackets,
    /// `+12025550101 (12)`
    #[error("it ends with something in brackets")]
    BracketedTail,
    /// Brackets that do not match, or are empty.
    #[error("its brackets do not match")]
    Brackets,
    /// Two groups of digits that could each be a number.
    #[error("it looks like two numbers")]
    TwoNumbers,
    /// The exit code that is dialled in North America.
    #[error("011 is dialled from North America only: write + instead")]
    ExitCode,
    /// A leading 0: no country code begins with it.
    #[error("it begins with 0, so its country's code is missing")]
    LeadingZero,
    /// Too few digits.
    #[error("it has fewer than 7 digits")]
    TooShort,
    /// Too many digits.
    #[error("it has more than 15 digits")]
    TooLong,
}

impl NoNumber {
    /// Returns why a number cannot contain this character.
    pub(super) fn of(c: char) -> Self {
        match c {
            '{' | '}' => Self::Placeholder,
            '@' | '\u{ff20}' => Self::At,
            '/' | '\\' | '\u{2044}' | '\u{2215}' | '\u{29f8}' | '\u{ff0f}' => Self::Slash(c),
            '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Self::LineBreak,
            _ if c.is_alphabetic() => Self::Letter(c),
            _ => Self::Character(c),
        }
    }
}

/// Returns the character, or its code if it is invisible.
fn shown(c: char) -> String {
    if events::characters::is_unseen(c) { format!("U+{:04X}", u32::from(c)) } else { c.to_string() }
}
