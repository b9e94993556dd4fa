//! The files and features for operators: the example configuration, the systemd unit, the container's health check,
//! the signals.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::harness::client::message;
use crate::harness::process::{Environment, free_port, run};
use crate::harness::{Request, SOON, Server, Setup};

const DEFAULTS: &str = include_str!("../../config/tidings.toml");
const UNIT: &str = include_str!("../../config/tidings.service");
const PRODUCTION: &str = include_str!("../../config/production.toml");
const DOCKERFILE: &str = include_str!("../../config/Dockerfile");

/// Numbers that have no unit.
const WITHOUT_UNIT: &[&str] = &["port"];

#[test]
fn the_example_for_production_is_valid() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/production.toml");
    let dir = tempfile::tempdir().unwrap();
    let checked = run(&["config", "check", file.to_str().unwrap()], &Environment::new(), dir.path());
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

#[test]
fn the_lines_that_the_example_for_production_leaves_out_are_valid_too() {
    let is_setting = |line: &str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| is_key(key));
    let spoken = |line: &'static str| line.strip_prefix("# ").filter(|bare| is_setting(bare)).unwrap_or(line);
    let all: Vec<&str> = PRODUCTION.lines().map(spoken).collect();
    assert!(all.len() == PRODUCTION.lines().count() && all.contains(&"[pacing]"), "{all:#?}");

    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("all.toml"), all.join("\n")).unwrap();
    let checked = run(&["config", "check", "all.toml"], &Environment::new(), dir.path());
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

#[test]
fn every_key_is_documented_with_its_unit_range_and_default() {
    let mut comment = String::new();
    let mut keys = 0;
    let mut lacking = Vec::new();
    for line in DEFAULTS.lines() {
        match (line.strip_prefix('#'), line.split_once(" = ")) {
            (Some(words), _) => comment = format!("{comment} {}", words.trim()),
            (None, Some((key, value))) => {
                keys += 1;
                lacking.extend(lacks(key, value, &comment).map(|what| format!("{key}: {what}")));
                comment.clear();
            }
            (None, None) => comment.clear(),
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
    assert!(keys >= 28, "only {keys} keys were found");
}

/// Returns what is missing in a key's comment.
fn lacks(key: &str, value: &str, comment: &str) -> impl Iterator<Item = String> {
    let is_number = value.trim_start_matches('[').starts_with(|c: char| c.is_ascii_digit());
    let is_counted = is_number && !WITHOUT_UNIT.contains(&key);
    let wanted = [
        (true, vec![format!("Default: {value}.")]),
        (is_counted, vec!["Unit: ".to_owned()]),
        (is_number, vec!["Range: ".to_owned(), "Each: ".to_owned()]),
    ];
    let missing =
        wanted.into_iter().filter(|(applies, said)| *applies && !said.iter().any(|words| comment.contains(words)));
    missing.map(|(_, said)| said.join(" or ")).collect::<Vec<_>>().into_iter()
}

#[test]
fn a_key_that_does_not_say_enough_is_found() {
    let lacking = |key, value, comment| lacks(key, value, comment).collect::<Vec<_>>();
    assert_eq!(lacking("a_ms", "5", " A gap. Unit: ms. Range: 1 to 9. Default: 5."), [""; 0]);
    assert_eq!(lacking("a_ms", "5", " A gap. Default: 4."), ["Default: 5.", "Unit: ", "Range:  or Each: "]);
    assert_eq!(lacking("port", "5", " A port. Range: 1 to 9. Default: 5."), [""; 0]);
    assert_eq!(lacking("name", "\"\"", " A name."), ["Default: \"\"."]);
}

#[test]
fn the_unit_the_example_and_their_folders_agree() {
    let setting = |name: &str| UNIT.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap();
    assert!(PRODUCTION.contains(&format!("data_dir = \"/var/lib/{}\"", setting("StateDirectory"))));
    assert_eq!(setting("WorkingDirectory"), format!("/var/lib/{}", setting("StateDirectory")));
    let (_, file) = setting("ExecStart").split_once("--config ").unwrap();
    assert!(PRODUCTION.contains(&format!("config check {file}")), "{file}");
}

#[test]
fn systemd_takes_the_unit() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        println!("not run: there is no systemd-analyze on this machine");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let unit = dir.path().join("tidings.service");
    std::fs::write(&unit, UNIT.replace("/usr/local/bin/tidings", env!("CARGO_BIN_EXE_tidings"))).unwrap();
    let verified = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&unit).output().unwrap();
    let said = String::from_utf8_lossy(&verified.stderr);
    // Warnings about the machine's own units do not matter here.
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("tidings")).collect();
    assert!(verified.status.success() && ours.is_empty(), "{said}");
}

