//! The conversation as one piece of HTML, which other companies' CRMs display: it contains no mark-up but ours.

use std::fmt;

use serde::{Serialize, Serializer};

use super::moment::Minutes;
use super::sides::Side;
use crate::outbound::bundle::{Bundle, Said};
use crate::outbound::permalink;

/// Text that a browser shows unchanged: no part of it is mark-up, not even inside a quoted attribute.
///
/// A line feed becomes `<br/>`. A carriage return becomes `&#13;`, because a parser would turn it into a line feed.
/// NUL cannot be written in HTML at all and becomes U+FFFD, as in a browser. All other characters stay as they are,
/// even control characters: a parser keeps them, but would replace some of them if they were written as numeric
/// references.
#[derive(Clone, Copy)]
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((at, written)) = rest.bytes().enumerate().find_map(|(at, byte)| Some((at, written(byte)?))) {
            let (plain, special) = rest.split_at(at);
            f.write_str(plain)?;
            f.write_str(written)?;
            rest = special.get(1..).unwrap_or_default();
        }
        f.write_str(rest)
    }
}

/// The escape for a byte, if it needs one. None of these bytes is part of a multi-byte character.
const fn written(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'"' => "&quot;",
        b'\'' => "&#39;",
        b'\n' => "<br/>",
        b'\r' => "&#13;",
        0 => "\u{fffd}",
        _ => return None,
    })
}

/// All messages of a bundle, one line each, then a link to the first.
pub(super) struct Aggregation<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) first: &'a Said,
    pub(super) base_url: &'a str,
}

/// A message's text, then the name of its file.
struct Shown<'a>(&'a Said);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.text.reveal();
        Escaped(text).fmt(f)?;
        let Some(file) = &self.0.file else { return Ok(()) };
        let between = if text.is_empty() { "" } else { "<br/>" };
        write!(f, "{between}{}", Escaped(file.name.reveal()))
    }
}

impl Serialize for Aggregation<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Aggregation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for said in &self.bundle.messages {
            let sender = Side::sender(self.bundle, said).full_name.0;
            write!(f, "from {} on {}: {}<br/>", Escaped(sender), Minutes(said.at), Shown(said))?;
        }
        let (base_url, link) = (Escaped(self.base_url), permalink::of(self.first.id));
        write!(f, "Click <a href='{base_url}/permalink/{link}/'>here</a> to open the conversation in Tidings")
    }
}
