//! Finds the first place at which a text is not JSON, and says what was probably meant. Never recurses.

use events::characters::is_unseen;
use serde::de::IgnoredAny;

use super::foreign;

/// How deep lists and objects may be nested.
pub(super) const DEPTH_MAX: usize = 64;
const SHOWN_CHARS_MAX: usize = 120;
/// Windows' shells do that.
const SHELL: &str = " (a shell may have taken the quotes away: put the body into a file, curl --data @body.json)";
/// Quotes as word processors write them.
const TYPOGRAPHIC: &[char] = &['“', '”', '„', '‟', '‘', '’', '‚', '«', '»', '″', '＂'];

/// The place and the cause of a mistake.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) at: usize,
    /// The probable cause, in words.
    pub(super) cause: String,
}

/// Returns the first mistake in a text that should be one JSON document; `None` if it is correct.
pub(super) fn first(text: &str) -> Option<Mistake> {
    let mut walk = Walk { text, at: 0, open: Vec::new(), value: 0 };
    walk.document().err()
}

/// Returns line and column, both counted from 1, the column in characters.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// A list or object that has not ended yet.
struct Open {
    closer: char,
    /// Start of its current entry.
    entry: usize,
}

struct Walk<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Open>,
    /// Start of the latest value.
    value: usize,
}

/// The part of the grammar that comes next.
enum Next {
    First,
    Value,
    After,
}

impl<'a> Walk<'a> {
    fn document(&mut self) -> Result<(), Mistake> {
        self.space();
        self.something_else()?;
        let mut next = Next::Value;
        loop {
            self.space();
            next = match (next, self.peek()) {
                (Next::First, peeked) if peeked == self.closer() => self.close(),
                (Next::First, _) => self.entry()?,
                (Next::Value, Some(opener @ ('{' | '['))) => self.open(opener)?,
                (Next::Value, _) => self.scalar()?,
                (Next::After, None) if self.open.is_empty() => return Ok(()),
                (Next::After, peeked) if peeked.is_some() && peeked == self.closer() => self.close(),
                (Next::After, Some(',')) if !self.open.is_empty() => self.comma()?,
                (Next::After, peeked) => return Err(self.between(peeked)),
            };
        }
    }

    /// Recognises a body that is something else than JSON, or empty.
    fn something_else(&self) -> Result<(), Mistake> {
        match foreign::of_text(self.rest()) {
            _ if self.rest().is_empty() => Err(self.wrong("the body is empty")),
            Some(cause) => Err(self.wrong(cause)),
            None => Ok(()),
        }
    }

    fn open(&mut self, opener: char) -> Result<Next, Mistake> {
        if self.open.len() >= DEPTH_MAX {
            return Err(self.wrong(format!("nested deeper than {DEPTH_MAX} levels")));
        }
        self.at += 1;
        let closer = if opener == '{' { '}' } else { ']' };
        self.open.push(Open { closer, entry: self.at });
        Ok(Next::First)
    }

    fn close(&mut self) -> Next {
        self.at += 1;
        self.open.pop();
        Next::After
    }

    fn comma(&mut self) -> Result<Next, Mistake> {
        let comma = self.at;
        self.at += 1;
        self.space();
        match self.peek() {
            Some(closer @ ('}' | ']')) if Some(closer) == self.closer() => {
                Err(Mistake { at: comma, cause: format!("no comma may stand before the closing {closer}") })
            }
            _ => self.entry(),
        }
    }

    /// Parses the start of an entry: in an object its name and colon.
    fn entry(&mut self) -> Result<Next, Mistake> {
        let start = self.at;
        let Some(open) = self.open.last_mut() else { return Ok(Next::Value) };
        open.entry = start;
        if open.closer == ']' {
            return Ok(Next::Value);
        }
        match self.peek() {
            Some('"') => self.string()?,
            other => return Err(self.no_name(other)),
        }
        let name = self.shown(start);
        self.space();
        match self.peek() {
            Some(':') => self.at += 1,
            Some('=') => return Err(self.wrong(format!("a colon must follow {name}, not ="))),
            None => return Err(self.unfinished()),
            Some(c) => {
                let missing = || self.wrong(format!("a colon is missing after {name}"));
                return Err(self.unseen(c).unwrap_or_else(missing));
            }
        }
        Ok(Next::Value)
    }

