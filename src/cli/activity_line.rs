//! The demo's running commentary: one line for each thing that happens. Pure text, no terminal.

use std::fmt;

use events::time::Timestamp;

const MS_PER_DAY: i64 = 86_400_000;
const MS_PER_SECOND: i64 = 1_000;
const PHONE_CHARS: usize = 20;
const PHONE_WIDTH: usize = 16;
const VIA_WIDTH: usize = 16;
const WORKSPACE_CHARS: usize = 20;
const TEXT_CHARS: usize = 28;
/// The column where the phone starts; continuation lines are indented to it.
pub(super) const INDENT: usize = 30;
const NOTE_CHARS: usize = 160;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A request to an inbound URL was answered.
    In,
    /// A message was received.
    Received,
    /// `WhatsApp` accepted a message.
    Sent,
    /// A message reached the recipient's phone.
    Delivered,
    /// A message was read.
    Read,
    /// A message could not be sent now; it is retried.
    Deferred,
    /// It is unknown whether a message was sent.
    Uncertain,
    /// A message cannot be sent; its credits are refunded.
    Failed,
    /// An account was connected or disconnected, paused or resumed, blocked or unblocked.
    Account,
    /// A workspace was created, got credits, or its inbound URL or keys changed.
    Workspace,
    /// The CRM accepted a report.
    Out,
    /// The CRM did not accept a report.
    Unreported,
    /// The outbound webhook was configured or switched, or its owner acted on its deliveries.
    Webhook,
    /// The owner was notified by e-mail.
    Mail,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Received => "received",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Deferred => "deferred",
            Self::Uncertain => "uncertain",
            Self::Failed => "failed",
            Self::Account => "account",
            Self::Workspace => "workspace",
            Self::Out | Self::Unreported => "out",
            Self::Webhook => "webhook",
            Self::Mail => "mail",
        }
    }

    const fn colour(self) -> &'static str {
        match self {
            Self::In | Self::Received | Self::Account | Self::Workspace | Self::Webhook => CYAN,
            Self::Sent | Self::Delivered | Self::Read | Self::Out => GREEN,
            Self::Deferred | Self::Uncertain | Self::Unreported | Self::Mail => YELLOW,
            Self::Failed => RED,
        }
    }
}

pub(super) const RED: &str = "31";
pub(super) const GREEN: &str = "32";
pub(super) const YELLOW: &str = "33";
const CYAN: &str = "36";
pub(super) const DIM: &str = "2";

/// What a line tells of an event.
pub(super) struct ActivityEntry<'a> {
    pub(super) kind: Kind,
    pub(super) status: Option<u16>,
    /// The phone at the other end; `None` if it is the message's.
    pub(super) phone: Option<String>,
    pub(super) text: Option<&'a str>,
    pub(super) note: String,
}

impl ActivityEntry<'_> {
    pub(super) fn noting(kind: Kind, note: impl Into<String>) -> Self {
        Self { kind, status: None, phone: None, text: None, note: note.into() }
    }
}

/// One line of the commentary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityLine<'a> {
    pub at: Timestamp,
    pub kind: Kind,
    /// HTTP status of our response for [`Kind::In`], or of the CRM's response for a report.
    pub status: Option<u16>,
    /// The phone concerned, as the CRM wrote it; empty if unknown.
    pub phone: &'a str,
    /// The account that the message passes, in E.164; empty if there is none.
    pub account: &'a str,
    /// The workspace's name; empty if there is only one.
    pub workspace: &'a str,
    /// The message's text, if worth repeating.
    pub text: Option<&'a str>,
    pub note: &'a str,
}

impl ActivityLine<'_> {
    /// Renders the line without a line break. Text from others cannot control the terminal.
    pub fn render(&self, colour: bool) -> String {
        let at = clock(self.at);
        let kind = format!("{:<9}", self.kind.word());
        let status = self.status.map(|status| status.to_string()).unwrap_or_default();
        let phone = if self.phone.is_empty() { "-".to_owned() } else { shortened(self.phone, PHONE_CHARS) };
        let via = if self.account.is_empty() {
            String::new()
        } else {
            format!("via {}", shortened(self.account, PHONE_CHARS))
        };
        let workspace = shortened(self.workspace, WORKSPACE_CHARS);
        let text = self.text.map(|text| format!("\"{}\"", shortened(text, TEXT_CHARS))).unwrap_or_default();
        let note = shortened(self.note, NOTE_CHARS);

        let (at, kind) = (paint(colour, DIM, &at), paint(colour, self.kind.colour(), &kind));
        let status = paint(colour, self.status_colour(), &format!("{status:<3}"));
        let text_width = if self.text.is_some() { TEXT_CHARS + 2 } else { 0 };
        let columns = [(phone, PHONE_WIDTH), (via, VIA_WIDTH), (workspace, 0), (text, text_width), (note, 0)];
        let filled = columns.into_iter().filter(|(words, _)| !words.is_empty());
        let rest: Vec<String> = filled.map(|(words, width)| format!("{words:<width$}")).collect();
        let rest = rest.join("  ");
        format!("  {at}  {kind} {status}   {}", rest.trim_end())
    }

    fn status_colour(&self) -> &'static str {
        if self.status.is_some_and(|status| status >= 300) { RED } else { GREEN }
    }
}

