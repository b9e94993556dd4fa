//! `disk-full`: fills the disk under a working server, down to its reserve and to the last byte.

mod disk;
mod load;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use self::disk::Disk;
use self::load::LoadRecord;
use crate::args;
use crate::http::{Answer, Client};
use crate::process::{built_server, debug_server, fresh_folder, is_installed, is_root, output, run as run_program};
use crate::random::{Random, fresh_seed};
use crate::server::Server;
use crate::stopwatch::Stopwatch;
use crate::workspace::{Workspace, message_id, verify_chain};

const CREDITS: u64 = 1_000_000;
/// The server's reserve, and the space left when the test goes below it, in MiB.
const RESERVE_MB: u64 = 24;
const LEFT_MB: u64 = 16;
/// Messages that are still queued when the disk gets full.
const QUEUED: u64 = 40;
/// Number of times that the disk is filled to the last bytes, and most bytes left then.
const ROUNDS: u64 = 8;
const LEFT_BYTES_MAX: u64 = 2 << 20;
const SOON: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(50);
/// The exit code of a server that can no longer write its log.
const FAILED: i32 = 1;
const NO_ROOM: &str = "No space left on device";
const LAST_WORDS: &str = "the log cannot be written";

/// Returns the reason why this machine cannot mount a separate file system, if there is one.
pub fn why_not() -> Option<String> {
    if !is_installed("unshare") || !is_installed("mount") {
        return Some("the full disk needs the packages util-linux and mount".to_owned());
    }
    let tried = fresh_folder("disk-full").and_then(|folder| {
        let steps = "mount -t tmpfs -o size=1m tidings \"$1\"";
        output(apart().args(["sh", "-ec", steps, "sh"]).arg(&folder))
    });
    tried.err().map(|error| format!("no file system of its own: {error:#}"))
}

/// Builds the server and fills its disk in a separate mount namespace, so that no mount is left behind, however it
/// ends.
pub fn run() -> Result<()> {
    debug_server()?;
    let this = std::env::current_exe().context("cannot find this program")?;
    run_program(apart().arg(this).arg(args::DISK_FULL_ROUNDS))
}

/// Runs the rounds. The caller must have separated the mounts from everybody else's.
pub fn rounds() -> Result<()> {
    let folder = fresh_folder("disk-full")?;
    let disk = Disk::mount(&folder)?;
    let test = DiskFull { disk, binary: built_server(), log: folder.join("server.log") };
    let workspace = test.below_the_reserve()?;
    let LoadRecord { accepted, unanswered, failed } = match test.full_to_the_last_byte(&workspace) {
        Ok(seen) => seen,
        Err(error) => return Err(error.context(test.kept(&folder)?)),
    };
    println!(
        "below the reserve: refused with 503, {QUEUED} queued messages left, taken again; \
         {ROUNDS} times full to the last bytes: {} acknowledged, none lost, {unanswered} without an answer, \
         {failed} answered with 500 before the end",
        accepted.len()
    );
    Ok(())
}

/// Prepares a program to run in a separate mount namespace; without root, that also needs a user namespace.
fn apart() -> Command {
    let mut command = Command::new("unshare");
    command.args(if is_root() { &["--mount"][..] } else { &["--map-root-user", "--mount"] });
    command
}

struct DiskFull {
    disk: Disk,
    binary: PathBuf,
    log: PathBuf,
}

impl DiskFull {
    /// Copies the data to where it outlives the mount, and says where.
    fn kept(&self, folder: &Path) -> Result<String> {
        let kept = folder.join("failed");
        output(Command::new("cp").arg("-r").arg(self.data()).arg(&kept))?;
        Ok(format!("the store as it was left is in {}", kept.display()))
    }

    fn data(&self) -> PathBuf {
        self.disk.folder().join("data")
    }

    /// Checks that new work is refused as documented, that reads and sends in progress continue, and that all is well
    /// once there is space again.
    fn below_the_reserve(&self) -> Result<Workspace> {
        let server = self.start(RESERVE_MB)?;
        let client = Client::new(server.address);
        let workspace = Workspace::create(&client, CREDITS)?;
        let queued = queue(&workspace, &client)?;
        self.disk.fill_up_to(LEFT_MB << 20)?;
        let refusal = until("new work is refused", || {
            let answer = post(&workspace, &client, "refused")?;
            Ok((answer.status != 200).then_some(answer))
        })?;
        is_as_the_contract_says(&refusal)?;
        ensure!(client.get("/readyz", &[])?.status == 503, "it says that it is ready");
        ensure!(client.get("/livez", &[])?.status == 200, "it says that it is dead");
        until("what was queued leaves", || all_left(&workspace, &client, &queued))?;
        ensure!(post(&workspace, &client, "still refused")?.status == 503, "taken although the disk is full");
        self.disk.make_room()?;
        until("new work is taken again", || {
            let answer = post(&workspace, &client, "taken again")?;
            Ok((answer.status == 200).then_some(()))
        })?;
        ensure!(client.get("/readyz", &[])?.status == 200, "it does not get ready again");
        drop(server);
        Ok(workspace)
    }

