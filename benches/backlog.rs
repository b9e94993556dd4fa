//! Measures how a gateway starts that owes a million reports, beside sled's own opening of the same files: the time
//! until it is ready, its memory, and the time from switching the webhook on until the first report arrives. Promised
//! after a clean stop: ready within 1 s of sled, below 1 GiB, the first report within 5 s.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures on stdout, words on stderr")]
#![allow(clippy::cast_precision_loss, clippy::indexing_slicing, reason = "figures for people, far below 2^52")]

#[allow(dead_code, reason = "shared with other benches")]
mod gateway;
#[allow(dead_code, reason = "shared with other benches")]
mod kit;
mod owing;

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use events::store::sled_log::SledLog;
use serde_json::json;
use tidings::bench::receiver::Receiver;
use tokio::time::Instant;

use gateway::{Gateway, Workspace, memory_mib};
use kit::{machine, unless_short};
use owing::{Whose, owe};

/// Owed deliveries.
const OWED: u64 = 1_000_000;
const SHORT_OWED: u64 = 10_000;
const CHATS: u64 = 10_000;
const ACCOUNT: &str = "+12025559000";
const CACHE_MB: u64 = 256;
/// Number of reports by which the pace is measured.
const PACE: usize = 2_000;
const PATIENCE: Duration = Duration::from_mins(5);
/// The argument that makes this program only open the store and print what that took.
const SLED_ALONE: &str = "sled-alone";

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [first, directory] = args.as_slice()
        && first == SLED_ALONE
    {
        return sled_alone(Path::new(directory));
    }
    if !args.iter().any(|arg| arg == "--bench") {
        eprintln!("measures only under cargo bench");
        return Ok(());
    }
    let owed = unless_short(SHORT_OWED, OWED);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("{}; {owed} deliveries of {CHATS} chats owed\n", machine());
    runtime.block_on(measure(owed))
}

async fn measure(owed: u64) -> io::Result<()> {
    let (receiver, directory) = (Receiver::start()?, tempfile::tempdir()?);
    let gateway = Gateway::start(directory.path()).await?;
    let workspace = gateway.workspace(ACCOUNT).await?;
    let url = format!("http://{}/hooks", receiver.address);
    gateway.webhook(&workspace, &json!({"url": url, "enabled": false})).await?;
    gateway.stop()?;
    let begun = Instant::now();
    let whose = Whose { workspace: workspace.id, account: workspace.account, chats: CHATS };
    let directory_path = directory.path().to_owned();
    let owing = tokio::task::spawn_blocking(move || owe(&directory_path, &whose, owed)).await;
    owing.map_err(io::Error::other)?.map_err(io::Error::other)?;
    eprintln!("written in {:.1} s", begun.elapsed().as_secs_f64());

    println!("| start | ready s | MiB | MiB at most | first report s | reports/s then |\n|---|---|---|---|---|---|");
    alone(directory.path())?;
    for name in ["without a checkpoint", "after a clean stop", "once more"] {
        receiver.clear();
        start(name, directory.path(), &workspace, &receiver).await?;
    }
    Ok(())
}

/// Measures what opening the store alone takes.
fn alone(directory: &Path) -> io::Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    let told = command.arg(SLED_ALONE).arg(directory).stderr(Stdio::inherit()).output()?;
    print!("{}", String::from_utf8_lossy(&told.stdout));
    Ok(())
}

fn sled_alone(directory: &Path) -> io::Result<()> {
    let begun = Instant::now();
    let log = SledLog::open(directory, CACHE_MB).map_err(io::Error::other)?;
    let took = begun.elapsed().as_secs_f64();
    let (now, most) = memory_mib(std::process::id())?;
    println!("| sled alone, {} MiB on disk | {took:.2} | {now} | {most} | | |", log.bytes_on_disk() >> 20);
    Ok(())
}

async fn start(name: &str, directory: &Path, workspace: &Workspace, receiver: &Receiver) -> io::Result<()> {
    let gateway = Gateway::start(directory).await?;
    let (now, most) = gateway.memory_mib()?;
    let begun = Instant::now();
    gateway.webhook(workspace, &json!({"enabled": true})).await?;
    let first = receiver.wait_for(1, PATIENCE).await?[0].at - begun;
    let arrivals = receiver.wait_for(PACE, PATIENCE).await?;
    let pace = PACE as f64 / (arrivals[PACE - 1].at - arrivals[0].at).as_secs_f64();
    let at_last = gateway.memory_mib()?.1;
    gateway.webhook(workspace, &json!({"enabled": false})).await?;
    let (ready, first) = (gateway.ready.as_secs_f64(), first.as_secs_f64());
    println!("| {name} | {ready:.2} | {now} | {most}, then {at_last} | {first:.3} | {pace:.0} |");
    gateway.stop()
}
