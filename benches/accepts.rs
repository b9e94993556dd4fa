//! How many messages a second are accepted, each durable before its answer leaves? Promised beside the bare loop of the
//! same run: at least 0.5 of its accepts (the goal is 0.8), p99 at most twice its p99, at 64 connections at most
//! 0.1 fdatasync an accept, and at most 3 keys an accept.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures on stdout, words on stderr")]
#![allow(clippy::cast_precision_loss, clippy::indexing_slicing, reason = "figures for people, far below 2^52")]

mod bare;
mod load;

use std::fs;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use load::{Outcome, Target, accounts, ask};

const CONNECTIONS: [usize; 2] = [64, 512];
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(5);
const WARM_UP: Duration = Duration::from_secs(2);
const READY_TRIES: u32 = 600;
const READY_PAUSE: Duration = Duration::from_millis(50);
const ADMIN_KEY: &str = "adm_Bench0perator000000000000000000000000042";
const CREDITS: u64 = 1_000_000_000;
/// The argument that makes this program the bare loop.
const BARE_LOOP: &str = "bare-loop";
/// Ticks a second in `/proc/<pid>/stat`, the same on every Linux.
const TICKS: f64 = 100.0;

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [first, address, dir] = args.as_slice()
        && first == BARE_LOOP
    {
        return bare::serve(address, Path::new(dir));
    }
    if !args.iter().any(|arg| arg == "--bench") {
        eprintln!("measures only under cargo bench");
        return Ok(());
    }
    println!("{}\n", machine());
    println!("| connections | side | accepts/s | p50 ms | p99 ms | CPU µs/accept | fdatasync/accept | keys/accept |");
    println!("|---|---|---|---|---|---|---|---|");
    for connections in CONNECTIONS {
        compare(connections)?;
    }
    Ok(())
}

/// Runs both sides by turns and prints their medians.
fn compare(connections: usize) -> io::Result<()> {
    let sides = [Side::bare()?, Side::tidings()?];
    let mut rounds = [Vec::new(), Vec::new()];
    for side in &sides {
        load::run(&side.target, connections, WARM_UP)?;
    }
    for round in 1..=ROUNDS {
        for (side, figures) in sides.iter().zip(&mut rounds) {
            let measured = side.measure(connections)?;
            let (name, [per_second, p50_ms, p99_ms, ..]) = (side.name, measured);
            eprintln!(
                "{connections} connections, round {round}, {name}: {per_second:.0}/s, p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms"
            );
            figures.push(measured);
        }
    }
    let [bare, tidings] = rounds.map(|figures| medians(&figures));
    for (side, figures) in sides.iter().zip([bare, tidings]) {
        let [per_second, p50_ms, p99_ms, cpu_us, syncs, keys] = figures;
        let row = format!("{p50_ms:.2} | {p99_ms:.2} | {cpu_us:.1} | {syncs:.4} | {keys:.2}");
        println!("| {connections} | {} | {per_second:.0} | {row} |", side.name);
    }
    let ratio = |nth: usize| tidings[nth] / bare[nth];
    let row = format!("{:.2} | {:.2} | {:.2} | {:.2} | {:.2}", ratio(1), ratio(2), ratio(3), ratio(4), ratio(5));
    println!("| {connections} | ratio | **{:.2}** | {row} |", ratio(0));
    io::stdout().flush()
}

/// Accepts/s, p50, p99, CPU microseconds, fdatasync and keys an accept.
type Figures = [f64; 6];