    /// Checks that the server ends at once, says why, and loses nothing. Returns what the clients of all rounds saw.
    fn full_to_the_last_byte(&self, workspace: &Workspace) -> Result<LoadRecord> {
        let seed = fresh_seed();
        println!("seed {seed}");
        let mut random = Random::seeded(seed);
        let mut all = LoadRecord::default();
        for round in 1..=ROUNDS {
            let left = random.below(LEFT_BYTES_MAX);
            let mut server = self.start(0)?;
            let round_seen = load::run(workspace, server.address, round, || {
                thread::sleep(Duration::from_millis(100 + random.below(400)));
                self.disk.fill_up_to(left)?;
                let status = server.ended_within(SOON)?;
                ensure!(status.code() == Some(FAILED), "it ended with {status}\n{}", server.last_words());
                let words = server.last_words();
                ensure!(words.contains(LAST_WORDS), "it does not say why it ended: {words}");
                ensure!(!words.contains("panicked"), "it panicked: {words}");
                Ok(())
            })?;
            self.try_without_room()?;
            self.disk.make_room()?;
            println!("round {round}: {left} bytes left, {} acknowledged before the end", round_seen.accepted.len());
            all.add(round_seen);
            let server = self.start(0)?;
            let client = Client::new(server.address);
            load::look_for(&all.accepted, workspace, &client)?;
            verify_chain(&client)?;
        }
        Ok(all)
    }

    /// Checks that a start without any free space succeeds or says what is wrong.
    fn try_without_room(&self) -> Result<()> {
        self.disk.fill_up_to(0)?;
        if let Err(error) = self.start(0) {
            let words = format!("{error:#}");
            ensure!(
                words.contains(NO_ROOM) && !words.contains("panicked"),
                "it does not say why it cannot start: {words}"
            );
        }
        Ok(())
    }

    fn start(&self, reserve_mb: u64) -> Result<Server> {
        let mut command = Command::new(&self.binary);
        command.env("TIDINGS_DISK_RESERVE_MB", reserve_mb.to_string()).env("TIDINGS_SIMULATOR__CLOCK_RATE", "60");
        Server::start(command, &self.data(), &self.log)
    }
}

fn post(workspace: &Workspace, client: &Client, text: &str) -> Result<Answer> {
    Ok(workspace.submit(client, &format!("{}-{}", text.replace(' ', "-"), fresh_seed()), "+12025550110", text)?)
}

fn queue(workspace: &Workspace, client: &Client) -> Result<Vec<String>> {
    let queue = |nth| message_id(&post(workspace, client, &format!("queued {nth}"))?);
    (0..QUEUED).map(queue).collect()
}

fn is_as_the_contract_says(refusal: &Answer) -> Result<()> {
    let body = refusal.json();
    let said = |pointer: &str| body.pointer(pointer).cloned().unwrap_or_default();
    let expected = (Value::from(503), Value::from("disk_full"), serde_json::json!({}));
    ensure!(refusal.status == 503, "refused otherwise: {}", refusal.abridged());
    ensure!((said("/status"), said("/error/code"), said("/data")) == expected, "another body: {}", refusal.abridged());
    ensure!(said("/message").is_string(), "no message: {}", refusal.abridged());
    ensure!(refusal.retry_after_s.is_some(), "no Retry-After");
    Ok(())
}

fn all_left(workspace: &Workspace, client: &Client, ids: &[String]) -> Result<Option<()>> {
    for id in ids {
        let message = workspace.message(client, id)?;
        ensure!(message.status == 200, "a message cannot be read: {}", message.abridged());
        let state = message.json();
        let state = state.get("state").and_then(Value::as_str).unwrap_or_default();
        if !matches!(state, "sent" | "delivered" | "read") {
            return Ok(None);
        }
    }
    Ok(Some(()))
}

/// Probes until there is a result; fails after [`SOON`].
fn until<T>(what: &str, mut probe: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let waited = Stopwatch::start();
    loop {
        if let Some(found) = probe()? {
            return Ok(found);
        }
        ensure!(waited.elapsed() < SOON, "waited {} s in vain until {what}", SOON.as_secs());
        thread::sleep(ASK_EVERY);
    }
}
