//! Damages a closed store at random places: opening it must name the damage or find everything intact, never silently
//! something else.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use events::codec::Opening;
use events::log::{Log, ReadError, StoredNote, StoredRecord};
use events::store::sled_log::{OpenError, SledLog};
use events::verify::verify;
use serde_json::json;
use tempfile::TempDir;

use crate::files::sent::setup;
use crate::harness::client::message;
use crate::harness::process::{Environment, run};
use crate::harness::{ACCOUNT_PHONE, SOON, Server, Workspace, random_below};
use crate::outbound::owner::Owner;
use crate::outbound::receiver::{Receiver, status};

const MESSAGES: usize = 300;
/// The number of stores to damage, unless `TIDINGS_DAMAGE_ROUNDS` sets another.
const ROUNDS: u64 = 240;
/// The number of those that the real program opens too.
const BY_THE_PROGRAM: u64 = 24;
const BLOCK: usize = 512;
/// The number of stores that get random bytes appended to their end.
const TORN: u64 = 12;
const TORN_BYTES_MAX: u64 = 1_000_000;
/// The exit code for a failed integrity check.
const EXIT: Option<i32> = Some(6);

/// The full content of a store.
#[derive(PartialEq)]
struct Content {
    records: Vec<StoredRecord>,
    notes: Vec<StoredNote>,
}

/// A change that was made to a file.
#[derive(Clone, Copy)]
enum Harm {
    Bit(usize, u64),
    Byte(usize, u8),
    Zeroes(usize),
    Cut(usize),
}

/// The result of opening a damaged store.
#[derive(Debug)]
enum Verdict {
    /// The store was refused, or reading it named the damage.
    Named,
    /// Nothing is missing.
    Whole,
    /// All records are there, but some notes, which derive from them, are not.
    RecordsWhole(String),
}

impl Harm {
    fn any(length: usize) -> Self {
        let at = usize::try_from(random_below(length.max(1) as u64)).unwrap();
        match random_below(4) {
            0 => Self::Bit(at, random_below(8)),
            1 => Self::Byte(at, u8::try_from(1 + random_below(255)).unwrap()),
            2 => Self::Zeroes(at / BLOCK * BLOCK),
            _ => Self::Cut(at),
        }
    }

    fn to(self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        match self {
            _ if length == 0 => {}
            Self::Bit(at, bit) => bytes[at] ^= 1 << bit,
            Self::Byte(at, with) => bytes[at] ^= with,
            Self::Zeroes(at) => bytes[at..(at + BLOCK).min(length)].fill(0),
            Self::Cut(at) => bytes.truncate(at),
        }
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bit(at, bit) => write!(f, "bit {bit} of byte {at} turned"),
            Self::Byte(at, with) => write!(f, "byte {at} changed by {with:#04x}"),
            Self::Zeroes(at) => write!(f, "block at {at} zeroed"),
            Self::Cut(at) => write!(f, "cut at {at}"),
        }
    }
}

/// Starts a server and fills its store with every kind of data.
fn at_work() -> Server {
    let receiver = Receiver::start(|_| status(200));
    let server = setup().clock_rate(3_600).start();
    let owner = Owner::of(server.create_workspace("Acme", 100_000));
    let workspace: &Workspace = &owner.workspace;
    workspace.connect_account(ACCOUNT_PHONE);
    owner.set(&json!({"url": receiver.url("/hook")}));
    for nth in 0..MESSAGES {
        let text = format!("hello {nth} {}", "x".repeat(nth * nth % 7_000));
        workspace.post(&message(&format!("+12025551{:03}", nth % 40), &text)).message_id();
        server.simulator().receive(ACCOUNT_PHONE, &format!("+12025551{:03}", nth % 7), "hi");
    }
    let id = workspace.send("+12025550101", "last");
    workspace.wait_for_state(&id, "read", SOON);
    owner.wait_until_told();
    server
}

fn log_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}

/// Copies what a data directory needs to be opened.
fn copy(data_dir: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir_all(copy.path().join("log/blobs")).unwrap();
    for folder in ["", "log", "vault", "secrets"] {
        fs::create_dir_all(copy.path().join(folder)).unwrap();
        for file in log_files(&data_dir.join(folder)) {
            fs::copy(&file, copy.path().join(folder).join(file.file_name().unwrap())).unwrap();
        }
    }
    copy
}

fn content(log: &dyn Log) -> Result<Content, ReadError> {
    let records = log.read(1).collect::<Result<Vec<_>, _>>()?;
    Ok(Content { records, notes: log.notes(b"", b"", usize::MAX)? })
}

fn read_all(folder: &Path) -> Result<Content, OpenError> {
    let log = SledLog::open(folder, 16)?;
    verify(&log, Opening::Shut, |_| ())?;
    Ok(content(&log)?)
}

/// Opens a store and compares its whole content. A panic or a hang fails the test.
fn open(folder: &Path, wanted: &Content) -> Verdict {
    let folder = folder.to_owned();
    let (done, opened) = mpsc::channel();
    thread::spawn(move || done.send(read_all(&folder)));
    let found = opened.recv_timeout(SOON).expect("it is opened or refused soon, without a panic");
    match found {
        Err(_) => Verdict::Named,
        Ok(found) if found == *wanted => Verdict::Whole,
        Ok(found) => {
            assert!(found.records == wanted.records, "{} of {}", found.records.len(), wanted.records.len());
            Verdict::RecordsWhole(format!("{} of {} notes", found.notes.len(), wanted.notes.len()))
        }
    }
}