fn medians(rounds: &[Figures]) -> Figures {
    std::array::from_fn(|nth| {
        let mut values: Vec<f64> = rounds.iter().map(|figures| figures[nth]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    })
}

/// One server, in a process and on a directory of its own.
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
        let target = Target { address, path: "/in".to_owned() };
        let stats = "GET /stats HTTP/1.1".to_owned();
        let side = Self { name: "bare loop", child: spawn(command)?, target, stats, _dir: dir };
        side.wait_until_ready("GET /stats HTTP/1.1")?;
        Ok(side)
    }

    fn tidings() -> io::Result<Self> {
        let (dir, address) = (tempfile::tempdir()?, free_address()?);
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        for (key, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("TIDINGS_")) {
            command.env_remove(key);
        }
        command.args(["serve", "--listen", &address.to_string(), "--data-dir", "data"]).current_dir(dir.path());
        command.env("TIDINGS_ADMIN_KEY", ADMIN_KEY).env("TIDINGS_SIMULATOR__ENABLED", "true");
        let target = Target { address, path: String::new() };
        let stats = "GET /readyz?verbose HTTP/1.1".to_owned();
        let mut side = Self { name: "tidings", child: spawn(command)?, target, stats, _dir: dir };
        side.wait_until_ready("GET /readyz HTTP/1.1")?;
        side.target.path = create_workspace(address)?;
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
        let before = (self.log()?, self.cpu_seconds()?);
        let outcome = load::run(&self.target, connections, ROUND)?;
        let after = (self.log()?, self.cpu_seconds()?);
        let Outcome { accepted, refused, per_second, p50_ms, p99_ms } = outcome;
        if refused > 0 || accepted == 0 {
            return Err(io::Error::other(format!("{}: {accepted} accepted, {refused} refused", self.name)));
        }
        let an_accept = |total: f64| total / accepted as f64;
        let grown = |key: &str| an_accept(count(&after.0, key) - count(&before.0, key));
        let cpu_us = an_accept((after.1 - before.1) * 1_000_000.0);
        Ok([per_second, p50_ms, p99_ms, cpu_us, grown("syncs"), grown("keys")])
    }

    /// The server's own counters.
    fn log(&self) -> io::Result<Value> {
        let (status, body) = ask(self.target.address, &self.stats, "")?;
        let counters: Value = serde_json::from_str(&body)?;
        if status == 200 && counters["log"].is_object() {
            return Ok(counters["log"].clone());
        }
        Err(io::Error::other(format!("{} shows no counters: {status} {body}", self.name)))
    }

    /// CPU time of the whole process so far, user and system.
    fn cpu_seconds(&self) -> io::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name stands in brackets and may hold anything; utime and stime are the 12th and 13th field after it.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
        Ok(ticks.sum::<f64>() / TICKS)
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

/// A tenant that cannot run out of credits, with all accounts connected; the path of its secret URL.
fn create_workspace(address: SocketAddr) -> io::Result<String> {
    let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": "en"});
    let body = json!({"name": "Acme", "owner": owner, "credits": CREDITS});
    let created = post(address, "/admin/v1/workspaces", ADMIN_KEY, &body)?;
    let key = created["api_key"].as_str().unwrap_or_default();
    for phone in accounts() {
        let body = json!({"phone": phone, "full_name": "Acme Sales", "email": "sales@acme.example",
            "transport": "simulator"});
        post(address, "/api/v1/accounts", key, &body)?;
    }
    let token = created["inbound_url"].as_str().and_then(|url| url.split_once("/in/"));
    token.map(|(_, token)| format!("/in/{token}")).ok_or_else(|| io::Error::other(format!("no inbound URL: {created}")))
}

fn post(address: SocketAddr, path: &str, key: &str, body: &Value) -> io::Result<Value> {
    let head = format!("POST {path} HTTP/1.1\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json");
    let (status, answer) = ask(address, &head, &body.to_string())?;
    if (200..300).contains(&status) {
        return Ok(serde_json::from_str(&answer)?);
    }
    Err(io::Error::other(format!("{path}: {status} {answer}")))
}

/// What the figures were measured on.
fn machine() -> String {
    let line = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpus = line("/proc/cpuinfo");
    let model =
        cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("", |(_, it)| it);
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let kernel = line("/proc/sys/kernel/osrelease");
    let profile = if cfg!(debug_assertions) { ", NOT optimised" } else { "" };
    format!(
        "{cores} cores ({}), Linux {}; client on the same cores; medians of {ROUNDS} rounds of {} s, by turns{profile}",
        model.trim(),
        kernel.trim(),
        ROUND.as_secs()
    )
}
