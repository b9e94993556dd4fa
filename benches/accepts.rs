//! Measures how many messages per second are accepted, each durable before its answer leaves, for one workspace and
//! for a thousand. Promised beside the bare loop of the same run, at 64 and at 512 connections: at least 0.5 of its
//! accepts (the goal is 0.8), p99 at most twice its p99, at 64 connections at most 0.1 fdatasync per accept, and at
//! most 3 keys per accept.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures on stdout, words on stderr")]
#![allow(clippy::cast_precision_loss, clippy::indexing_slicing, reason = "figures for people, far below 2^52")]

mod bare;
#[allow(dead_code, reason = "shared with other benches")]
mod gateway;
#[allow(dead_code, reason = "shared with other benches")]
mod kit;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use actors::runtime::clock::wall_now;
use serde_json::Value;
use tempfile::TempDir;
use tidings::bench::figures::{float, median};
use tidings::bench::load::{self, Endpoint, Target, ask};
use tidings::bench::synthetic::{GenerateError, LogGenerator, Tenant};
use tokio::time::Instant;

use gateway::cpu_seconds;
use kit::{chart_bars, is_wanted, machine, unless_short};

/// Number of workspaces, which get messages in turn, and of accounts of each.
const CASES: [(u64, u64); 2] = [(1, 8), (1_000, 1)];
const CONNECTIONS: [usize; 3] = [1, 64, 512];
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(4);
const WARM_UP: Duration = Duration::from_secs(1);
const SHORT: Duration = Duration::from_millis(300);
const CACHE_MB: u64 = 64;
const READY_TRIES: u32 = 600;
const READY_PAUSE: Duration = Duration::from_millis(50);
/// The accounts go on sending while the proofs catch up, so there are always a few events that have just been written.
const BEHIND: u64 = 256;
const ADMIN_KEY: &str = "adm_Bench0perator000000000000000000000000042";
/// The argument that makes this program the bare loop.
const BARE_LOOP: &str = "bare-loop";

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [first, address, dir] = args.as_slice()
        && first == BARE_LOOP
    {
        return bare::serve(address, Path::new(dir));
    }
    if !is_wanted() {
        return Ok(());
    }
    let seconds = round().as_secs_f64();
    println!("{}; client on the same cores; medians of {ROUNDS} rounds of {seconds} s, by turns\n", machine());
    println!(
        "| workspaces | connections | side | accepts/s | p50 ms | p99 ms | CPU µs/accept | fdatasync/accept | keys/accept |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let (mut groups, mut sides) = (Vec::new(), [Vec::new(), Vec::new()]);
    for (workspaces, accounts) in CASES {
        for connections in CONNECTIONS {
            let [bare, tidings] = compare((workspaces, accounts), connections)?;
            groups.push(format!("{connections}, of {workspaces}"));
            sides[0].push(bare[0]);
            sides[1].push(tidings[0]);
        }
    }
    let [bare, tidings] = sides;
    let series = [("bare loop", bare), ("tidings", tidings)];
    let across = "connections, of workspaces that take turns";
    chart_bars("accepts", "Durable accepts", across, &groups, ("accepts/s", false), &series);
    Ok(())
}

fn round() -> Duration {
    unless_short(SHORT, ROUND)
}

/// Runs both sides in turn and prints their medians.
fn compare((workspaces, accounts): (u64, u64), connections: usize) -> io::Result<[Figures; 2]> {
    let sides = [Side::bare()?, Side::tidings(workspaces, accounts)?];
    let mut rounds = [Vec::new(), Vec::new()];
    for side in &sides {
        load::run(&side.target, connections, unless_short(SHORT, WARM_UP))?;
    }
    for round in 1..=ROUNDS {
        for (side, figures) in sides.iter().zip(&mut rounds) {
            let measured = side.measure(connections)?;
            let (name, [per_second, p50_ms, p99_ms, ..]) = (side.name, measured);
            let of = format!("{workspaces} workspaces, {connections} connections, round {round}");
            eprintln!("{of}, {name}: {per_second:.0}/s, p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms");
            figures.push(measured);
        }
    }
    let [_, gateway] = &sides;
    let (behind, took) = gateway.catch_up()?;
    eprintln!("proofs: {behind} events behind at the end of the load, at most {BEHIND} after {took:.1} s");
    let [bare, tidings] = rounds.map(|figures| medians(&figures));
    for (side, figures) in sides.iter().zip([bare, tidings]) {
        let [per_second, p50_ms, p99_ms, cpu_us, syncs, keys] = figures;
        let row = format!("{p50_ms:.2} | {p99_ms:.2} | {cpu_us:.1} | {syncs:.4} | {keys:.2}");
        println!("| {workspaces} | {connections} | {} | {per_second:.0} | {row} |", side.name);
    }
    let ratio = |nth: usize| tidings[nth] / bare[nth];
    let row = format!("{:.2} | {:.2} | {:.2} | {:.2} | {:.2}", ratio(1), ratio(2), ratio(3), ratio(4), ratio(5));
    println!("| {workspaces} | {connections} | ratio | **{:.2}** | {row} |", ratio(0));
    io::stdout().flush()?;
    Ok([bare, tidings])
}

/// Accepts per second, p50, p99, and per accept CPU microseconds, fdatasync and keys.
type Figures = [f64; 6];

