//! What is odd about a phone, and what makes it no number, in words.

/// What was dropped from a number, or makes one doubt that it is the right one. Strict webhooks refuse it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Oddity {
    /// `tel:`
    #[error("\"tel:\" was dropped")]
    Tel,
    /// `whatsapp:`
    #[error("\"whatsapp:\" was dropped")]
    WhatsApp,
    /// A spreadsheet's mark of a text.
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
    /// It came as a number of JSON with a fraction or an exponent.
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
    /// An `@` that makes no JID.
    #[error("it has an @ and is no WhatsApp JID")]
    At,
    /// A line break between digits.
    #[error("it has a line break")]
    LineBreak,
    /// Something else that belongs to no number.
    #[error("it has the character {}", shown(*.0))]
    Character(char),
    /// A plus that does not begin it.
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
    /// Brackets that group nothing.
    #[error("its brackets do not match")]
    Brackets,
    /// Two groups of digits that could each be a number.
    #[error("it looks like two numbers")]
    TwoNumbers,
    /// Dialled like that in North America.
    #[error("011 is dialled from North America only: write + instead")]
    ExitCode,
    /// No country's code begins like that.
    #[error("it begins with 0, so its country's code is missing")]
    LeadingZero,
    /// Too few digits.
    #[error("it has fewer than 7 digits")]
    TooShort,
    /// Too many.
    #[error("it has more than 15 digits")]
    TooLong,
}

impl NoNumber {
    /// Why a number cannot have this character.
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

/// The character, or its code where nothing is seen of it.
fn shown(c: char) -> String {
    if events::characters::is_unseen(c) { format!("U+{:04X}", u32::from(c)) } else { c.to_string() }
}
