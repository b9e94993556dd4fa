//! `power-cut`: cuts the power under a working server, round after round, and looks for all acknowledged messages.

mod check;
mod disk;
mod draft;
mod erasing;
mod load;
mod verdict;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use self::check::Findings;
use self::disk::Disk;
use self::erasing::Eraser;
use self::load::{Acknowledged, Load};
use crate::http::Client;
use crate::process::{built_server, debug_server, fresh_folder, is_root, output, run as run_program};
use crate::random::{Random, fresh_seed};
use crate::server::Server;
use crate::stopwatch::Stopwatch;
use crate::workspace::{Workspace, verify_chain};
use crate::world::{NETWORKS, Receiver, Simulator};
use crate::{args, tools};

/// At this rate, a pacing gap takes three milliseconds, and an hour of aggregation six seconds.
const CLOCK_RATE: u64 = 600;
const CREDITS_MIN: u64 = 1_000_000;
const CREDITS_PER_ROUND: u64 = 25_000;
const CUT_AFTER_MS_MIN: u64 = 500;
const CUT_AFTER_MS_MAX: u64 = 2_000;
const LOST_SHOWN: usize = 5;

/// Returns the reason why this machine cannot cut the power of a disk, if there is one.
pub fn why_not() -> Option<String> {
    if !is_root() {
        return Some("the power cut needs root".to_owned());
    }
    let missing = tools::missing_packages(|program| tools::POWER_CUT.contains(&program));
    if !missing.is_empty() {
        return Some(format!("the power cut needs the packages {}", missing.join(", ")));
    }
    let tried = fresh_folder("power-cut").and_then(|folder| disk::try_out(&folder));
    tried.err().map(|error| format!("no ext4 on a loop device: {error:#}"))
}

/// Builds the server and runs the rounds in a separate mount namespace, so that no mount is left behind, however they
/// end. A debug build is enough: it keeps the disk busy.
pub fn run(rounds: u64) -> Result<()> {
    debug_server()?;
    let this = std::env::current_exe().context("cannot find this program")?;
    let rounds = rounds.to_string();
    let mut command = Command::new("unshare");
    run_program(command.arg("--mount").arg(this).args([args::POWER_CUT_ROUNDS, "--rounds", &rounds]))
}

/// Runs the rounds. The caller must have separated the mounts from everybody else's.
pub fn rounds(rounds: u64) -> Result<()> {
    let seed = fresh_seed();
    println!("seed {seed}");
    let mut test = PowerCut::prepare(seed, rounds)?;
    let mut result = (1..=rounds).try_for_each(|round| test.round(round));
    if result.is_ok() {
        result = test.everything_leaves();
    }
    if result.is_err() {
        eprintln!("{}", test.server.last_words());
    }
    result?;
    println!("{rounds} power cuts: {} acknowledged, none lost", test.acknowledged.len());
    Ok(())
}

/// Fields are dropped in this order: the server must release the disk first.
struct PowerCut {
    server: Server,
    disk: Disk,
    workspace: Workspace,
    receiver: Receiver,
    simulator: Simulator,
    heard: BTreeSet<String>,
    eraser: Eraser,
    binary: PathBuf,
    log: PathBuf,
    seed: u64,
    random: Random,
    acknowledged: Vec<Acknowledged>,
    previous_round_began_at: usize,
}

impl PowerCut {
    fn prepare(seed: u64, rounds: u64) -> Result<Self> {
        let folder = fresh_folder("power-cut")?;
        let binary = built_server();
        let log = folder.join("server.log");
        let disk = Disk::create(&folder)?;
        let (receiver, simulator) = (Receiver::start()?, Simulator::start(&binary, CLOCK_RATE)?);
        let server = Server::start(command(&binary, &simulator), &data_dir(&disk), &log)?;
        let credits = CREDITS_MIN.max(rounds.saturating_mul(CREDITS_PER_ROUND));
        let client = Client::new(server.address);
        let workspace = Workspace::create(&client, credits)?;
        let eraser = Eraser::create(&client, credits)?;
        verdict::set(&workspace, &client, &json!({"url": receiver.url("/hook")}))?;
        Ok(Self {
            server,
            disk,
            workspace,
            receiver,
            simulator,
            heard: BTreeSet::new(),
            eraser,
            binary,
            log,
            seed,
            random: Random::seeded(seed),
            acknowledged: Vec::new(),
            previous_round_began_at: 0,
        })
    }

