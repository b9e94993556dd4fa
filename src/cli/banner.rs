//! The demo's first screen: where everything is and the line that sends the first message. Pure text, no terminal.

use std::fmt::Write as _;
use std::path::Path;

use super::data_dir::ACCOUNT_PHONE;

/// The recipient of the first message.
const CONTACT: &str = "+14151231234";
/// The width of the narrowest terminal to support.
const WIDTH: usize = 80;
const LABEL_WIDTH: usize = 14;
const BOLD: &str = "1";
const DIM: &str = "2";
const CYAN: &str = "36";

/// Everything that the demo's first screen shows.
#[derive(Debug, Clone, Copy)]
pub struct Banner<'a> {
    /// Our version, such as `0.1.0`.
    pub version: &'a str,
    /// Base URL of the gateway, without a trailing slash.
    pub base_url: &'a str,
    /// The requested port if another process has it; `None` if the demo got it.
    pub taken_port: Option<u16>,
    /// The demo's data directory.
    pub data_dir: &'a Path,
    /// Events in the log.
    pub events: u64,
    /// True if the whole hash chain was verified at this start.
    pub chain_verified: bool,
    /// Milliseconds from opening the log until ready.
    pub recovered_ms: u64,
    /// Connected accounts of the simulator.
    pub accounts: usize,
    /// How many times as fast as real time the clock runs.
    pub clock_rate: u32,
    /// File with the operator's key; `None` if the key was preset.
    pub admin_key_file: Option<&'a Path>,
    /// File with the demo workspace's key; `None` if it is lost.
    pub api_key_file: Option<&'a Path>,
    /// The demo workspace's secret URL.
    pub inbound_url: &'a str,
    /// The URL that receives the reports, if any.
    pub reports_url: Option<&'a str>,
    /// Base URL of the simulated phones, without a trailing slash.
    pub phones_url: &'a str,
    /// The name by which this program was called, such as `target/release/tidings`.
    pub program: &'a str,
    /// True if the terminal shows colours.
    pub colour: bool,
}