fn medians(rounds: &[Figures]) -> Figures {
    std::array::from_fn(|nth| median(rounds.iter().map(|figures| figures[nth]).collect()))
}

/// One server, in its own process and on its own directory.
struct Side {
    name: &'static str,
    child: Child,
    target: Target,
    stats: String,
    _dir: TempDir,
}

impl Side {
    fn bare() -> io::Result<Self> {
        let (dir, address) = (tempfile::tempdir()?, free_address()?);
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(BARE_LOOP).arg(address.to_string()).arg(dir.path().join("data"));
        let target = Target {
            address,
            endpoints: vec![Endpoint { path: "/in".to_owned(), account: "+12025559000".to_owned() }],
        };
        let stats = "GET /stats HTTP/1.1".to_owned();
        let side = Self { name: "bare loop", child: spawn(command)?, target, stats, _dir: dir };
        side.wait_until_ready("GET /stats HTTP/1.1")?;
        Ok(side)
    }

    fn tidings(workspaces: u64, accounts: u64) -> io::Result<Self> {
        let (dir, address) = (tempfile::tempdir()?, free_address()?);
        let endpoints = endpoints(&dir.path().join("data"), workspaces, accounts).map_err(io::Error::other)?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        for (key, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("TIDINGS_")) {
            command.env_remove(key);
        }
        command.args(["serve", "--listen", &address.to_string(), "--data-dir", "data"]).current_dir(dir.path());
        command.env("TIDINGS_ADMIN_KEY", ADMIN_KEY).env("TIDINGS_SIMULATOR__ENABLED", "true");
        let target = Target { address, endpoints };
        let stats = "GET /readyz?verbose HTTP/1.1".to_owned();
        let side = Self { name: "tidings", child: spawn(command)?, target, stats, _dir: dir };
        side.wait_until_ready("GET /readyz HTTP/1.1")?;
        Ok(side)
    }

    fn wait_until_ready(&self, head: &str) -> io::Result<()> {
        for _ in 0..READY_TRIES {
            if ask(self.target.address, head, "").is_ok_and(|(status, _)| status == 200) {
                return Ok(());
            }
            std::thread::sleep(READY_PAUSE);
        }
        Err(io::Error::other(format!("{} does not become ready", self.name)))
    }

    fn measure(&self, connections: usize) -> io::Result<Figures> {
        let before = (self.log()?, cpu_seconds(self.child.id())?);
        let outcome = load::run(&self.target, connections, round())?;
        let after = (self.log()?, cpu_seconds(self.child.id())?);
        let (accepted, refused) = (outcome.spread.count(), outcome.refused);
        if refused > 0 || accepted == 0 {
            return Err(io::Error::other(format!("{}: {accepted} accepted, {refused} refused", self.name)));
        }
        let an_accept = |total: f64| total / float(accepted);
        let grown = |key: &str| an_accept(count(&after.0, key) - count(&before.0, key));
        let cpu_us = an_accept((after.1 - before.1) * 1_000_000.0);
        let spread = outcome.spread;
        Ok([outcome.per_second, spread.ms(50), spread.ms(99), cpu_us, grown("syncs"), grown("keys")])
    }

    /// Waits until the proofs have caught up; returns how many events they were behind, and the seconds it took.
    fn catch_up(&self) -> io::Result<(u64, f64)> {
        let (since, mut most) = (Instant::now(), 0);
        loop {
            let (_, page) = ask(self.target.address, "GET /metrics HTTP/1.1", "")?;
            let lag = page.lines().find_map(|line| line.strip_prefix("tidings_proof_lag_events ")?.trim().parse().ok());
            let lag: u64 = lag.ok_or_else(|| io::Error::other("the gateway does not tell how far its proofs are"))?;
            most = most.max(lag);
            if lag <= BEHIND {
                return Ok((most, since.elapsed().as_secs_f64()));
            }
            std::thread::sleep(READY_PAUSE);
        }
    }

    /// Returns the server's own counters.
    fn log(&self) -> io::Result<Value> {
        let (status, body) = ask(self.target.address, &self.stats, "")?;
        let counters: Value = serde_json::from_str(&body)?;
        if status == 200 && counters["log"].is_object() {
            return Ok(counters["log"].clone());
        }
        Err(io::Error::other(format!("{} shows no counters: {status} {body}", self.name)))
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(mut command: Command) -> io::Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn()
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn count(log: &Value, key: &str) -> f64 {
    log[key].as_f64().unwrap_or(f64::NAN)
}

/// Writes the workspaces into a new log, with unlimited credits and connected accounts; returns their endpoints.
fn endpoints(directory: &Path, workspaces: u64, accounts: u64) -> Result<Vec<Endpoint>, GenerateError> {
    let mut generator = LogGenerator::open(directory, CACHE_MB, wall_now())?;
    let mut endpoints = Vec::new();
    for nth in 0..workspaces {
        let tenant = Tenant::nth(nth, accounts, 1);
        tenant.make(&mut generator)?;
        endpoints.extend((0..accounts).map(|nth| Endpoint { path: tenant.inbound_path(), account: tenant.phone(nth) }));
    }
    generator.checkpoint([])?;
    generator.finish()?;
    Ok(endpoints)
}