    fn round(&mut self, round: u64) -> Result<()> {
        let began_at = self.acknowledged.len();
        self.work_until_the_cut()?;
        let ready_after = self.restart()?;
        // The idempotency keys of earlier rounds may have expired by now; their messages are checked at the end.
        let checked = self.acknowledged.get(self.previous_round_began_at..).unwrap_or_default();
        let findings = check::look_for(checked, &self.workspace, &self.receiver, self.server.address)?;
        let new = self.acknowledged.len() - began_at;
        report(round, new, &findings, ready_after);
        self.previous_round_began_at = began_at;
        ensure!(findings.lost.is_empty(), "acknowledged messages are lost");
        ensure!(new > 0, "the server acknowledged nothing before the cut");
        let client = Client::new(self.server.address);
        verify_chain(&client)?;
        self.eraser.check(&client)?;
        verdict::rings_are_readable(&self.workspace, &client)?;
        verdict::gather(&self.workspace, &client, round)?;
        check::no_blobs(&data_dir(&self.disk))
    }

    fn work_until_the_cut(&mut self) -> Result<()> {
        let after = Duration::from_millis(CUT_AFTER_MS_MIN + self.random.below(CUT_AFTER_MS_MAX - CUT_AFTER_MS_MIN));
        let (address, seed) = (self.server.address, self.seed);
        let (receiver, simulator) = (&self.receiver, &self.simulator);
        let load = Load { workspace: &self.workspace, address, seed, receiver, simulator };
        let first = self.acknowledged.last().map_or(0, |last| last.draft.number + load::NUMBERS_BETWEEN_ROUNDS);
        let (disk, server) = (&self.disk, &mut self.server);
        let cut = |announce: &dyn Fn()| {
            let cut = disk.cut_power(after, announce);
            server.kill();
            cut
        };
        self.acknowledged.extend(load.run(first, (&mut self.heard, &mut self.eraser), cut)?);
        Ok(())
    }

    /// Checks that everything queued is sent, everything owed is reported, and the credits are exact.
    fn everything_leaves(&mut self) -> Result<()> {
        let client = Client::new(self.server.address);
        verdict::wait_until_nothing_is_left(&self.workspace, &self.receiver, &self.heard, &client)?;
        let sum = verdict::check(&self.workspace, &self.receiver, &self.acknowledged, &self.heard, &client)?;
        println!("{sum}; {}", self.eraser.prove(&client)?);
        verify_chain(&client)
    }

    fn restart(&mut self) -> Result<Duration> {
        self.disk.mount_again()?;
        let took = Stopwatch::start();
        self.server = Server::start(command(&self.binary, &self.simulator), &data_dir(&self.disk), &self.log)?;
        Ok(took.elapsed())
    }
}

/// Prepares a server that sends fast, and reports to this machine.
fn command(binary: &Path, simulator: &Simulator) -> Command {
    let mut command = Command::new(binary);
    command.env("TIDINGS_SIMULATOR__URL", simulator.url());
    command.env("TIDINGS_SIMULATOR__CLOCK_RATE", CLOCK_RATE.to_string());
    // The port changes at each start, but reports contain links for users, so fix the public address.
    command.env("TIDINGS_PUBLIC_URL", "https://tidings.example");
    command.env("TIDINGS_GUARD__ALLOW_NETWORKS", NETWORKS);
    command.env("TIDINGS_OUTBOUND__ATTACHMENTS", "include");
    command
}

fn data_dir(disk: &Disk) -> PathBuf {
    disk.folder().join("data")
}

fn report(round: u64, new: usize, findings: &Findings, ready_after: Duration) {
    let Findings { verified, lost } = findings;
    let (lost_count, ready_s) = (lost.len(), ready_after.as_secs_f64());
    println!(
        "round {round:>3}: ready after {ready_s:.2} s, acknowledged {new:>6}, verified {verified:>7}, lost {lost_count}"
    );
    for line in lost.iter().take(LOST_SHOWN) {
        println!("  lost: {line}");
    }
}

/// Runs a system program that must succeed.
fn system(program: &str, arguments: &[&Path]) -> Result<()> {
    output(Command::new(program).args(arguments)).map(drop)
}
