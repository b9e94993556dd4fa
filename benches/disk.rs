//! Measures how much of the disk a message takes. Messages go through the real gateway: queued and charged, started,
//! sent, delivered, read, and reported to a receiver; then the bytes of their records, of the data directory, and
//! those that the kernel wrote are counted. Promised: at most 4 KiB of the disk for a message's whole life with its
//! report, indexes included.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures on stdout, words on stderr")]
#![allow(clippy::indexing_slicing, reason = "a bench may fail loudly")]

#[allow(dead_code, reason = "shared with other benches")]
mod gateway;
#[allow(dead_code, reason = "shared with other benches")]
mod kit;

use std::error::Error;
use std::io;
use std::path::Path;
use std::time::Duration;

use actors::runtime::clock::wall_now;
use events::codec::{Opening, decode};
use events::log::Log;
use events::store::sled_log::SledLog;
use serde_json::json;
use tidings::bench::figures::float;
use tidings::bench::load::{self, Endpoint, Target};
use tidings::bench::receiver::Receiver;
use tidings::bench::synthetic::{LogGenerator, Tenant};
use tokio::time::sleep;

use gateway::Gateway;
use kit::{chart_bars, is_wanted, machine, unless_short};

type Failed = Box<dyn Error + Send + Sync>;

const CACHE_MB: u64 = 64;
const TENANTS: u64 = 20;
/// Accounts of each tenant, with almost no gap between two messages.
const ACCOUNTS: u64 = 50;
const GAP_MS: (u32, u32) = (0, 1);
const CONNECTIONS: usize = 64;
const POSTED: Duration = Duration::from_secs(2);
const SHORT: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_mins(5);
/// Time until the last message is read and the index is stored.
const READ: Duration = Duration::from_secs(12);

fn main() -> io::Result<()> {
    if !is_wanted() {
        return Ok(());
    }
    println!("{}; posted over {CONNECTIONS} connections, each reported by itself\n", machine());
    measure().map_err(io::Error::other)
}

/// Totals so far: the number of events, and sizes in bytes.
#[derive(Clone, Copy)]
struct Sizes {
    events: f64,
    records: f64,
    disk: f64,
}

fn measure() -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let tenants: Vec<Tenant> =
        (0..TENANTS).map(|nth| Tenant { gap_ms: GAP_MS, ..Tenant::nth(nth, ACCOUNTS, 1) }).collect();
    let mut generator = LogGenerator::open(directory.path(), CACHE_MB, wall_now())?;
    tenants.iter().try_for_each(|tenant| tenant.make(&mut generator))?;
    generator.checkpoint([])?;
    generator.finish()?;
    let before = sizes(directory.path())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (messages, written) = runtime.block_on(live(directory.path(), &tenants))?;
    print(messages, before, sizes(directory.path())?, written);
    Ok(())
}

/// Returns how many messages were accepted, sent, read and reported, and the bytes written to the disk meanwhile.
async fn live(directory: &Path, tenants: &[Tenant]) -> Result<(f64, f64), Failed> {
    let (receiver, gateway) = (Receiver::start()?, Gateway::start(directory).await?);
    for tenant in tenants {
        let settings = json!({"url": format!("http://{}/hooks", receiver.address), "enabled": true});
        gateway.set_webhook(&tenant.api_key(), &settings).await?;
    }
    let idle = gateway.bytes_written()?;
    let endpoints = tenants.iter().flat_map(|tenant| {
        (0..ACCOUNTS).map(|nth| Endpoint { path: tenant.inbound_path(), account: tenant.phone(nth) })
    });
    let target = Target { address: gateway.address, endpoints: endpoints.collect() };
    let accepted = load::post(&target, CONNECTIONS, unless_short(SHORT, POSTED)).await?.spread.count();
    eprintln!("{accepted} messages accepted");
    receiver.wait_for(usize::try_from(accepted)?, PATIENCE).await?;
    sleep(READ).await;
    let written = float(gateway.bytes_written()? - idle);
    gateway.stop()?;
    Ok((float(accepted), written))
}

fn sizes(directory: &Path) -> Result<Sizes, Failed> {
    let log = SledLog::open(directory, CACHE_MB)?;
    let (mut events, mut records) = (0, 0);
    for stored in log.read(1) {
        let stored = stored?;
        records += stored.bytes.len() as u64;
        events += decode(&stored, Opening::Shut)?.events.len() as u64;
    }
    Ok(Sizes { events: float(events), records: float(records), disk: float(log.bytes_on_disk()) })
}

fn print(messages: f64, before: Sizes, after: Sizes, written: f64) {
    let each = |after: f64, before: f64| (after - before) / messages;
    let (records, disk) = (each(after.records, before.records), each(after.disk, before.disk));
    println!("| a message | |\n|---|---|");
    println!("| events | {:.2} |", each(after.events, before.events));
    println!("| bytes of its records | {records:.0} |");
    println!("| bytes on disk, indexes and all | **{disk:.0}** |");
    println!("| bytes written to the disk | {:.0} |", written / messages);
    println!("| written for each byte of a record | {:.1} |", written / messages / records);
    let groups = ["records", "on disk", "written"].map(str::to_owned);
    let series = [("a message with its report", vec![records, disk, written / messages])];
    chart_bars("disk", "Bytes of a message's whole life", "what", &groups, ("bytes", false), &series);
}
