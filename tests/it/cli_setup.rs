//! Tests the commands that set up a machine: configuration, completions, manual pages, version.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::ADMIN_KEY;
use crate::harness::process::{Environment, Finished, run};

const USAGE: Option<i32> = Some(2);
const DEFAULTS: &str = include_str!("../../config/tidings.toml");

fn tidings(dir: &Path, line: &str, variables: &[(&str, &str)]) -> Finished {
    let environment: Environment =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    run(&line.split(' ').collect::<Vec<_>>(), &environment, dir)
}

fn stdout(finished: &Finished) -> &str {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    &finished.stdout
}

#[test]
fn the_first_configuration_is_the_commented_default_and_is_never_replaced_unasked() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("my.toml");
    stdout(&tidings(dir.path(), "config init my.toml", &[]));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), DEFAULTS);

    std::fs::write(&file, "disk_reserve_mb = 1\n").unwrap();
    let again = tidings(dir.path(), "config init my.toml", &[]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stderr.contains("--force"), "{again:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "disk_reserve_mb = 1\n");

    stdout(&tidings(dir.path(), "config init my.toml --force", &[]));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), DEFAULTS);
}

#[test]
fn every_value_is_shown_with_its_source_and_no_secret() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("my.toml"), "[pacing]\ngap_ms_max = 3000\n").unwrap();
    let variables = [("TIDINGS_ADMIN_KEY", ADMIN_KEY), ("TIDINGS_PACING__GAP_MS_MIN", "2000")];
    let shown = tidings(dir.path(), "--config my.toml --data-dir there --json config show", &variables);

    let rows: Vec<Value> = stdout(&shown).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let row = |key: &str| rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("no {key}: {rows:?}"));
    let told = |key: &str| (row(key)["value"].to_string(), row(key)["from"].as_str().unwrap().to_owned());
    assert_eq!(told("pacing.gap_ms_max"), ("3000".to_owned(), "file".to_owned()));
    assert_eq!(told("pacing.gap_ms_min"), ("2000".to_owned(), "environment".to_owned()));
    assert_eq!(told("data_dir"), ("\"there\"".to_owned(), "flag".to_owned()));
    assert_eq!(told("listen"), ("\"127.0.0.1:8080\"".to_owned(), "default".to_owned()));
    assert_eq!(told("admin_key"), ("\"[hidden]\"".to_owned(), "environment".to_owned()));
    let for_people = tidings(dir.path(), "--config my.toml config show", &variables);
    let line = stdout(&for_people).lines().find(|line| line.starts_with("pacing.gap_ms_max")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["pacing.gap_ms_max", "3000", "file", "my.toml"]);
    assert!(!shown.stdout.contains(ADMIN_KEY) && !for_people.stdout.contains(ADMIN_KEY));
}

#[test]
fn a_configuration_is_checked_without_starting_anything() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("good.toml"), "disk_reserve_mb = 1\n").unwrap();
    std::fs::write(dir.path().join("bad.toml"), "[pacing]\ngap_ms_min = 3000\n").unwrap();

    assert!(stdout(&tidings(dir.path(), "config check good.toml", &[])).starts_with("good.toml: ok, 1 key"));
    for line in ["config check bad.toml", "--config bad.toml config check"] {
        let bad = tidings(dir.path(), line, &[]);
        assert_eq!(bad.code, USAGE, "{bad:?}");
        assert!(bad.stderr.contains("pacing.gap_ms_min") && bad.stderr.contains("bad.toml"), "{bad:?}");
    }
    assert_eq!(tidings(dir.path(), "config check missing.toml", &[]).code, USAGE);
    assert!(!dir.path().join("data").exists());
}

#[test]
fn files_that_a_configuration_names_and_that_are_of_no_use_here_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let named = format!(
        "[tls]\nextra_ca_file = \"{0}/ca.pem\"\n[smtp]\nhost = \"mail.example\"\nuser = \"x\"\npassword_file = \"{0}/no\"\n",
        dir.path().display()
    );
    std::fs::write(dir.path().join("named.toml"), named).unwrap();
    std::fs::write(dir.path().join("ca.pem"), "none").unwrap();
    let told = tidings(dir.path(), "config check named.toml", &[]);
    assert!(stdout(&told).starts_with("named.toml: ok"), "{told:?}");
    for why in ["ca.pem: it holds no certificate in PEM", "/no cannot be read: No such file"] {
        assert!(told.stderr.contains("warning: serve would not start here: ") && told.stderr.contains(why), "{told:?}");
    }
    let told = tidings(dir.path(), "config check named.toml --json", &[]);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["warnings"].as_array().map(Vec::len), Some(2), "{told}");
}

#[test]
fn variables_of_the_command_line_are_no_unknown_keys() {
    let dir = tempfile::tempdir().unwrap();
    stdout(&tidings(dir.path(), "config check", &[("TIDINGS_WEBHOOK_SECRET", "whsec_AAAA"), ("TIDINGS_URL", "x")]));
    let unknown = tidings(dir.path(), "config check", &[("TIDINGS_WEBHOOK_SECRETS", "x")]);
    assert_eq!(unknown.code, USAGE, "{unknown:?}");
}

#[test]
fn machines_are_told_of_a_wrong_argument_in_json() {
    let dir = tempfile::tempdir().unwrap();
    for line in ["--json --bogus", "events ls --limit 0 --json", "send --json --to +12025550101"] {
        let finished = tidings(dir.path(), line, &[]);
        let error: Value = serde_json::from_str(&finished.stderr).unwrap();
        assert_eq!((finished.code, &error["error"]["code"]), (USAGE, &Value::from("usage")), "{line} {error}");
        assert!(!error["error"]["message"].as_str().unwrap().is_empty(), "{error}");
    }
}

#[test]
fn every_shell_gets_completions_that_know_the_commands() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = tidings(dir.path(), &format!("completions {shell}"), &[]);
        for command in ["workspace", "inbound", "completions"] {
            assert!(stdout(&script).contains(command), "{shell}: {command}");
        }
    }
    assert_eq!(tidings(dir.path(), "completions tcsh", &[]).code, USAGE);
}

#[test]
fn bash_takes_its_completions() {
    let dir = tempfile::tempdir().unwrap();
    let script = tidings(dir.path(), "completions bash", &[]);
    std::fs::write(dir.path().join("tidings.bash"), stdout(&script)).unwrap();
    let asked = ". ./tidings.bash; COMP_WORDS=(tidings inbound ro); COMP_CWORD=2; _tidings tidings ro inbound; \
                 echo ${COMPREPLY[@]}";
    let answer = Command::new("bash").args(["--norc", "-c", asked]).current_dir(dir.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.stdout).trim(), "rotate", "{answer:?}");
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let dir = tempfile::tempdir().unwrap();
    let page = tidings(dir.path(), "man", &[]);
    assert!(stdout(&page).contains(".TH tidings 1"), "{page:?}");

    stdout(&tidings(dir.path(), "man --dir pages", &[]));
    for name in ["tidings.1", "tidings-serve.1", "tidings-workspace-create.1", "tidings-events-tail.1"] {
        let page = std::fs::read_to_string(dir.path().join("pages").join(name));
        assert!(page.is_ok_and(|page| page.contains(".SH SYNOPSIS")), "{name}");
    }
}

#[test]
fn machines_learn_the_version_too() {
    let dir = tempfile::tempdir().unwrap();
    let told: Value = serde_json::from_str(stdout(&tidings(dir.path(), "version --json", &[]))).unwrap();
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
}