/// Checks that the real program names the damage, or finds everything intact.
fn is_told_by_the_program(data_dir: &Path, harm: &str) {
    let said = run(&["events", "verify", "--data-dir", data_dir.to_str().unwrap()], &Environment::new(), data_dir);
    assert!(!said.stderr.contains("panicked"), "{harm}: {said:?}");
    let is_named = said.stderr.contains("is damaged: ") || said.stderr.contains("the log cannot be opened");
    assert!(said.code == Some(0) || (said.code == EXIT && is_named), "{harm}: {said:?}");
}

/// Damages copies of a store, one change per copy. Returns how many were named and how many harmless, and describes
/// those that lack notes.
fn harm(data_dir: &Path, rounds: u64) -> (u64, u64, Vec<String>) {
    let sound = copy(data_dir);
    let wanted = read_all(copy(data_dir).path()).unwrap();
    let files = log_files(&sound.path().join("log"));
    let (mut named, mut whole, mut otherwise) = (0, 0, Vec::new());
    for nth in 0..rounds {
        let folder = copy(sound.path());
        // Every fourth change hits a random file, the others the largest one.
        let file = match nth % 4 {
            0 => &files[usize::try_from(random_below(files.len() as u64)).unwrap()],
            _ => files.iter().max_by_key(|file| file.metadata().unwrap().len()).unwrap(),
        };
        let harmed = folder.path().join("log").join(file.file_name().unwrap());
        let mut bytes = fs::read(&harmed).unwrap();
        let harm = Harm::any(bytes.len());
        harm.to(&mut bytes);
        fs::write(&harmed, bytes).unwrap();
        let what = format!("{}: {harm}", harmed.file_name().unwrap().to_string_lossy());
        let kept = if nth < BY_THE_PROGRAM { Some(copy(folder.path())) } else { None };
        match open(folder.path(), &wanted) {
            Verdict::Named => named += 1,
            Verdict::Whole => whole += 1,
            Verdict::RecordsWhole(difference) => otherwise.push(format!("{what}: {difference}")),
        }
        if let Some(kept) = kept {
            is_told_by_the_program(kept.path(), &what);
        }
    }
    (named, whole, otherwise)
}

#[test]
fn whatever_is_damaged_in_a_closed_store_is_named_or_nothing_is_missing() {
    let mut server = at_work();
    assert_eq!(server.sigterm(), Some(0));
    let (named, whole, otherwise) = harm(&server.data_dir(), rounds());
    println!("{named} named, {whole} harmless");
    assert!(otherwise.is_empty(), "{otherwise:?}");
}

#[test]
fn a_server_refuses_a_store_that_lost_its_end() {
    let mut server = at_work();
    assert_eq!(server.sigterm(), Some(0));
    let folder = copy(&server.data_dir());
    let data = folder.path().join("log/db");
    let length = data.metadata().unwrap().len();
    fs::File::options().write(true).open(&data).unwrap().set_len(length / 2).unwrap();
    let args = ["serve", "--listen", "127.0.0.1:0", "--data-dir", folder.path().to_str().unwrap()];
    for _ in 0..2 {
        let said = run(&args, &Environment::new(), folder.path());
        assert_eq!(said.code, EXIT, "{said:?}");
        let words = "error: the store itself is damaged: the length of db has changed since the store was closed";
        assert!(said.stderr.contains(words), "{said:?}");
    }
    assert_eq!(data.metadata().unwrap().len(), length / 2, "what is left was not touched");
}

#[test]
fn no_record_is_silently_missing_from_a_killed_store_whatever_is_damaged() {
    let mut server = at_work();
    server.kill9();
    let (named, whole, otherwise) = harm(&server.data_dir(), rounds());
    println!("{named} named, {whole} harmless, {otherwise:#?}");
}

#[test]
fn damaged_settings_of_a_killed_store_are_damage() {
    let mut server = at_work();
    server.kill9();
    let folder = copy(&server.data_dir());
    let settings = folder.path().join("log/conf");
    let mut bytes = fs::read(&settings).unwrap();
    Harm::Bit(14, 2).to(&mut bytes);
    fs::write(&settings, bytes).unwrap();
    let said =
        run(&["events", "verify", "--data-dir", folder.path().to_str().unwrap()], &Environment::new(), folder.path());
    assert_eq!(said.code, EXIT, "{said:?}");
    assert!(said.stderr.contains("the store itself is damaged: conf has changed"), "{said:?}");
}

#[test]
fn what_was_being_written_when_the_power_went_hides_nothing_that_was_durable() {
    let mut server = at_work();
    server.kill9();
    let wanted = read_all(copy(&server.data_dir()).path()).unwrap();
    for _ in 0..TORN {
        let folder = copy(&server.data_dir());
        let data = folder.path().join("log/db");
        let mut bytes = fs::read(&data).unwrap();
        bytes.extend((0..random_below(TORN_BYTES_MAX)).map(|_| u8::try_from(random_below(256)).unwrap()));
        fs::write(&data, bytes).unwrap();
        let found = read_all(folder.path()).unwrap();
        assert!(found == wanted, "{} of {} records", found.records.len(), wanted.records.len());
    }
}

fn rounds() -> u64 {
    std::env::var("TIDINGS_DAMAGE_ROUNDS").map_or(ROUNDS, |given| given.parse().expect("a number"))
}
