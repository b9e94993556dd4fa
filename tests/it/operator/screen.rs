//! Terminal output: lines of at most 80 columns, no colours where the terminal has none, and no control characters
//! from other people's texts. Debian's `script` plays the terminal.

use std::path::Path;

use serde_json::json;

use super::can;
use crate::harness::process::{Environment, Finished, free_port, run_under};
use crate::harness::{Process, SOON, Server, Setup, wait_until};

const COLUMNS: usize = 80;
/// Runs the command after it on a terminal of 80 columns.
const TERMINAL: &str = "stty cols 80 rows 24 && exec \"$@\"";

fn has_terminals() -> bool {
    can("a terminal", "script", &["-qec", "true", "/dev/null"])
}

/// The command that opens the terminal; the harness appends `tidings` and its arguments.
fn terminal() -> Vec<&'static str> {
    let quoted = "script -qefc \"sh -c '$T' sh $*\" /dev/null </dev/null";
    vec!["sh", "-c", quoted, "sh"]
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    let all = [&[("T", TERMINAL), ("SHELL", "/bin/sh")], variables].concat();
    all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn on_a_terminal(line: &str, variables: &[(&str, &str)], dir: &Path) -> Finished {
    let finished = run_under(&terminal(), &line.split(' ').collect::<Vec<_>>(), &environment(variables), dir);
    // The terminal's echo of its own end of input.
    Finished { stdout: finished.stdout.replace("^D\u{8}\u{8}", ""), ..finished }
}

/// The text as a screen shows it: without colour codes and carriage returns.
fn shown(text: &str) -> String {
    let mut out = String::new();
    let mut is_colour = false;
    for c in text.replace('\r', "").chars() {
        match c {
            '\u{1b}' => is_colour = true,
            _ if !is_colour => out.push(c),
            'm' => is_colour = false,
            _ => {}
        }
    }
    out
}

fn too_long(text: &str) -> Vec<String> {
    shown(text).lines().filter(|line| line.chars().count() > COLUMNS).map(str::to_owned).collect()
}

/// Returns the characters that control a terminal or change the writing direction, except line ends.
fn steering(text: &str) -> Vec<char> {
    let turns = |c: &char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| (c.is_control() && !matches!(c, '\n' | '\r')) || turns(c)).collect()
}

/// Editors and job runners often show no colours, and windows have the usual width.
#[test]
fn the_demo_and_the_help_fit_and_are_plain_where_the_terminal_can_show_no_colours() {
    if !has_terminals() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (variables, coloured) in [
        (&[("TERM", "xterm")][..], true),
        (&[("TERM", "dumb")][..], false),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")][..], false),
    ] {
        let _ = std::fs::remove_file(dir.path().join("output.txt"));
        let listen = format!("127.0.0.1:{}", free_port());
        let args = ["demo", "--listen", &listen, "--data-dir", "data", "--reset"];
        let demo = Process::start_under(&terminal(), &args, &environment(variables), dir.path());
        let said = wait_until("the demo tells of itself", SOON, || {
            Some(demo.output()).filter(|output| output.contains("for machines"))
        });
        let banner = &said[said.find("WhatsApp messaging gateway").unwrap()..];
        let (banner, _) = banner.split_once("for machines").unwrap();
        assert_eq!(too_long(banner), [""; 0], "{variables:?}");
        assert_eq!(banner.contains('\u{1b}'), coloured, "{variables:?}: {banner}");
        stop(&demo);
        for line in ["--help", "events ls --help", "outbound set --help", "listen --help", "bench --help"] {
            let help = on_a_terminal(line, variables, dir.path());
            assert_eq!((help.code, too_long(&help.stdout)), (Some(0), vec![]), "{line}");
            assert_eq!(help.stdout.contains('\u{1b}'), coloured, "{line}");
        }
    }
}

/// Stops the program behind the terminal, because `script` itself passes no signal on.
fn stop(terminal: &Process) {
    let children = format!("/proc/{0}/task/{0}/children", terminal.pid());
    let mut left = vec![children];
    let mut found = Vec::new();
    while let Some(path) = left.pop() {
        for pid in std::fs::read_to_string(path).unwrap_or_default().split_whitespace() {
            left.push(format!("/proc/{pid}/task/{pid}/children"));
            found.push(pid.to_owned());
        }
    }
    let last = found.last().expect("the program behind the terminal");
    let told = std::process::Command::new("kill").args(["-TERM", last]).status().unwrap();
    assert!(told.success());
    wait_until("the demo has stopped", SOON, || terminal.output().contains("Stopped.").then_some(()));
}

/// Commands that show what others wrote.
const LOOKS: [&str; 10] = [
    "events ls --limit 500",
    "--json events ls --limit 500",
    "events tail",
    "state workspace/1001",
    "state chat/100100000001",
    "events show 12",
    "inbound attempts",
    "--json inbound attempts",
    "inbound log",
    "inbound log --format txt",
];

