//! Tests what the demo prints: lines to copy that work as they stand, at every start, and a line for what happens.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::harness::client::message;
use crate::harness::process::{BINARY, Environment, Finished, free_port, run};
use crate::harness::{Http, Process, Request, SOON, wait_until};

const PHONE: &str = "+12025550101";
const CUSTOMERS_ACCOUNT: &str = "+12025550110";

/// A running demo.
struct Demo<'a> {
    process: Process,
    port: u16,
    dir: &'a Path,
    flags: &'a [&'a str],
}

impl<'a> Demo<'a> {
    /// Starts it in this folder, and waits until its first screen is there.
    fn start(dir: &'a Path, flags: &'a [&'a str]) -> Self {
        let _ = std::fs::remove_file(dir.join("output.txt"));
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let args = [&["demo", "--listen", &listen], flags].concat();
        let process = Process::start(&args, &Environment::new(), dir);
        wait_until("the first screen is printed", SOON, || process.output().contains("Ctrl-C stops").then_some(()));
        Self { process, port, dir, flags }
    }

    fn screen(&self) -> String {
        self.process.output().split("Ctrl-C stops").next().unwrap().to_owned()
    }

    /// Returns the commands on the first screen; one may take several lines.
    fn commands(&self) -> Vec<String> {
        let (mut commands, mut begun) = (Vec::new(), String::new());
        for line in self.screen().lines() {
            if !begun.is_empty() || line.starts_with("  curl ") || line.starts_with(&format!("  {BINARY} ")) {
                begun.extend([line, "\n"]);
                if !line.ends_with('\\') {
                    commands.push(std::mem::take(&mut begun));
                }
            }
        }
        commands
    }

    /// Runs a command of this program beside it.
    fn command(&self, line: &str) -> Finished {
        let words: Vec<&str> = line.split(' ').chain(self.flags.iter().copied()).collect();
        let finished = run(&words, &Environment::new(), self.dir);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        finished
    }

    /// Waits for a line with all of these words, and returns it.
    fn tells(&self, words: &[&str]) -> String {
        wait_until(&format!("{words:?} is told"), SOON, || {
            let output = self.process.output();
            output.lines().find(|line| words.iter().all(|word| line.contains(word))).map(str::to_owned)
        })
    }
}

fn shell(line: &str, dir: &Path) -> Command {
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", line]).current_dir(dir);
    for (key, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("TIDINGS_")) {
        command.env_remove(key);
    }
    command
}

fn pasted(line: &str, dir: &Path) -> String {
    let Output { status, stdout, stderr } = shell(line, dir).output().unwrap();
    let told = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{line}: {told}{}", String::from_utf8_lossy(&stderr));
    told
}

#[test]
fn the_lines_to_copy_work_as_printed_at_the_first_start_and_later_in_any_folder() {
    let dir = tempfile::tempdir().unwrap();
    for flags in [[].as_slice(), &["--data-dir", "my data"]] {
        for start in ["first", "second"] {
            let demo = Demo::start(dir.path(), flags);
            let commands = demo.commands();
            let [send, answer, requests, listen] = commands.as_slice() else { panic!("{start}: {commands:?}") };
            assert!(pasted(send, dir.path()).contains(r#""status":"success""#), "{start}");
            demo.tells(&["  sent ", "+14151231234"]);
            assert!(pasted(answer, dir.path()).contains("message_id"), "{start}");
            wait_until("both are reported", SOON, || {
                let kept = pasted(requests, dir.path());
                (kept.contains("Hello from my CRM") && kept.contains("Hi, CRM")).then_some(())
            });
            let output = dir.path().join("listen.txt");
            let mut listener = shell(&format!("exec {}", listen.trim()), dir.path())
                .stdout(std::fs::File::create(&output).unwrap())
                .stderr(std::fs::File::create(dir.path().join("words.txt")).unwrap())
                .spawn()
                .unwrap();
            let words = || std::fs::read_to_string(dir.path().join("words.txt")).unwrap_or_default();
            wait_until("it listens", SOON, || words().contains("Receiving new reports in place of").then_some(()));
            pasted(answer, dir.path());
            wait_until("it receives", SOON, || {
                std::fs::read_to_string(&output).unwrap_or_default().contains("  200  valid ").then_some(())
            });
            listener.kill().unwrap();
            listener.wait().unwrap();
        }
    }
}

#[test]
fn the_first_screen_is_true_of_a_later_start() {
    let dir = tempfile::tempdir().unwrap();
    let flags = ["--data-dir", "data"];
    let demo = Demo::start(dir.path(), &flags);
    assert!(demo.screen().contains("WhatsApp      simulator: account +12025550100;"), "{}", demo.screen());
    demo.command("outbound disable");
    demo.command("inbound disable");
    drop(demo);
    let demo = Demo::start(dir.path(), &flags);
    let screen = demo.screen();
    for words in ["Reports       wait: the webhook is switched off", "Secret URL    refuses every message"] {
        assert!(screen.contains(words), "{screen}");
    }
    assert!(!screen.contains("/echo/demo"), "{screen}");
    for (command, way_out) in demo.commands().iter().zip(["inbound enable", "outbound enable"]) {
        assert!(command.contains(way_out), "{screen}");
        pasted(command, dir.path());
    }
    demo.command("account pause +12025550100");
    drop(demo);
    let demo = Demo::start(dir.path(), &flags);
    assert!(demo.screen().contains("account +12025550100 is paused"), "{}", demo.screen());
    for command in &demo.commands()[..2] {
        pasted(command, dir.path());
    }
    demo.tells(&["  sent ", "+14151231234"]);
    demo.command("outbound set --to http://127.0.0.1:8089/hook");
    demo.command("account disconnect +12025550100");
    drop(demo);
    let screen = Demo::start(dir.path(), &flags).screen();
    for words in [
        "Reports       go to http://127.0.0.1:8089/hook, signed",
        "account +12025550100 is disconnected;",
        "account connect",
    ] {
        assert!(screen.contains(words), "{screen}");
    }
}

#[test]
fn each_line_names_its_account_and_once_there_are_several_its_workspace() {
    let dir = tempfile::tempdir().unwrap();
    let demo = Demo::start(dir.path(), &["--data-dir", "data"]);
    let http = Http::new(demo.port);
    let own = demo.commands()[0].split_whitespace().find(|word| word.contains("/in/")).unwrap().to_owned();
    let (_, own) = own.split_once("/in/").unwrap();
    http.ask(&Request::post(format!("/in/{own}")).json(&message(PHONE, "alone"))).message_id();
    let line = demo.tells(&["  sent ", PHONE]);
    assert!(line.contains("  via +12025550100") && !line.contains("Demo workspace"), "{line}");
    demo.tells(&["  out ", PHONE, "via +12025550100", "1 message reported"]);

    let created =
        demo.command("workspace create --name Acme --owner-name Ada --owner-email ada@acme.example --credits 9 --json");
    demo.tells(&["  workspace ", "  Acme", "Acme created"]);
    let created: Value = serde_json::from_str(&created.stdout).unwrap();
    let [key, url] = ["api_key", "inbound_url"].map(|field| created[field].as_str().unwrap());
    let (_, path) = url.split_once("/in/").unwrap();
    let path = format!("/in/{path}");
    demo.command(&format!(
        "account connect --phone {CUSTOMERS_ACCOUNT} --full-name Acme --email ada@acme.example --api-key {key}"
    ));
    demo.tells(&["  account ", CUSTOMERS_ACCOUNT, "  Acme", "connected"]);
    http.ask(&Request::post(&*path).json(&message(PHONE, "theirs"))).message_id();
    demo.tells(&["  sent ", PHONE, &format!("via {CUSTOMERS_ACCOUNT}"), "  Acme"]);
    http.ask(&Request::post(&*path).json(&json!({"action": "send", "text": "to nobody"})));
    demo.tells(&["  in ", " 400 ", "  Acme"]);
    http.ask(&Request::post(format!("/in/{own}")).json(&json!({"action": "send", "text": "to nobody"})));
    demo.tells(&["  in ", " 400 ", "  Demo workspace"]);
    demo.command(&format!("inbound disable --api-key {key}"));
    demo.tells(&["  workspace ", "  Acme", "its secret URL refuses everything"]);
    demo.command(&format!("inbound rotate --api-key {key}"));
    demo.tells(&["  workspace ", "  Acme", "its secret URL is a new one"]);
    let chat = format!("{}00000001", created["workspace_id"]);
    demo.command(&format!("chat erase {chat} --reason asked --api-key {key}"));
    demo.tells(&["  workspace ", "  Acme", &format!("chat {chat} is erased: asked")]);
}
