//! Reads phone numbers a second time, by text and without Unicode's tables: what a person would read, or nothing.

use std::ops::RangeInclusive;

/// Unicode's category Zs.
pub const SPACES: [RangeInclusive<char>; 7] = [
    ' '..=' ',
    '\u{a0}'..='\u{a0}',
    '\u{1680}'..='\u{1680}',
    '\u{2000}'..='\u{200a}',
    '\u{202f}'..='\u{202f}',
    '\u{205f}'..='\u{205f}',
    '\u{3000}'..='\u{3000}',
];

/// Unicode's category Pd, and the minus sign.
pub const DASHES: [RangeInclusive<char>; 21] = [
    '-'..='-',
    '\u{58a}'..='\u{58a}',
    '\u{5be}'..='\u{5be}',
    '\u{1400}'..='\u{1400}',
    '\u{1806}'..='\u{1806}',
    '\u{2010}'..='\u{2015}',
    '\u{2212}'..='\u{2212}',
    '\u{2e17}'..='\u{2e17}',
    '\u{2e1a}'..='\u{2e1a}',
    '\u{2e3a}'..='\u{2e3b}',
    '\u{2e40}'..='\u{2e40}',
    '\u{2e5d}'..='\u{2e5d}',
    '\u{301c}'..='\u{301c}',
    '\u{3030}'..='\u{3030}',
    '\u{30a0}'..='\u{30a0}',
    '\u{fe31}'..='\u{fe32}',
    '\u{fe58}'..='\u{fe58}',
    '\u{fe63}'..='\u{fe63}',
    '\u{ff0d}'..='\u{ff0d}',
    '\u{10d6e}'..='\u{10d6e}',
    '\u{10ead}'..='\u{10ead}',
];

/// Unicode's property `Default_Ignorable_Code_Point`, without the character that reverses digits.
pub const IGNORABLE: [RangeInclusive<char>; 17] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202d}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fff8}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// The zero digits of some scripts.
pub const ZEROS: [char; 8] = ['0', '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{e50}', '\u{ff10}', '\u{1d7ce}'];

pub fn is_in(ranges: &[RangeInclusive<char>], c: char) -> bool {
    ranges.iter().any(|range| range.contains(&c))
}

/// Returns the number that a person reads.
pub fn read(text: &str) -> Option<String> {
    let plain: String = text.chars().filter_map(plain).collect();
    let text = without_prefixes(plain.trim());
    if !text.chars().all(|c| c.is_ascii_digit() || " +-.()".contains(c)) {
        return None;
    }
    let has_plus = text.contains('+');
    let (before_plus, after_plus) = text.split_once('+').unwrap_or(("", text));
    if after_plus.contains('+') || !digits(before_plus).is_empty() || !are_brackets_good(text) {
        return None;
    }
    let counted = without_fraction(text)?;
    if runs(text).iter().filter(|run| run.len() >= 7).count() > 1 {
        return None;
    }
    let all = digits(counted);
    let is_exit = !has_plus && runs(counted).first().is_some_and(|run| run.starts_with("00"));
    let number = if is_exit { &all[2..] } else { &all[..] };
    let is_number = (7..=15).contains(&number.len()) && !number.starts_with('0');
    is_number.then(|| format!("+{number}"))
}

/// Maps characters that look alike to one of them, and invisible ones to nothing.
fn plain(c: char) -> Option<char> {
    Some(match c {
        _ if is_in(&IGNORABLE, c) => return None,
        _ if is_in(&SPACES, c) || c == '\t' => ' ',
        _ if is_in(&DASHES, c) => '-',
        '\u{ff0b}' => '+',
        '\u{b7}' | '\u{2024}' | '\u{ff0e}' => '.',
        '[' | '\u{ff08}' | '\u{ff3b}' => '(',
        ']' | '\u{ff09}' | '\u{ff3d}' => ')',
        _ => digit(c).unwrap_or(c),
    })
}

fn digit(c: char) -> Option<char> {
    ZEROS.iter().find_map(|zero| {
        let value = u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value < 10)?;
        char::from_digit(value, 10)
    })
}

fn without_prefixes(text: &str) -> &str {
    let text = text.strip_prefix('\'').unwrap_or(text).trim();
    let lower = text.to_ascii_lowercase();
    let scheme = ["tel:", "whatsapp:"].into_iter().find(|scheme| lower.starts_with(scheme));
    scheme.map_or(text, |scheme| text[scheme.len()..].trim())
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn runs(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect()
}

/// True if all brackets contain digits, and those after other digits neither begin with 0 nor end the text.
fn are_brackets_good(text: &str) -> bool {
    let mut pieces = text.split('(');
    let mut before = pieces.next().unwrap_or_default().to_owned();
    if before.contains(')') {
        return false;
    }
    let count = text.matches('(').count();
    for (nth, piece) in pieces.enumerate() {
        let Some((inside, after)) = piece.split_once(')') else { return false };
        let first = runs(inside).first().copied().unwrap_or_default();
        if first.is_empty() || after.contains(')') {
            return false;
        }
        let code = digits(&before);
        let keeps = ["39", "378", "0039", "00378"].contains(&code.as_str()) && first.len() > 1;
        let is_tail = nth + 1 == count && digits(after).is_empty();
        if !code.is_empty() && ((first.starts_with('0') && !keeps) || is_tail) {
            return false;
        }
        before = format!("{before}{piece}");
    }
    true
}

/// Removes the zero fraction that spreadsheets add to whole numbers; `None` if the text has another fraction.
fn without_fraction(text: &str) -> Option<&str> {
    let all = runs(text);
    let last = all.last().copied().unwrap_or_default();
    let is_pair = last == "00" && all.len() > 1 && all[all.len() - 2].len() == 2;
    if text.matches('.').count() > 1 && ["0", "00"].contains(&last) && !is_pair {
        let end = text.trim_end_matches(|c: char| !c.is_ascii_digit()).len() - last.len();
        let between = text[..end].rsplit(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
        if end > between.len() && between.contains('.') {
            return None;
        }
    }
    let Some((whole, after)) = text.split_once('.').filter(|(_, after)| !after.contains('.')) else {
        return Some(text);
    };
    let is_nothing = digits(after).bytes().all(|b| b == b'0');
    let (is_one, is_final) = (runs(whole).len() == 1 && runs(after).len() == 1, digits(after) == after);
    let is_behind_digit = whole.ends_with(|c: char| c.is_ascii_digit());
    match digits(after).len() {
        1 | 2 if !(is_nothing && is_final && is_behind_digit) => None,
        1 => Some(whole),
        2 => is_one.then_some(whole),
        3.. if is_nothing && is_one && digits(whole).len() >= 10 => None,
        _ => Some(text),
    }
}