/// A contact's name can control the reader's terminal, with a single C1 byte or with right-to-left marks.
#[test]
fn nothing_that_others_wrote_steers_a_terminal() {
    if !has_terminals() {
        return;
    }
    let hostile = "a\u{9b}31m\u{202e}b\u{85}\u{2066}c\u{1b}[2J";
    let mut server = Server::start();
    let workspace = server.workspace();
    server.simulator().hear(
        "receive",
        &json!({
            "account": crate::harness::ACCOUNT_PHONE, "from": "+12025550101", "name": hostile, "text": hostile,
        }),
    );
    workspace.post(&json!({"action": "send", "phone": hostile, "text": hostile, hostile: 1}));
    let data = server.data_dir();
    let look = |server: &Server, name: &str| {
        let url = format!("http://127.0.0.1:{}", server.port);
        let key = [
            ("TIDINGS_ADMIN_KEY", crate::harness::ADMIN_KEY),
            ("TIDINGS_API_KEY", &*workspace.api_key),
            ("NO_COLOR", "1"),
        ];
        for line in LOOKS {
            let asks_gateway = line.contains("inbound");
            if asks_gateway && name == "offline" {
                continue;
            }
            let place =
                if name == "offline" { format!("--data-dir {}", data.display()) } else { format!("--url {url}") };
            let finished = on_a_terminal(&format!("{line} {place}"), &key, server.dir());
            assert_eq!(finished.code, Some(0), "{line}: {finished:?}");
            assert_eq!(steering(&finished.stdout), Vec::<char>::new(), "{line}: {finished:?}");
        }
    };
    wait_until("it is received", SOON, || (workspace.chats().len() > 1).then_some(()));
    look(&server, "online");
    let whole = server.command(&["--json", "events", "ls", "--limit", "500"]);
    let texts: Vec<serde_json::Value> = whole.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(texts.iter().any(|row| row.to_string().contains("\u{9b}31m")), "machines read all of it: {whole:?}");
    assert_eq!(server.sigterm(), Some(0));
    look(&server, "offline");
}

/// A sender's proxy may add a key as a header, and the URL of the referring page may contain one.
#[test]
fn keys_in_headers_and_addresses_are_hidden_in_the_attempts() {
    let server = Setup::new().start();
    let workspace = server.workspace();
    let secret = "s3cretS3cretS3cret";
    let body = json!({"action": "send", "phone": "+12025550101", "text": "hi"});
    let mut request = crate::harness::Request::post(workspace.inbound.clone()).json(&body);
    for (name, value) in [
        ("Referer", format!("https://crm.example/hooks?token={secret}")),
        ("X-Functions-Key", secret.to_owned()),
        ("Ocp-Apim-Subscription-Key", secret.to_owned()),
        ("X-Crm-Token", secret.to_owned()),
        ("X-Crm-Secret", secret.to_owned()),
        ("Cookie", format!("session={secret}")),
        ("Authorization", format!("Bearer {secret}")),
        ("X-Original-URL", format!("/hooks?key={secret}")),
        ("Idempotency-Key", "order-17".to_owned()),
    ] {
        request = request.header(name, &value);
    }
    server.http().ask(&request).success();
    let attempts = workspace.ask(&workspace.api("GET", "/inbound/attempts")).text();
    assert!(attempts.contains("order-17") && attempts.contains("https://crm.example/hooks?token=***"), "{attempts}");
    assert!(!attempts.contains(secret), "{attempts}");
    assert!(!server.process().output().contains(secret));
}

/// `</dev/null` says nothing: no is the answer of whoever does not say yes.
#[test]
fn an_erasure_at_a_terminal_shows_what_it_would_erase_and_asks() {
    if !has_terminals() {
        return;
    }
    let server = Server::start();
    let workspace = server.workspace();
    workspace.post(&json!({"action": "send", "phone": "+12025550101", "text": "hi"})).success();
    let chat = workspace.chats()[0]["chat_id"].as_str().unwrap().to_owned();
    let key = [("TIDINGS_API_KEY", &*workspace.api_key)];
    let erase = |more: &str| {
        let line = format!("chat erase {chat} --url http://127.0.0.1:{}{more}", server.port);
        on_a_terminal(&line, &key, server.dir())
    };
    let asked = erase("");
    assert_eq!(asked.code, Some(2), "{asked:?}");
    for said in ["+12025550101", "Messages that would fail", "Type yes to erase this chat", "nothing was erased"] {
        assert!(asked.stdout.contains(said), "{said}: {asked:?}");
    }
    assert_eq!(workspace.chats()[0]["erased_at"], json!(null));
    let told = erase(" --yes");
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.stdout.contains("erased") && !told.stdout.contains("Type yes"), "{told:?}");
}