/// Starts a gateway that notifies its service manager, and waits until it is ready.
fn managed() -> (Server, UnixDatagram, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    let server = Setup::new().set("NOTIFY_SOCKET", path.to_str().unwrap()).start();
    assert_eq!(received(&socket), "READY=1");
    (server, socket, dir)
}

#[test]
fn the_service_manager_learns_when_the_gateway_is_ready_and_when_it_stops() {
    let (mut server, socket, _dir) = managed();
    assert_eq!(server.sigterm(), Some(0));
    assert_eq!(received(&socket), "STOPPING=1");
}

/// Sends the head of a request to this URL, so that its handler waits for the body. Returns the connection and a
/// reader of the answer.
fn under_way(server: &Server, inbound: &str, body: &str) -> (TcpStream, BufReader<TcpStream>) {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let head = format!("POST {inbound} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n");
    write!(stream, "{head}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len()).unwrap();
    let mut answer = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    answer.read_line(&mut line).unwrap();
    assert!(line.contains("100 Continue"), "{line}");
    (stream, answer)
}

#[test]
fn a_gateway_that_stops_says_that_it_is_not_ready_and_ends_what_is_under_way() {
    let (mut server, socket, _dir) = managed();
    let workspace = server.workspace();
    let body = message("+12025550101", "the last one").to_string();
    let (mut stream, mut answer) = under_way(&server, &workspace.inbound, &body);

    server.process().tell_to_stop();

    assert_eq!(received(&socket), "STOPPING=1");
    let unready = server.http().ask(&Request::get("/readyz"));
    assert_eq!((unready.status, &unready.json()["status"]), (503, &serde_json::json!("not_ready")));
    stream.write_all(body.as_bytes()).unwrap();
    let mut rest = String::new();
    answer.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("200 OK") && rest.contains("wa_backend:"), "{rest}");
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_second_signal_stops_at_once_whatever_is_under_way() {
    let (mut server, socket, _dir) = managed();
    let workspace = server.workspace();
    let _held = under_way(&server, &workspace.inbound, &message("+12025550101", "never sent").to_string());

    server.process().tell_to_stop();
    assert_eq!(received(&socket), "STOPPING=1");
    server.process().tell_to_stop();

    assert_eq!(server.exit_code(), Some(1));
    let told = server.process().output();
    assert!(told.contains("stopped at once") && !told.contains("Stopped."), "{told}");
}

fn received(socket: &UnixDatagram) -> String {
    let mut bytes = [0; 512];
    let length = socket.recv(&mut bytes).expect("the gateway tells its service manager");
    String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
}

#[test]
fn the_containers_health_check_tells_a_gateway_that_answers_from_one_that_does_not() {
    let server = Server::start();
    assert!(is_healthy(server.port));
    assert!(!is_healthy(free_port()));
}

/// Runs the container's health check against this port; true if it succeeds.
fn is_healthy(port: u16) -> bool {
    let (_, check) = DOCKERFILE.split_once("HEALTHCHECK").unwrap();
    let command = check.lines().find_map(|line| line.trim().strip_prefix("CMD ")).unwrap();
    let words: Vec<String> = serde_json::from_str(command).unwrap();
    let script = words[2].replace("/8080", &format!("/{port}"));
    assert_ne!(script, words[2]);
    assert_eq!(&words[..2], ["bash", "-c"]);
    let limit = Duration::from_secs(10).as_secs().to_string();
    Command::new("timeout").args([&limit, "bash", "-c", &script]).output().unwrap().status.success()
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[test]
fn every_file_for_operators_is_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let guide = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for entry in std::fs::read_dir(&folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(name == "README.md" || guide.contains(&format!("({name})")), "config/README.md does not link {name}");
    }
}
