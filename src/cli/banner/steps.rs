//! What to do with a demo, each step with lines to copy.

use actors::workspace::Inactivity;
use events::webhook::Aggregation;

use super::{Banner, CONTACT, Reports, WIDTH};
use crate::cli::command_line::{CONTINUED, quoted, wrapped};
use crate::cli::data_dir::ACCOUNT_PHONE;

impl Banner {
    /// Returns what to do, step by step, each with lines to copy.
    pub(super) fn steps(&self) -> Vec<(&'static str, Vec<String>)> {
        let mut steps = self.obstacles();
        steps.push(("Send a message (copy these lines into a second terminal, in this folder):", self.first_message()));
        let answer = match &self.reports {
            Reports::ToEcho(_) => "Answer from the phone that got it, and see what was reported of both:",
            _ => "Answer from the phone that got it:",
        };
        steps.push((answer, self.answer().into_iter().chain(self.looks()).collect()));
        // Without its key the workspace cannot be commanded.
        if self.api_key_file.is_some() {
            steps.push(("Receive the reports yourself, in a terminal of their own:", self.receiver()));
        }
        steps
    }

    /// Returns what must be done before a message is sent and reported.
    fn obstacles(&self) -> Vec<(&'static str, Vec<String>)> {
        let mut steps = Vec::new();
        if self.api_key_file.is_none() {
            return steps;
        }
        match &self.stopped {
            _ if !self.accounts.is_empty() => {}
            Some((phone, Inactivity::Paused | Inactivity::Blocked)) => {
                steps.push(("Let the account send again:", self.command(&["account", "resume", phone])));
            }
            Some((_, Inactivity::Disconnected)) | None => {
                let person = ["--full-name", "Demo Sales", "--email", "sales@demo.example"];
                let connect = [["account", "connect", "--phone", self.account()], person].concat();
                steps.push(("Connect an account:", self.command(&connect)));
            }
        }
        if !self.inbound_enabled {
            steps.push(("Let the secret URL take messages:", self.command(&["inbound", "enable"])));
        }
        if self.balance == 0 && self.admin_key_file.is_some() {
            let grant = ["credits", "grant", &self.workspace_id, "100", "--reason", "demo"];
            steps.push(("Grant credits:", self.command(&grant)));
        }
        if self.reports == Reports::Off {
            steps.push(("Let reports be posted again:", self.command(&["outbound", "enable"])));
        }
        steps
    }

    /// The account that sends, or would.
    fn account(&self) -> &str {
        let stopped = self.stopped.as_ref().map(|(phone, _)| phone);
        self.accounts.first().or(stopped).map_or(ACCOUNT_PHONE, String::as_str)
    }

    fn first_message(&self) -> Vec<String> {
        let body = format!(r#"{{"action":"send","phone":"{CONTACT}","text":"Hello from my CRM"}}"#);
        let url = format!("{}/in/{}", self.local_url, self.inbound_token);
        vec![format!("  curl {}{CONTINUED}", quoted(&url)), format!("    -d '{body}'")]
    }

    fn answer(&self) -> Vec<String> {
        let body = format!(r#"{{"account":"{}","from":"{CONTACT}","text":"Hi, CRM"}}"#, self.account());
        let url = format!("{}/sim/v1/receive", self.phones_url);
        vec![format!("  curl {}{CONTINUED}", quoted(&url)), format!("    -d '{body}'")]
    }

    /// Returns the commands that show what was reported.
    fn looks(&self) -> Vec<String> {
        if !matches!(self.reports, Reports::ToEcho(_)) {
            return Vec::new();
        }
        let is_gathered = self.aggregation != Aggregation::None && self.api_key_file.is_some();
        let mut lines = if is_gathered { self.command(&["outbound", "flush"]) } else { Vec::new() };
        lines.push(format!("  curl {}", quoted(&format!("{}/sim/v1/echo/demo/requests", self.local_url))));
        lines
    }

    fn receiver(&self) -> Vec<String> {
        let instead = if self.reports == Reports::Nowhere { [].as_slice() } else { &["--instead"] };
        self.command(&[&["listen"], instead].concat())
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
}
