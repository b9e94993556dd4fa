//! Splits a phone number into its groups of digits and what stands between them.

use events::characters::is_ignorable;

use super::{DIGITS_MAX, Kind, NATIONAL_DIGITS, NoNumber, Oddity, WHOLE_GROUP_MIN};

/// Country codes whose numbers keep the 0 of the area code, even when called from abroad: Italy and San Marino.
const KEEP_THEIR_ZERO: [&str; 2] = ["39", "378"];

/// Prefixes of a number, in upper or lower case.
const SCHEMES: [(&str, Oddity); 2] = [("tel:", Oddity::Tel), ("whatsapp:", Oddity::WhatsApp)];

/// The fewest digits that are dialled from North America to call abroad.
const ABROAD_DIGITS_MIN: usize = 13;

/// The most digits that are kept: a text with more of them is no number.
const KEPT_MAX: usize = DIGITS_MAX + 8;

/// Removes blanks around the text, and an apostrophe and a scheme before it.
pub(super) fn without_prefixes(text: &str) -> (&str, Vec<Oddity>) {
    let mut oddities = Vec::new();
    let mut text = trimmed(text);
    if let Some(rest) = text.strip_prefix('\'') {
        oddities.push(Oddity::Apostrophe);
        text = trimmed(rest);
    }
    let scheme = SCHEMES.iter().find_map(|(scheme, oddity)| Some((behind(text, scheme)?, *oddity)));
    if let Some((rest, oddity)) = scheme {
        oddities.push(oddity);
        text = trimmed(rest);
    }
    (text, oddities)
}

/// Returns the text after a scheme, which may contain invisible characters.
fn behind<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let mut seen = text.char_indices().filter(|(_, c)| !is_ignorable(*c));
    let mut end = 0;
    for wanted in scheme.chars() {
        let (at, c) = seen.next().filter(|(_, c)| c.eq_ignore_ascii_case(&wanted))?;
        end = at + c.len_utf8();
    }
    text.get(end..)
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_ignorable(c))
}

/// A run of digits without a visible character between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Group {
    /// Index of its first digit among all digits.
    start: usize,
    length: usize,
}

/// The parts of a text, in order.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The first digits, as ASCII.
    digits: String,
    /// The number of all digits.
    count: usize,
    groups: Vec<Group>,
    has_plus: bool,
    /// For each dot, the number of digits before it.
    dots: Vec<usize>,
    /// True if a dot does not directly follow a digit, or something other than a digit directly follows a dot.
    has_loose_dot: bool,
    /// For each opening bracket, the number of digits before it.
    brackets: Vec<usize>,
    is_open: bool,
    /// The number of digits before the last closing bracket.
    closed: usize,
    /// The kind of the last character, invisible ones ignored.
    last: Option<Kind>,
}

impl Parts {
    pub(super) fn of(text: &str) -> Result<Self, NoNumber> {
        let mut parts = Self::default();
        for c in text.chars() {
            match Kind::of(c) {
                Ok(Some(kind)) => parts.add(kind)?,
                Ok(None) => {}
                Err(NoNumber::Letter('e' | 'E')) if parts.is_mantissa(text) => return Err(NoNumber::Exponent),
                Err(no_number) => return Err(no_number),
            }
        }
        if parts.is_open { Err(NoNumber::Brackets) } else { Ok(parts) }
    }

    fn add(&mut self, kind: Kind) -> Result<(), NoNumber> {
        let (is_digit, was_digit) = (matches!(kind, Kind::Digit(_)), matches!(self.last, Some(Kind::Digit(_))));
        self.has_loose_dot |= (kind == Kind::Dot && !was_digit) || (self.last == Some(Kind::Dot) && !is_digit);
        match kind {
            Kind::Digit(digit) => self.add_digit(digit),
            Kind::Plus if self.has_plus || self.count > 0 => return Err(NoNumber::Plus),
            Kind::Plus => self.has_plus = true,
            Kind::Dot => self.dots.push(self.count),
            Kind::Opening if self.is_open => return Err(NoNumber::Brackets),
            Kind::Opening => {
                self.is_open = true;
                self.brackets.push(self.count);
            }
            Kind::Closing => {
                // Empty brackets: what belongs there is missing.
                let is_empty = self.brackets.last() == Some(&self.count);
                if !self.is_open || is_empty {
                    return Err(NoNumber::Brackets);
                }
                self.is_open = false;
                self.closed = self.count;
            }
            Kind::Space | Kind::Dash => {}
        }
        self.last = Some(kind);
        Ok(())
    }