impl fmt::Display for ActivityLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// Formats the time of day in UTC.
pub(super) fn clock(at: Timestamp) -> String {
    let seconds = at.ms().rem_euclid(MS_PER_DAY) / MS_PER_SECOND;
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Shortens to at most `chars_max` characters, all of them visible.
pub(super) fn shortened(text: &str, chars_max: usize) -> String {
    let mut kept: String = text.chars().take(chars_max).map(visible).collect();
    if text.chars().nth(chars_max).is_some() {
        kept.pop();
        kept.push('…');
    }
    kept
}

/// Returns the character, or a dot if it would control the terminal or change the writing direction.
pub(super) fn visible(c: char) -> char {
    let steers = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}');
    if c.is_control() || steers { '·' } else { c }
}

pub(super) fn paint(colour: bool, code: &str, text: &str) -> String {
    if colour && !text.trim().is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2021-02-24 06:25:29 UTC.
    const AT: Timestamp = Timestamp::from_ms(1_614_147_929_007);

    fn accepted() -> ActivityLine<'static> {
        ActivityLine {
            at: AT,
            kind: Kind::In,
            status: Some(200),
            phone: "+14151231234",
            account: "+12025550100",
            workspace: "",
            text: Some("Hello from my CRM"),
            note: "queued, -1 credit",
        }
    }

    #[test]
    fn a_request_is_told_in_one_line() {
        let wanted = "  06:25:29  in        200   +14151231234      via +12025550100  \"Hello from my CRM\"             queued, -1 credit";
        assert_eq!(accepted().to_string(), wanted);
    }

    #[test]
    fn what_has_no_text_and_no_status_keeps_its_columns() {
        let sent = ActivityLine { kind: Kind::Sent, status: None, text: None, note: "wa_backend:3EB0", ..accepted() };
        assert_eq!(sent.to_string(), "  06:25:29  sent            +14151231234      via +12025550100  wa_backend:3EB0");
        let read = ActivityLine { kind: Kind::Delivered, note: "", ..sent };
        assert_eq!(read.to_string(), "  06:25:29  delivered       +14151231234      via +12025550100");
    }

    #[test]
    fn of_several_workspaces_each_line_names_its_own() {
        let sent =
            ActivityLine { kind: Kind::Sent, status: None, text: None, note: "", workspace: "Acme", ..accepted() };
        assert_eq!(sent.to_string(), "  06:25:29  sent            +14151231234      via +12025550100  Acme");
        let long = ActivityLine { workspace: "A workspace with a long name", ..sent }.to_string();
        assert!(long.ends_with("  A workspace with a …"), "{long}");
    }

    #[test]
    fn a_refusal_without_a_phone_shows_a_dash() {
        let note = "a comma is missing";
        let refused = ActivityLine { status: Some(400), phone: "", account: "", text: None, note, ..accepted() };
        assert_eq!(refused.to_string(), "  06:25:29  in        400   -                 a comma is missing");
    }

    #[test]
    fn long_texts_are_shortened_by_characters_not_bytes() {
        assert_eq!(shortened("ααααα", 5), "ααααα");
        assert_eq!(shortened("αααααα", 5), "αααα…");
        assert_eq!(shortened("", 5), "");
    }

    #[test]
    fn nobody_steers_the_terminal() {
        let hostile = "a\x1b[2J\n\u{202e}b\u{9b}\u{7f}";
        let line =
            ActivityLine { phone: hostile, workspace: hostile, text: Some(hostile), note: hostile, ..accepted() }
                .to_string();
        assert!(line.contains("a·[2J··b··"), "{line}");
        assert!(line.chars().all(|c| visible(c) == c), "{line}");
    }

    #[test]
    fn colours_come_only_when_asked() {
        assert!(!accepted().render(false).contains('\x1b'));
        assert!(accepted().render(true).contains("\x1b[32m200\x1b[0m"));
        assert!(ActivityLine { status: Some(404), ..accepted() }.render(true).contains("\x1b[31m404\x1b[0m"));
    }

    #[test]
    fn the_time_of_day_is_right_before_1970_too() {
        assert_eq!(clock(Timestamp::from_ms(-1)), "23:59:59");
        assert_eq!(clock(Timestamp::from_ms(MS_PER_DAY)), "00:00:00");
    }
}
