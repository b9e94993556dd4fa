//! The demo's first screen: where everything is and the line that sends the first message. Pure text, no terminal.

mod steps;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use actors::workspace::Inactivity;
use events::webhook::Aggregation;

use super::screen::fitted;
use crate::service::wording::counted;

/// The recipient of the first message.
const CONTACT: &str = "+14151231234";
/// The width of the narrowest terminal to support.
const WIDTH: u16 = 80;
const LABEL_WIDTH: usize = 14;
const MARGIN: usize = 2;
const BOLD: &str = "1";
const DIM: &str = "2";
const CYAN: &str = "36";

/// Everything that the demo's first screen shows.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts")]
pub struct Banner {
    /// Our version, such as `0.1.0`.
    pub version: &'static str,
    /// Base URL of the gateway, without a trailing slash: what users type.
    pub base_url: String,
    /// The address where it listens, such as `http://127.0.0.1:8080`.
    pub local_url: String,
    /// The requested port if another process has it; `None` if the demo got it.
    pub taken_port: Option<u16>,
    /// The demo's data directory.
    pub data_dir: PathBuf,
    /// True if commands find the data directory only if they name it.
    pub names_data_dir: bool,
    /// Events in the log.
    pub events: u64,
    /// True if the whole hash chain was verified at this start.
    pub chain_verified: bool,
    /// Milliseconds from opening the log until ready.
    pub recovered_ms: u64,
    /// Name of the demo's workspace.
    pub workspace: String,
    /// Its number.
    pub workspace_id: String,
    /// Its credits.
    pub balance: u64,
    /// Its connected accounts, in E.164.
    pub accounts: Vec<String>,
    /// If there is none, the account that is nearest to sending, and why it does not.
    pub stopped: Option<(String, Inactivity)>,
    /// True if its secret URL takes messages.
    pub inbound_enabled: bool,
    /// How many times as fast as real time the clock runs.
    pub clock_rate: u32,
    /// File with the operator's key; `None` if the key was preset.
    pub admin_key_file: Option<PathBuf>,
    /// File with the demo workspace's key; `None` if it is lost.
    pub api_key_file: Option<PathBuf>,
    /// The token of the demo workspace's secret URL.
    pub inbound_token: String,
    pub reports: Reports,
    pub aggregation: Aggregation,
    /// Base URL of the simulated phones, without a trailing slash.
    pub phones_url: String,
    /// The name by which this program was called, such as `target/release/tidings`.
    pub program: String,
    /// True if the terminal shows colours.
    pub colour: bool,
}

/// Where reports go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reports {
    /// No URL is set.
    Nowhere,
    /// To the demo's own receiver, whose requests can be looked at.
    ToEcho(String),
    /// To another URL.
    To(String),
    /// The webhook was switched off; what is owed is kept.
    Off,
}

impl Banner {
    /// Renders the screen, with a line break at its end.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, to: &mut String) -> std::fmt::Result {
        let title = format!("tidings {}  WhatsApp messaging gateway", self.version);
        let place = "DEMO, this machine only";
        let gap = " ".repeat(usize::from(WIDTH).saturating_sub(title.len() + place.len()).max(2));
        writeln!(to, "{}{gap}{}\n", self.paint(BOLD, &title), self.paint(BOLD, place))?;

        for (label, value) in self.facts() {
            let fact = format!("  {label:<LABEL_WIDTH$}{value}");
            writeln!(to, "{}", fitted(&fact, Some(WIDTH), MARGIN + LABEL_WIDTH))?;
        }
        for (words, lines) in self.steps() {
            writeln!(to, "\n  {words}\n")?;
            for line in lines {
                writeln!(to, "{}", self.paint(CYAN, &line))?;
            }
        }
        writeln!(to, "\n  Ctrl-C stops cleanly, twice at once         logs below; --json for machines")?;
        writeln!(to, "  {}", self.paint(DIM, &"─".repeat(usize::from(WIDTH) - MARGIN)))
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let taken = self.taken_port.map(|port| format!("   (port {port} is taken)")).unwrap_or_default();
        let mut facts = vec![
            ("Gateway", format!("{}{taken}", self.paint(CYAN, &self.base_url))),
            ("Event log", self.event_log()),
            ("Workspace", format!("{}, {}", self.workspace, counted(self.balance, "credit"))),
            ("WhatsApp", format!("simulator: {}; {}", self.connected(), self.clock())),
        ];
        if !self.inbound_enabled {
            facts.push(("Secret URL", "refuses every message".to_owned()));
        }
        facts.push(("Reports", self.reported()));
        let files = [("Admin key", &self.admin_key_file), ("API key", &self.api_key_file)];
        facts.extend(
            files.into_iter().filter_map(|(label, file)| Some((label, format!("in {}", relative(file.as_ref()?))))),
        );
        facts
    }

    fn event_log(&self) -> String {
        let verified = if self.chain_verified { ", chain verified" } else { "" };
        let events = counted(self.events, "event");
        format!("{}   {events}{verified}, recovered in {} ms", relative(&self.data_dir), self.recovered_ms)
    }

    fn connected(&self) -> String {
        match (self.accounts.as_slice(), &self.stopped) {
            ([], None) => "no account".to_owned(),
            ([], Some((phone, Inactivity::Paused))) => format!("account {phone} is paused"),
            ([], Some((phone, Inactivity::Blocked))) => format!("account {phone} is blocked"),
            ([], Some((phone, Inactivity::Disconnected))) => format!("account {phone} is disconnected"),
            ([only], _) => format!("account {only}"),
            ([_, ..], _) => counted(self.accounts.len() as u64, "account"),
        }
    }

    fn clock(&self) -> String {
        match self.clock_rate {
            0 | 1 => "clock runs at real speed".to_owned(),
            rate => format!("clock runs {rate} times as fast as real time"),
        }
    }

    fn reported(&self) -> String {
        let gathered = match self.aggregation {
            Aggregation::None => String::new(),
            hours => format!(", gathered for {}", hours.name()),
        };
        match &self.reports {
            Reports::Nowhere => "go nowhere".to_owned(),
            Reports::ToEcho(url) | Reports::To(url) => format!("go to {url}, signed{gathered}"),
            Reports::Off => "wait: the webhook is switched off".to_owned(),
        }
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Formats a path as one would type it here.
fn relative(path: &Path) -> String {
    let here = path.is_relative() && !path.starts_with(".") && !path.starts_with("..");
    format!("{}{}", if here { "./" } else { "" }, path.display())
}