    fn no_name(&self, found: Option<char>) -> Mistake {
        match found {
            None => self.unfinished(),
            Some('{') => self.wrong("{{...}} looks like a placeholder that was not filled in"),
            Some(',') => self.wrong("one comma too many"),
            Some(c) => self.odd(c).unwrap_or_else(|| {
                let word = self.word();
                let cause = if word.is_empty() {
                    format!("a name in double quotes must stand here, not {c}")
                } else {
                    let shell = if self.text.contains('"') { "" } else { SHELL };
                    format!("the name {word} must stand in double quotes: \"{word}\"{shell}")
                };
                self.wrong(cause)
            }),
        }
    }

    fn scalar(&mut self) -> Result<Next, Mistake> {
        self.value = self.at;
        match self.peek() {
            Some('"') => self.string()?,
            Some('-' | '0'..='9') => self.number()?,
            other => self.literal(other)?,
        }
        Ok(Next::After)
    }

    fn literal(&mut self, found: Option<char>) -> Result<(), Mistake> {
        let word = self.word();
        if matches!(word, "true" | "false" | "null") {
            self.at += word.len();
            return Ok(());
        }
        Err(match found {
            None => self.unfinished(),
            Some(',' | '}' | ']') => self.wrong("a value is missing here"),
            Some('+') => self.wrong("a number that begins with + must stand in double quotes"),
            Some(c) => self.odd(c).unwrap_or_else(|| self.unquoted(word, c)),
        })
    }

    fn unquoted(&self, word: &str, first: char) -> Mistake {
        let meant = word.to_lowercase();
        match meant.as_str() {
            "" => self.wrong(format!("a value cannot begin with {first}")),
            "true" | "false" | "null" => self.wrong(format!("write {meant} instead of {word}")),
            "none" | "undefined" | "nil" | "nan" => self.wrong(format!("{word} is no JSON value; write null")),
            _ => self.wrong(format!("the value {word} must stand in double quotes: \"{word}\"")),
        }
    }

