//! The demo's first screen: where everything is and the line that sends the first message. Pure text, no terminal.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::command_line::{CONTINUED, quoted, wrapped};
use super::data_dir::ACCOUNT_PHONE;
use super::screen::fitted;

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
    /// Its credits.
    pub balance: u64,
    /// Its connected accounts, in E.164.
    pub accounts: Vec<String>,
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
            facts.push(("Secret URL", format!("refuses every message: {}", self.named(&["inbound", "enable"]))));
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
        match self.accounts.as_slice() {
            [] => "no account".to_owned(),
            [only] => format!("account {only}"),
            [_, ..] => counted(self.accounts.len() as u64, "account"),
        }
    }

    fn clock(&self) -> String {
        match self.clock_rate {
            0 | 1 => "clock runs at real speed".to_owned(),
            rate => format!("clock runs {rate} times as fast as real time"),
        }
    }

    fn reported(&self) -> String {
        match &self.reports {
            Reports::Nowhere => "go nowhere".to_owned(),
            Reports::ToEcho(url) | Reports::To(url) => format!("go to {url}, signed"),
            Reports::Off => format!("wait, the webhook is switched off: {}", self.named(&["outbound", "enable"])),
        }
    }

    /// Returns what to do first, step by step, each with lines to copy.
    fn steps(&self) -> Vec<(&'static str, Vec<String>)> {
        // Without its key the workspace cannot be commanded.
        let receive = self.api_key_file.as_ref().map(|_| self.receiver());
        let Some(account) = self.accounts.first() else {
            let person = ["--full-name", "Demo Sales", "--email", "sales@demo.example"];
            let connect = [["account", "connect", "--phone", ACCOUNT_PHONE], person].concat();
            let connect = ("Connect an account, and start the demo again:", self.command(&connect));
            return std::iter::once(connect).chain(receive).collect();
        };
        let first = "Send your first message (copy this line into a second terminal):";
        let answer = "Answer from the phone that got it, and see what was reported of both:";
        let (answer, requests) = match &self.reports {
            Reports::ToEcho(_) => {
                let url = format!("{}/sim/v1/echo/demo/requests", self.local_url);
                (answer, Some(format!("  curl {}", quoted(&url))))
            }
            _ => ("Answer from the phone that got it:", None),
        };
        let answer = (answer, self.answer(account).into_iter().chain(requests).collect());
        [(first, self.first_message()), answer].into_iter().chain(receive).collect()
    }

    fn first_message(&self) -> Vec<String> {
        let body = format!(r#"{{"action":"send","phone":"{CONTACT}","text":"Hello from my CRM"}}"#);
        let url = format!("{}/in/{}", self.local_url, self.inbound_token);
        vec![format!("  curl {}{CONTINUED}", quoted(&url)), format!("    -d '{body}'")]
    }

    fn answer(&self, account: &str) -> Vec<String> {
        let body = format!(r#"{{"account":"{account}","from":"{CONTACT}","text":"Hello, CRM"}}"#);
        let url = format!("{}/sim/v1/receive", self.phones_url);
        vec![format!("  curl {}{CONTINUED}", quoted(&url)), format!("    -d '{body}'")]
    }

    fn receiver(&self) -> (&'static str, Vec<String>) {
        let instead = if self.reports == Reports::Nowhere { [].as_slice() } else { &["--instead"] };
        let listen = self.command(&[&["listen"], instead].concat());
        ("Receive the reports yourself, in a terminal of their own:", listen)
    }

    /// Returns a command of this program, to be copied.
    fn command(&self, words: &[&str]) -> Vec<String> {
        wrapped(&self.words(words), usize::from(WIDTH))
    }

    /// Returns the words of a command as a shell reads them.
    fn words(&self, words: &[&str]) -> Vec<String> {
        let directory = self.data_dir.display().to_string();
        let named = ["--data-dir", &directory];
        let named = named.iter().filter(|_| self.names_data_dir);
        [&*self.program].iter().chain(words).chain(named).map(|word| quoted(word)).collect()
    }

    /// Returns a command within a sentence.
    fn named(&self, words: &[&str]) -> String {
        format!("`{}`", self.words(words).join(" "))
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn counted(number: u64, noun: &str) -> String {
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

    const ECHO: &str = "http://127.0.0.1:8080/sim/v1/echo/demo";

    fn banner() -> Banner {
        Banner {
            version: "0.1.0",
            base_url: "http://127.0.0.1:8080".into(),
            local_url: "http://127.0.0.1:8080".into(),
            taken_port: None,
            data_dir: "data/demo".into(),
            names_data_dir: false,
            events: 212,
            chain_verified: true,
            recovered_ms: 9,
            workspace: "Demo workspace".into(),
            balance: 998,
            accounts: vec!["+12025550100".to_owned()],
            inbound_enabled: true,
            clock_rate: 1,
            admin_key_file: Some("data/demo/secrets/admin_key".into()),
            api_key_file: Some("data/demo/secrets/api_key".into()),
            inbound_token: "in_0123456789ABCDEFGHIJabcdef".into(),
            reports: Reports::ToEcho(ECHO.to_owned()),
            phones_url: "http://127.0.0.1:8080".into(),
            program: "target/release/tidings".into(),
            colour: false,
        }
    }

    #[test]
    fn the_first_screen_says_where_everything_is() {
        let wanted = r#"tidings 0.1.0  WhatsApp messaging gateway                DEMO, this machine only

  Gateway       http://127.0.0.1:8080
  Event log     ./data/demo   212 events, chain verified, recovered in 9 ms
  Workspace     Demo workspace, 998 credits
  WhatsApp      simulator: account +12025550100; clock runs at real speed
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

  target/release/tidings listen --instead

  Ctrl-C stops cleanly, twice at once         logs below; --json for machines
  ──────────────────────────────────────────────────────────────────────────────
"#;
        assert_eq!(banner().render(), wanted);
    }

    #[test]
    fn it_claims_nothing_that_did_not_happen() {
        let none = Banner { chain_verified: false, admin_key_file: None, api_key_file: None, ..banner() };
        let text = Banner { reports: Reports::Nowhere, ..none }.render();
        let words = ["verified", "Admin key", "API key", "signed", "what was reported", "/echo/", "listen"];
        assert!(!words.iter().any(|words| text.contains(words)), "{text}");
        assert!(text.contains("Reports       go nowhere"), "{text}");
    }

    #[test]
    fn what_is_not_as_usual_is_said() {
        let accounts = ["+12025550100", "+12025550102"].map(str::to_owned).to_vec();
        let odd = Banner { accounts, taken_port: Some(8080), clock_rate: 60, events: 1, balance: 1, ..banner() };
        let text = Banner { inbound_enabled: false, reports: Reports::Off, ..odd }.render();
        for words in [
            "(port 8080 is taken)",
            "2 accounts; clock runs 60 times as fast as real time",
            " 1 event,",
            ", 1 credit\n",
            "Secret URL    refuses every message: `target/release/tidings inbound enable`",
            "Reports       wait, the webhook is switched off: `target/release/tidings\n                outbound enable`",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let text = Banner { reports: Reports::To("https://crm.example/hook".to_owned()), ..banner() }.render();
        assert!(text.contains("go to https://crm.example/hook, signed") && !text.contains("/echo/"), "{text}");
        let text = Banner { accounts: Vec::new(), ..banner() }.render();
        assert!(text.contains("simulator: no account;") && !text.contains("curl"), "{text}");
        assert!(
            text.contains("tidings account connect --phone +12025550100 --full-name \\\n    'Demo Sales'"),
            "{text}"
        );
    }

    #[test]
    fn lines_to_copy_work_for_any_program_folder_and_address() {
        let odd = Banner {
            program: "/home/ada/my tools/tidings".into(),
            data_dir: "/srv/it's data/demo".into(),
            names_data_dir: true,
            local_url: "http://[::1]:8080".into(),
            base_url: "https://tidings.example".into(),
            ..banner()
        };
        let text = odd.render();
        for words in [
            "  '/home/ada/my tools/tidings' listen --instead --data-dir \\\n    '/srv/it'\\''s data/demo'\n",
            "  curl 'http://[::1]:8080/in/in_0123456789ABCDEFGHIJabcdef' \\\n",
            "Gateway       https://tidings.example\n",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }

    /// A terminal of 80 columns breaks longer lines in the middle of a word.
    #[test]
    fn every_line_fits() {
        let directory = format!("/srv/{}", "long/".repeat(8));
        let long = Banner {
            program: "/home/ada/projects/tidings/target/release/tidings".into(),
            data_dir: directory.into(),
            names_data_dir: true,
            workspace: "A demo workspace with quite a long name, as they come when several are tried".into(),
            reports: Reports::Off,
            inbound_enabled: false,
            taken_port: Some(8080),
            ..banner()
        };
        for banner in [
            banner(),
            long.clone(),
            Banner { reports: Reports::To("https://crm.example/a/long/path".to_owned()), ..long.clone() },
        ] {
            let text = banner.render();
            assert!(text.lines().all(|line| line.chars().count() <= usize::from(WIDTH)), "{text}");
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