impl Banner<'_> {
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
        let gap = " ".repeat(WIDTH.saturating_sub(title.len() + place.len()).max(2));
        writeln!(to, "{}{gap}{}\n", self.paint(BOLD, &title), self.paint(BOLD, place))?;

        for (label, value) in self.facts() {
            writeln!(to, "  {label:<LABEL_WIDTH$}{value}")?;
        }
        writeln!(to, "\n  Send your first message (copy this line into a second terminal):\n")?;
        writeln!(to, "{}\n", self.paint(CYAN, &first_message(self.inbound_url)))?;
        writeln!(to, "  Answer from the phone that got it, and see what was reported of both:\n")?;
        writeln!(to, "{}\n", self.paint(CYAN, &self.answer()))?;
        writeln!(to, "  Receive the reports yourself, in a terminal of their own:\n")?;
        writeln!(to, "{}\n", self.paint(CYAN, &self.receiver()))?;
        writeln!(to, "  Ctrl-C stops cleanly, twice at once         logs below; --json for machines")?;
        writeln!(to, "  {}", self.paint(DIM, &"─".repeat(WIDTH - 2)))
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let taken = self.taken_port.map(|port| format!("   (port {port} is taken)")).unwrap_or_default();
        let mut facts = vec![
            ("Gateway", format!("{}{taken}", self.paint(CYAN, self.base_url))),
            ("Event log", self.event_log()),
            ("WhatsApp", format!("simulator: {}; {}", counted(self.accounts, "account"), self.clock())),
        ];
        facts.push(("Reports", self.reports_url.map_or("go nowhere".to_owned(), |url| format!("go to {url}, signed"))));
        let files = [("Admin key", self.admin_key_file), ("API key", self.api_key_file)];
        facts.extend(files.into_iter().filter_map(|(label, file)| Some((label, format!("in {}", relative(file?))))));
        facts
    }

    fn event_log(&self) -> String {
        let verified = if self.chain_verified { ", chain verified" } else { "" };
        let events = counted(usize::try_from(self.events).unwrap_or(usize::MAX), "event");
        format!("{}   {events}{verified}, recovered in {} ms", relative(self.data_dir), self.recovered_ms)
    }

    fn clock(&self) -> String {
        match self.clock_rate {
            0 | 1 => "clock runs at real speed".to_owned(),
            rate => format!("clock runs {rate} times as fast as real time"),
        }
    }

    fn answer(&self) -> String {
        let body = format!(r#"{{"account":"{ACCOUNT_PHONE}","from":"{CONTACT}","text":"Hello, CRM"}}"#);
        let [phones, gateway] = [self.phones_url, self.base_url];
        let answer = format!("  curl {phones}/sim/v1/receive \\\n    -d '{body}'");
        format!("{answer}\n  curl {gateway}/sim/v1/echo/demo/requests")
    }

    fn receiver(&self) -> String {
        let [listen, set] = ["listen", "outbound set --to http://127.0.0.1:8089/"];
        format!("  {0} {listen}\n  {0} {set}", self.program)
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn first_message(inbound_url: &str) -> String {
    let body = format!(r#"{{"action":"send","phone":"{CONTACT}","text":"Hello from my CRM"}}"#);
    format!("  curl {inbound_url} \\\n    -d '{body}'")
}

fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Formats a path as one would type it here.
fn relative(path: &Path) -> String {
    let here = path.is_relative() && !path.starts_with(".") && !path.starts_with("..");
    format!("{}{}", if here { "./" } else { "" }, path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn banner() -> Banner<'static> {
        Banner {
            version: "0.1.0",
            base_url: "http://127.0.0.1:8080",
            taken_port: None,
            data_dir: Path::new("data/demo"),
            events: 212,
            chain_verified: true,
            recovered_ms: 9,
            accounts: 2,
            clock_rate: 1,
            admin_key_file: Some(Path::new("data/demo/secrets/admin_key")),
            api_key_file: Some(Path::new("data/demo/secrets/api_key")),
            inbound_url: "http://127.0.0.1:8080/in/in_0123456789ABCDEFGHIJabcdef",
            reports_url: Some("http://127.0.0.1:8080/sim/v1/echo/demo"),
            phones_url: "http://127.0.0.1:8080",
            program: "target/release/tidings",
            colour: false,
        }
    }

    #[test]
    fn the_first_screen_says_where_everything_is() {
        let wanted = r#"tidings 0.1.0  WhatsApp messaging gateway                DEMO, this machine only

  Gateway       http://127.0.0.1:8080
  Event log     ./data/demo   212 events, chain verified, recovered in 9 ms
  WhatsApp      simulator: 2 accounts; clock runs at real speed
  Reports       go to http://127.0.0.1:8080/sim/v1/echo/demo, signed
  Admin key     in ./data/demo/secrets/admin_key
  API key       in ./data/demo/secrets/api_key

  Send your first message (copy this line into a second terminal):

  curl http://127.0.0.1:8080/in/in_0123456789ABCDEFGHIJabcdef \
    -d '{"action":"send","phone":"+14151231234","text":"Hello from my CRM"}'

  Answer from the phone that got it, and see what was reported of both:

  curl http://127.0.0.1:8080/sim/v1/receive \
    -d '{"account":"+12025550100","from":"+14151231234","text":"Hello, CRM"}'
  curl http://127.0.0.1:8080/sim/v1/echo/demo/requests

  Receive the reports yourself, in a terminal of their own:

  target/release/tidings listen
  target/release/tidings outbound set --to http://127.0.0.1:8089/

  Ctrl-C stops cleanly, twice at once         logs below; --json for machines
  ──────────────────────────────────────────────────────────────────────────────
"#;
        assert_eq!(banner().render(), wanted);
        // A terminal of 80 columns breaks longer lines in the middle of a word.
        assert!(banner().render().lines().all(|line| line.chars().count() <= WIDTH));
    }

    #[test]
    fn it_claims_nothing_that_did_not_happen() {
        let none = Banner { chain_verified: false, admin_key_file: None, api_key_file: None, ..banner() };
        let text = Banner { reports_url: None, ..none }.render();
        assert!(!["verified", "Admin key", "API key", "signed"].iter().any(|words| text.contains(words)), "{text}");
        assert!(text.contains("Reports       go nowhere"), "{text}");
    }

    #[test]
    fn what_is_not_as_usual_is_said() {
        let text = Banner { taken_port: Some(8080), clock_rate: 60, accounts: 1, events: 1, ..banner() }.render();
        for words in ["(port 8080 is taken)", "1 account; clock runs 60 times as fast as real time", " 1 event,"] {
            assert!(text.contains(words), "{text}");
        }
    }

    #[test]
    fn colours_come_only_when_asked_and_change_no_word() {
        let coloured = Banner { colour: true, ..banner() }.render();
        let mut plain = coloured.replace("\x1b[0m", "");
        assert_ne!(plain, coloured);
        for colour in [BOLD, DIM, CYAN] {
            plain = plain.replace(&format!("\x1b[{colour}m"), "");
        }
        assert_eq!(plain, banner().render());
        assert!(!banner().render().contains('\x1b'));
    }
}