    fn add_digit(&mut self, digit: u8) {
        let goes_on = matches!(self.last, Some(Kind::Digit(_)));
        let is_room = self.groups.len() < KEPT_MAX;
        match self.groups.last_mut().filter(|_| goes_on) {
            Some(group) => group.length += 1,
            None if is_room => self.groups.push(Group { start: self.count, length: 1 }),
            None => {}
        }
        if self.count < KEPT_MAX {
            self.digits.push(char::from(b'0' + digit));
        }
        self.count += 1;
    }

    /// True if the text around an E looks like a number that a spreadsheet has shortened.
    fn is_mantissa(&self, text: &str) -> bool {
        let exponent = text.rsplit(['e', 'E']).next().unwrap_or_default();
        let exponent = exponent.trim_start_matches(['+', '-']);
        self.count > 0 && !exponent.is_empty() && exponent.bytes().all(|b| b.is_ascii_digit())
    }

    /// Returns the digits that count, and true if they certainly begin with a country code.
    pub(super) fn number(&self, oddities: &mut Vec<Oddity>) -> Result<(&str, bool), NoNumber> {
        self.judge_brackets()?;
        let cut = self.fraction()?;
        let kept = self.count - cut;
        if self.groups.iter().filter(|group| group.length >= WHOLE_GROUP_MIN).count() > 1 {
            return Err(NoNumber::TwoNumbers);
        }
        if self.count > KEPT_MAX {
            return Err(NoNumber::TooLong);
        }
        let mut digits = self.digits.get(..kept).unwrap_or_default();
        let first = self.groups.first().map_or(0, |group| group.length);
        if digits.starts_with("011") && (first == 3 || digits.len() >= ABROAD_DIGITS_MIN) {
            return Err(NoNumber::ExitCode);
        }
        let is_exit = !self.has_plus && first >= 2 && digits.starts_with("00");
        if is_exit {
            oddities.push(Oddity::DoubleZero);
            digits = digits.get(2..).unwrap_or_default();
        }
        if cut > 0 {
            oddities.push(Oddity::Fraction);
        }
        Ok((digits, self.has_plus || is_exit))
    }

    /// Checks that brackets after other digits do not begin with 0, except in numbers that keep it, and do not end
    /// the text.
    fn judge_brackets(&self) -> Result<(), NoNumber> {
        for before in self.brackets.iter().copied().filter(|before| *before > 0) {
            let inside = self.groups.iter().find(|group| group.start == before);
            let is_only_zero = inside.is_some_and(|group| group.length == 1);
            let code = self.digits.get(..before).unwrap_or_default();
            let code = code.strip_prefix("00").unwrap_or(code);
            let keeps = KEEP_THEIR_ZERO.contains(&code) && !is_only_zero;
            if self.digits.as_bytes().get(before) == Some(&b'0') && !keeps {
                return Err(NoNumber::ZeroInBrackets);
            }
        }
        let is_tail = self.closed == self.count && self.brackets.last().is_some_and(|before| *before > 0);
        if is_tail { Err(NoNumber::BracketedTail) } else { Ok(()) }
    }

    /// True if 0 or 00 follows the last of several dots: nobody can tell if that is a group, a fraction or an
    /// extension. After another group of two digits, 00 is one more group.
    fn ends_with_dotted_zeros(&self) -> bool {
        let [.., before, last] = self.groups.as_slice() else { return false };
        let zeros = self.digits.get(last.start..).unwrap_or_default();
        let is_pair = before.length == 2 && zeros == "00";
        matches!(zeros, "0" | "00") && !is_pair && self.dots.contains(&last.start)
    }

    /// Returns how many digits at the end are the fraction of a whole number.
    fn fraction(&self) -> Result<usize, NoNumber> {
        let [before] = self.dots.as_slice() else {
            return if self.ends_with_dotted_zeros() { Err(NoNumber::Fraction) } else { Ok(0) };
        };
        let after = self.digits.get(*before..).unwrap_or_default();
        let is_nothing = after.bytes().all(|b| b == b'0');
        let is_final = !self.has_loose_dot && matches!(self.last, Some(Kind::Digit(_)));
        // In a number of several groups, two zeros may be one more group.
        let is_one_number = self.groups.len() == 2;
        match self.count - before {
            1 if is_nothing && is_final => Ok(1),
            2 if is_nothing && is_final && is_one_number => Ok(2),
            1 | 2 => Err(NoNumber::Fraction),
            3.. if is_nothing && is_one_number && *before >= NATIONAL_DIGITS => Err(NoNumber::Zeros),
            _ => Ok(0),
        }
    }
}
