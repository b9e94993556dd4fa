//! The terminal's abilities: its width, whether it shows colours, and the characters that would control it.

use std::io::{self, IsTerminal as _};

use super::activity_line::visible;

/// The width if the terminal does not report one.
const COLUMNS: u16 = 80;
/// Text is laid out for at least this width.
const COLUMNS_MIN: u16 = 40;
const ESCAPE: char = '\u{1b}';

/// True if the terminal can only write plain text (`TERM=dumb`).
pub(super) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|name| name == "dumb")
}

/// Returns the terminal's width in columns; `None` if stdout is not a terminal.
pub(super) fn width() -> Option<u16> {
    let out = io::stdout();
    if cfg!(test) || !out.is_terminal() {
        return None;
    }
    let own = rustix::termios::tcgetwinsize(&out).map(|size| size.ws_col).ok().filter(|columns| *columns > 0);
    Some(own.unwrap_or(COLUMNS).max(COLUMNS_MIN))
}

/// Wraps text at `width` columns, between words; continuation lines are indented. Colours take no columns. A word
/// that is longer than a line stays whole.
pub(super) fn fitted(text: &str, width: Option<u16>, indent: usize) -> String {
    let Some(width) = width.map(usize::from) else { return text.to_owned() };
    text.split_inclusive('\n').map(|line| broken(line, width, indent)).collect()
}

/// Wraps help at `width` columns; continuation lines are indented to the explanation that they belong to.
pub(super) fn fitted_help(text: &str, width: Option<u16>) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let text = plain(line);
        let margin = text.len() - text.trim_start_matches(' ').len();
        let gap = text.get(margin..).and_then(|rest| rest.find("  ")).map(|at| margin + at);
        let column = gap.and_then(|at| Some(at + text.get(at..)?.find(|c| c != ' ')?));
        let fits = |column: &usize| width.is_some_and(|width| *column <= usize::from(width) / 2);
        fitted(line, width, column.filter(fits).unwrap_or(margin + 2))
    });
    lines.collect()
}

/// Removes the colours from a line.
fn plain(line: &str) -> String {
    let mut is_colour = false;
    let shown = line.chars().filter(|c| match *c {
        ESCAPE => {
            is_colour = true;
            false
        }
        'm' if is_colour => {
            is_colour = false;
            false
        }
        _ => !is_colour,
    });
    shown.collect()
}

fn broken(line: &str, width: usize, indent: usize) -> String {
    let mut out = String::with_capacity(line.len());
    let (mut column, mut rest) = (0, line);
    while !rest.is_empty() {
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        let (blank, behind) = rest.split_at(spaces);
        let end = behind.find(' ').unwrap_or(behind.len());
        let (word, behind) = behind.split_at(end);
        let shown = shown(word);
        if column > indent && column + spaces + shown > width && shown > 0 {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else {
            out.push_str(blank);
            column += spaces;
        }
        out.push_str(word);
        column += shown;
        rest = behind;
    }
    out
}

/// Returns the number of columns that a word takes.
fn shown(word: &str) -> usize {
    plain(word.trim_end_matches('\n')).chars().count()
}

/// Escapes characters that would control the terminal as JSON does (`\u009b`), so that JSON keeps its meaning. Our
/// own colours and line breaks stay.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\n' | '\t' | '\r' | ESCAPE) || visible(c) == c {
            out.push(c);
        } else {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_go_on_below() {
        let text = "  06:25:29  in  200  \"Hello from my CRM\"  queued #1, -1 credit\nnext\n";
        let wanted = "  06:25:29  in  200  \"Hello from my CRM\"\n     queued #1, -1 credit\nnext\n";
        assert_eq!(fitted(text, Some(42), 5), wanted);
        assert_eq!(fitted(text, None, 5), text);
        assert_eq!(fitted("one two", Some(7), 2), "one two");
        assert_eq!(
            fitted("one two https://crm.example/long/address b", Some(10), 2),
            "one two\n  https://crm.example/long/address\n  b"
        );
    }

    #[test]
    fn help_goes_on_below_its_explanation() {
        let text = "  --limit <N>  At most this many: 1 to 500\n  tidings events ls --order desc --limit 10\n";
        let wanted = "  --limit <N>  At most this\n               many: 1 to 500\n  tidings events ls --order\n    desc --limit 10\n";
        assert_eq!(fitted_help(text, Some(30)), wanted);
        assert_eq!(fitted_help(text, None), text);
    }

    #[test]
    fn colours_take_no_room() {
        let text = "\u{1b}[32mone\u{1b}[0m two three";
        assert_eq!(fitted(text, Some(7), 1), "\u{1b}[32mone\u{1b}[0m two\n three");
    }

    #[test]
    fn nothing_in_data_steers_a_terminal_and_json_stays_the_same() {
        let hostile = "a\u{9b}2J\u{202e}b\u{7f}\u{85}é😀";
        let json = serde_json::json!({ "text": hostile }).to_string();
        let shown = escaped(&json);
        assert_eq!(shown, "{\"text\":\"a\\u009b2J\\u202eb\\u007f\\u0085é😀\"}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap()["text"], hostile);
        assert_eq!(escaped("\u{1b}[32mok\u{1b}[0m\n"), "\u{1b}[32mok\u{1b}[0m\n");
    }
}
