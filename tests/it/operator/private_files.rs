//! Keys, texts and phone numbers on the disk are readable only by their owner, whatever the umask is and whoever made
//! the folder. An error about another user's file names that file and the way out.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::{can, walk};
use crate::harness::process::{Environment, free_port, run, run_under};
use crate::harness::{ADMIN_KEY, Process, Request, SOON, wait_until};

const OPEN: &[&str] = &["sh", "-c", "umask 000; exec \"$0\" \"$@\""];
/// Debian's user nobody.
const SOMEBODY: &[&str] = &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

fn ready(args: &[&str], dir: &Path, port: u16) -> Process {
    let environment = vec![("TIDINGS_SIMULATOR__ENABLED".to_owned(), "true".to_owned())];
    let process = Process::start_under(OPEN, args, &environment, dir);
    let http = crate::harness::Http::new(port);
    wait_until("it is ready", SOON, || http.send(&Request::get("/readyz")).ok().filter(|a| a.status == 200));
    process
}

fn open_folder(dir: &Path) {
    fs::set_permissions(dir, Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(dir.join("data")).unwrap();
    fs::set_permissions(dir.join("data"), Permissions::from_mode(0o755)).unwrap();
}

/// Returns every file and folder that other users may access, with its mode.
fn open_to_others(folder: &Path) -> Vec<String> {
    let modes = walk(folder).into_iter().map(|path| (fs::metadata(&path).unwrap().mode() & 0o7777, path));
    modes.filter(|(mode, _)| mode & 0o077 != 0).map(|(mode, path)| format!("{mode:04o} {}", path.display())).collect()
}

/// Packages, containers and `mkdir` create the folder before the gateway starts, and services run with all kinds of
/// umasks.
#[test]
fn nobody_else_reads_a_data_directory_that_was_open_and_a_umask_that_lets_everybody_in() {
    let dir = tempfile::tempdir().unwrap();
    open_folder(dir.path());
    for command in ["serve", "demo"] {
        let directory = dir.path().join("data");
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let mut process = ready(&[command, "--listen", &listen, "--data-dir", "data"], dir.path(), port);
        assert_eq!(open_to_others(&directory), [""; 0], "{command}");
        assert!(process.output().contains("was open to other users"), "{}", process.output());
        assert_eq!(process.sigterm(), Some(0));
        assert_eq!(open_to_others(&directory), [""; 0], "{command}, stopped");
        fs::remove_dir_all(&directory).unwrap();
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
    }
}

/// Files that an earlier version left open.
#[test]
fn files_that_were_open_to_others_are_closed_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    open_folder(dir.path());
    let (port, directory) = (free_port(), dir.path().join("data"));
    let listen = format!("127.0.0.1:{port}");
    let args = ["serve", "--listen", &listen, "--data-dir", "data"];
    assert_eq!(ready(&args, dir.path(), port).sigterm(), Some(0));
    for path in walk(&directory) {
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    if can("being somebody else", "setpriv", &[&SOMEBODY[1..], &["true"]].concat()) {
        assert!(reads_something(&directory), "the test itself reads nothing");
    }
    let _process = ready(&args, dir.path(), port);
    assert_eq!(open_to_others(&directory), [""; 0]);
    if can("being somebody else", "setpriv", &[&SOMEBODY[1..], &["true"]].concat()) {
        assert!(!reads_something(&directory));
    }
}

/// True if the user nobody can read any file below a folder.
fn reads_something(folder: &Path) -> bool {
    walk(folder).iter().filter(|path| path.is_file()).any(|path| {
        let path = path.to_str().unwrap();
        let read = std::process::Command::new("setpriv").args(&SOMEBODY[1..]).args(["cat", path]).output();
        read.unwrap().status.success()
    })
}

#[test]
fn a_configuration_that_may_hold_keys_is_written_for_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let written = run_under(OPEN, &["config", "init", "my.toml"], &Environment::new(), dir.path());
    assert_eq!(written.code, Some(0), "{written:?}");
    assert_eq!(fs::metadata(dir.path().join("my.toml")).unwrap().mode() & 0o777, 0o600);
    let pages = run_under(
        &["sh", "-c", "umask 022; exec \"$0\" \"$@\""],
        &["man", "--dir", "man"],
        &Environment::new(),
        dir.path(),
    );
    assert_eq!(pages.code, Some(0), "{pages:?}");
    assert_eq!(fs::metadata(dir.path().join("man/tidings.1")).unwrap().mode() & 0o777, 0o644);
}

/// A folder with others in it: of root alone (`roots`), for everybody (`mine`), with a closed log (`closed`), and files of
/// root's.
fn folders_of_root() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let set = |name: &str, mode| fs::set_permissions(dir.path().join(name), Permissions::from_mode(mode)).unwrap();
    set("", 0o777);
    for (name, mode) in [("mine", 0o777), ("roots", 0o700), ("closed", 0o777), ("closed/log", 0o777)] {
        fs::create_dir(dir.path().join(name)).unwrap();
        set(name, mode);
    }
    for name in ["closed/log/db", "prod.toml", "password"] {
        fs::write(dir.path().join(name), "").unwrap();
        set(name, 0o600);
    }
    dir
}

/// A data directory, configuration, password or key may belong to another user: after one start as root, a restore by
/// root, or a mount from outside.
#[test]
fn what_belongs_to_somebody_else_is_named_with_its_owner_and_the_way_out() {
    if !can("being somebody else", "setpriv", &[&SOMEBODY[1..], &["true"]].concat()) {
        return;
    }
    let dir = folders_of_root();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (root, mine) = (at("roots"), at("mine"));
    let listen = format!("127.0.0.1:{}", free_port());
    let serve = |args: &[&str], more: &[(&str, &str)]| {
        let environment: Environment =
            more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        run_under(SOMEBODY, &[&["serve", "--listen", &listen], args].concat(), &environment, dir.path())
    };
    let mail = [
        ("TIDINGS_SMTP__HOST", "mail.example"),
        ("TIDINGS_SMTP__USER", "ann"),
        ("TIDINGS_SMTP__PASSWORD_FILE", &*at("password")),
    ];
    let closed = at("closed");
    for (finished, path, mode) in [
        (serve(&["--data-dir", &root], &[]), root.clone(), "0700"),
        (serve(&["--data-dir", &format!("{root}/below")], &[]), root, "0700"),
        (serve(&["--data-dir", &closed], &[]), at("closed/log/db"), "0600"),
        (serve(&["--data-dir", &mine, "--config", &at("prod.toml")], &[]), at("prod.toml"), "0600"),
        (serve(&["--data-dir", &mine], &mail), at("password"), "0600"),
        (
            run_under(SOMEBODY, &["events", "ls", "--data-dir", &closed], &Environment::new(), dir.path()),
            at("closed/log/db"),
            "0600",
        ),
    ] {
        let wanted =
            format!("{path} belongs to root (uid 0) with mode {mode}, and this process runs as nobody (uid 65534)");
        assert!(finished.stderr.contains(&wanted), "{wanted}\n{finished:?}");
        assert!(finished.stderr.contains(&format!("`chown -R nobody {path}`")), "{finished:?}");
        assert!(matches!(finished.code, Some(1 | 2)), "{finished:?}");
    }
    let environment = vec![("TIDINGS_ADMIN_KEY".to_owned(), ADMIN_KEY.to_owned())];
    let checked = run(&["config", "check"], &environment, dir.path());
    assert_eq!(checked.code, Some(0), "{checked:?}");
}