    fn number(&mut self) -> Result<(), Mistake> {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '+' | '-' | '.');
        let length = self.rest().find(|c| !is_part(c)).unwrap_or(self.rest().len());
        let number = self.rest().get(..length).unwrap_or_default();
        if serde_json::from_str::<IgnoredAny>(number).is_err() {
            return Err(self.wrong(format!("{} is no JSON number; put it in double quotes", cut(number))));
        }
        self.at += length;
        Ok(())
    }

    fn string(&mut self) -> Result<(), Mistake> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                Some('"') => break,
                Some('\\') => self.escape()?,
                Some(c) if c < ' ' => return Err(self.control(start, c)),
                Some(c) => self.at += c.len_utf8(),
                None => return Err(self.unended(start)),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Mistake> {
        let mut following = self.rest().chars().skip(1);
        match following.next() {
            Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => self.at += 2,
            Some('u') if following.take(4).filter(char::is_ascii_hexdigit).count() == 4 => self.at += 6,
            Some('u') => return Err(self.wrong("\\u needs four hexadecimal digits")),
            Some(c) => return Err(self.wrong(format!("\\{c} is no escape of JSON; a backslash is written \\\\"))),
            None => return Err(self.unfinished()),
        }
        Ok(())
    }

    fn control(&self, start: usize, found: char) -> Mistake {
        match found {
            '\n' | '\r' => match self.curly(start) {
                Some(quote) => self.wrong(format!("a text ends with \", not with the typographic quote {quote}")),
                None => self.wrong("a line break inside a text is written \\n (or the closing \" is missing)"),
            },
            '\t' => self.wrong("a tab inside a text is written \\t"),
            _ => self.wrong(format!("a control character inside a text is written \\u{:04x}", u32::from(found))),
        }
    }

    fn unended(&self, start: usize) -> Mistake {
        let at = start;
        let cause = match self.curly(start) {
            Some(quote) => format!("a text ends with \", not with the typographic quote {quote}"),
            None => "the body ends inside this text: its closing \" is missing".to_owned(),
        };
        Mistake { at, cause }
    }

    /// Finds a typographic quote in an unended string.
    fn curly(&self, start: usize) -> Option<char> {
        self.text.get(start..self.at)?.chars().rev().find(|c| TYPOGRAPHIC.contains(c))
    }

    /// Explains what follows a value and is neither a comma nor an end.
    fn between(&self, found: Option<char>) -> Mistake {
        let (Some(c), Some(open)) = (found, self.open.last()) else {
            return if found.is_none() { self.unfinished() } else { self.trailing() };
        };
        if let Some(mistake) = self.unseen(c) {
            return mistake;
        }
        let end = self.text.get(..self.at).unwrap_or_default().trim_end().len();
        let ended = self.text.get(self.value..end).unwrap_or_default();
        let after_text = ended.starts_with('"') && ended.ends_with('"');
        match c {
            '}' | ']' => self.wrong(format!("{} is expected, not {c}", open.closer)),
            ';' | ':' | '=' => self.wrong(format!("a comma must stand here, not {c}")),
            '/' | '#' => self.wrong("JSON knows no comments"),
            _ if after_text && (c.is_alphanumeric() || matches!(c, '.' | '!' | '?')) => {
                self.wrong("a \" inside a text is written \\\"")
            }
            '0'..='9' | '-' | '(' if !after_text && open.closer == '}' => {
                Mistake { at: self.value, cause: "a number with gaps must stand in double quotes".to_owned() }
            }
            _ => self.missing_comma(open.entry, end),
        }
    }

    fn missing_comma(&self, entry: usize, end: usize) -> Mistake {
        let before = self.text.get(entry..end).unwrap_or_default();
        let last = cut(before.lines().next_back().unwrap_or_default().trim());
        let (line, _) = place(self.text, end);
        Mistake { at: end, cause: format!("a comma is missing after {last} on line {line}") }
    }

    fn trailing(&self) -> Mistake {
        let is_quoted = self.text.trim_start().starts_with("\"{");
        match self.peek() {
            _ if is_quoted => self.wrong("the whole body stands in quotes: send the object without them"),
            Some('=') if self.rest().trim_end() == "=" => {
                self.wrong("a = follows the object, as if it were the field of a form; send the object alone")
            }
            found => found
                .and_then(|c| self.unseen(c))
                .unwrap_or_else(|| self.wrong("nothing may follow the end of the JSON document")),
        }
    }

    fn unfinished(&self) -> Mistake {
        let closer = self.closer().map(|closer| format!(": the closing {closer} is missing"));
        self.wrong(format!("the body ends too early{}", closer.unwrap_or_default()))
    }

    /// Explains characters that people write in place of a double quote, and comments.
    fn odd(&self, found: char) -> Option<Mistake> {
        match found {
            '\'' | '`' => Some(self.wrong(format!("write double quotes (\") instead of {found}"))),
            _ if TYPOGRAPHIC.contains(&found) => {
                Some(self.wrong(format!("write straight double quotes (\") instead of {found}")))
            }
            '/' | '#' => Some(self.wrong("JSON knows no comments")),
            '\\' if self.rest().starts_with("\\\"") => {
                Some(self.wrong("the quotes are escaped: write \" instead of \\\" around names and values"))
            }
            _ => self.unseen(found),
        }
    }

    /// Explains an invisible character by its code.
    fn unseen(&self, found: char) -> Option<Mistake> {
        let code = || format!("the invisible character U+{:04X} must not stand here; delete it", u32::from(found));
        is_unseen(found).then(|| self.wrong(code()))
    }

    fn wrong(&self, cause: impl Into<String>) -> Mistake {
        Mistake { at: self.at, cause: cause.into() }
    }

    fn closer(&self) -> Option<char> {
        self.open.last().map(|open| open.closer)
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\n', '\r', '\t']).len();
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Returns the letters, digits and underscores at the current place.
    fn word(&self) -> &'a str {
        let rest = self.rest();
        let mut ends = rest.char_indices().enumerate();
        let end = ends.find(|(nth, (_, c))| *nth == SHOWN_CHARS_MAX || !(c.is_alphanumeric() || *c == '_'));
        rest.get(..end.map_or(rest.len(), |(_, (at, _))| at)).unwrap_or_default()
    }

    fn shown(&self, start: usize) -> String {
        cut(self.text.get(start..self.at).unwrap_or_default())
    }
}

fn cut(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}
