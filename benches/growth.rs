//! Measures what ten times the data costs. A log of whole message lives grows to 10 million events, while a thousand
//! accounts have something due all the time. Measured at each size: what writing it took, its space on disk, how a
//! gateway starts on it beside sled's own opening of the same files, and how fast it accepts. Promised at 10 million:
//! ready within 1 s of sled after a clean stop and after kill -9; and while a million events are written, at most
//! twice the configured cache of memory.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures on stdout, words on stderr")]
#![allow(clippy::indexing_slicing, reason = "a bench may fail loudly")]

#[allow(dead_code, reason = "shared with other benches")]
mod gateway;
#[allow(dead_code, reason = "shared with other benches")]
mod kit;

use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use actors::runtime::clock::wall_now;
use events::ids::StreamId;
use events::log::Log;
use events::store::sled_log::SledLog;
use events::time::Timestamp;
use tidings::bench::figures::{Spread, float};
use tidings::bench::load::{self, Endpoint, Outcome, Target};
use tidings::bench::synthetic::{GenerateError, LogGenerator, Tenant};
use tokio::time::Instant;

use gateway::{Gateway, memory_mib};
use kit::{chart_lines, folder, in_own_process, is_short, is_wanted, machine};

/// The default of `log.cache_mb`.
const CACHE_MB: u64 = 256;
/// Numbers of messages, each with ten events.
const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
const SHORT_SIZES: [u64; 2] = [1_000, 10_000];
/// The tenants that own these messages.
const TENANTS: u64 = 100;
const ACCOUNTS: u64 = 10;
const CHATS: u64 = 1_000;
/// The whole span of the log, in milliseconds: 40 days.
const SPAN_MS: u64 = 40 * 86_400_000;
/// Accounts that each have a message which is due after this gap: longer than the span.
const WAITING: u64 = 1_000;
const WAITING_GAP_MS: u32 = 4_290_000_000;
/// Tenants that get messages when accepts are measured.
const LOADED_TENANTS: u64 = 10;
const CONNECTIONS: usize = 64;
const LOADED: Duration = Duration::from_secs(3);

/// The parts that need their own process.
const WRITE: &str = "write";
const SLED_ALONE: &str = "sled-alone";

fn main() -> io::Result<()> {
    if let Some(args) = kit::part(WRITE) {
        return write(&args).map_err(io::Error::other);
    }
    if let Some(args) = kit::part(SLED_ALONE) {
        return sled_alone(&args);
    }
    if !is_wanted() {
        return Ok(());
    }
    println!("{}; {CACHE_MB} MiB of cache; {WAITING} accounts have something due\n", machine());
    let sizes = if is_short() { SHORT_SIZES.as_slice() } else { &SIZES };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(grow(sizes))
}

/// The results at one size.
struct Grown {
    events: f64,
    written: Written,
    sled: Opened,
    starts: [Opened; 2],
    loaded: Loaded,
}

/// Figures on accepting messages.
struct Loaded {
    /// Milliseconds until the first message of a sleeping workspace is accepted: the median, and the longest.
    first_ms: [f64; 2],
    /// Accepts per second once all workspaces are awake.
    accepts: f64,
}

/// The cost of writing up to this size.
struct Written {
    per_second: f64,
    peak_mib: f64,
    disk_bytes: f64,
}

/// The time of an opening, and the memory after it.
#[derive(Clone, Copy)]
struct Opened {
    seconds: f64,
    mib: f64,
    peak_mib: f64,
}

async fn grow(sizes: &[u64]) -> io::Result<()> {
    let directory = tempfile::tempdir()?;
    let (mut grown, mut from) = (Vec::new(), 0);
    for size in sizes {
        grown.push(at(directory.path(), from, *size, sizes.last().copied().unwrap_or(1)).await?);
        from = *size;
    }
    print(&grown);
    Ok(())
}

async fn at(directory: &Path, from: u64, to: u64, whole: u64) -> io::Result<Grown> {
    let args = [folder(directory), from.to_string(), to.to_string(), whole.to_string()];
    let [events, added, seconds, peak_mib, disk_bytes] = array(&in_own_process(WRITE, &args)?)?;
    let written = Written { per_second: added / seconds, peak_mib, disk_bytes };
    eprintln!("{to} messages: {added:.0} events written in {seconds:.1} s, {peak_mib:.0} MiB at most");
    let [seconds, mib, peak_mib] = array(&in_own_process(SLED_ALONE, &[folder(directory)])?)?;
    let sled = Opened { seconds, mib, peak_mib };
    // The first start finds the checkpoint that the writer left, the second one that of a clean stop.
    start(directory).await?;
    let clean = start(directory).await?;
    let (loaded, killed) = loaded(directory).await?;
    eprintln!(
        "{to} messages: sled {:.2} s, ready {:.2} s, after kill -9 {:.2} s",
        seconds, clean.seconds, killed.seconds
    );
    Ok(Grown { events, written, sled, starts: [clean, killed], loaded })
}

fn array<const N: usize>(figures: &[f64]) -> io::Result<[f64; N]> {
    figures.try_into().map_err(|_| io::Error::other(format!("{figures:?}")))
}

/// Starts a gateway and stops it cleanly.
async fn start(directory: &Path) -> io::Result<Opened> {
    let gateway = Gateway::start(directory).await?;
    let opened = opened(&gateway)?;
    gateway.stop()?;
    Ok(opened)
}

fn opened(gateway: &Gateway) -> io::Result<Opened> {
    let (mib, peak) = gateway.memory_mib()?;
    Ok(Opened { seconds: gateway.ready.as_secs_f64(), mib: float(mib), peak_mib: float(peak) })
}

/// Measures accepts on a copy, which is killed under that load and started once more.
async fn loaded(directory: &Path) -> io::Result<(Loaded, Opened)> {
    let copy = tempfile::tempdir()?;
    let copied = Command::new("cp").arg("-r").arg(directory.join("log")).arg(copy.path()).status()?;
    if !copied.success() {
        return Err(io::Error::other("the log cannot be copied"));
    }
    let gateway = Gateway::start(copy.path()).await?;
    let tenants = (0..LOADED_TENANTS).map(|nth| Tenant::nth(nth, ACCOUNTS, CHATS));
    let endpoints: Vec<Endpoint> =
        tenants.map(|tenant| Endpoint { path: tenant.inbound_path(), account: tenant.phone(0) }).collect();
    let mut firsts = Spread::default();
    for endpoint in &endpoints {
        let target = Target { address: gateway.address, endpoints: vec![endpoint.clone()] };
        firsts = firsts.and(post(&target, 1, Duration::from_nanos(1)).await?.spread);
    }
    let accepts = post(&Target { address: gateway.address, endpoints }, CONNECTIONS, LOADED).await?.per_second;
    gateway.kill();
    let gateway = Gateway::start(copy.path()).await?;
    Ok((Loaded { first_ms: [firsts.ms(50), firsts.ms(100)], accepts }, opened(&gateway)?))
}

async fn post(target: &Target, connections: usize, time: Duration) -> io::Result<Outcome> {
    let outcome = load::post(target, connections, time).await?;
    if outcome.refused == 0 { Ok(outcome) } else { Err(io::Error::other(format!("{} refused", outcome.refused))) }
}

/// Writes the messages from one number to another; a complete log ends at the present time.
fn write(args: &[String]) -> Result<(), GenerateError> {
    let [directory, numbers @ ..] = args else { return Ok(()) };
    let mut numbers = numbers.iter().filter_map(|number| number.parse::<u64>().ok());
    let (from, to) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let step_ms = SPAN_MS / numbers.next().unwrap_or(1);
    let first = Timestamp::from_ms(wall_now().ms().saturating_sub_unsigned(SPAN_MS));
    let mut generator = LogGenerator::open(Path::new(directory), CACHE_MB, first)?;
    let (before, begun) = (generator.events(), Instant::now());
    let tenants: Vec<Tenant> = (0..TENANTS).map(tenant).collect();
    if from == 0 {
        tenants.iter().try_for_each(|tenant| tenant.make(&mut generator))?;
        wait(&mut generator)?;
    }
    for nth in from..to {
        generator.pass(step_ms);
        let tenant = usize::try_from(nth % TENANTS).ok().and_then(|at| tenants.get(at));
        tenant.map_or(Ok(()), |tenant| tenant.live(&mut generator, nth / TENANTS))?;
    }
    generator.checkpoint((0..WAITING / ACCOUNTS).flat_map(waiting))?;
    generator.settle()?;
    let (events, seconds) = (generator.events(), begun.elapsed().as_secs_f64());
    let disk_bytes = generator.log().bytes_on_disk();
    let (_, peak_mib) = memory_mib(std::process::id()).unwrap_or_default();
    generator.finish()?;
    println!("{events} {} {seconds} {peak_mib} {disk_bytes}", events - before);
    Ok(())
}

fn tenant(nth: u64) -> Tenant {
    Tenant { reports: Some("http://127.0.0.1:9/hooks".to_owned()), ..Tenant::nth(nth, ACCOUNTS, CHATS) }
}

/// A tenant whose accounts have messages waiting.
fn waiter(nth: u64) -> Tenant {
    let gap_ms = (WAITING_GAP_MS, WAITING_GAP_MS);
    Tenant { gap_ms, ..Tenant::nth(TENANTS + nth, ACCOUNTS, ACCOUNTS) }
}

/// Returns the streams of its accounts.
fn waiting(nth: u64) -> Vec<StreamId> {
    (0..ACCOUNTS).filter_map(|account| waiter(nth).account(account)).map(StreamId::Account).collect()
}

/// Adds accounts that have sent one message and wait with the next one.
fn wait(generator: &mut LogGenerator) -> Result<(), GenerateError> {
    for nth in 0..WAITING / ACCOUNTS {
        let tenant = waiter(nth);
        tenant.make(generator)?;
        (0..ACCOUNTS).try_for_each(|nth| tenant.live(generator, nth))?;
        (ACCOUNTS..2 * ACCOUNTS).try_for_each(|nth| tenant.queue(generator, nth))?;
    }
    Ok(())
}

fn sled_alone(args: &[String]) -> io::Result<()> {
    let directory = args.first().map_or_else(|| Path::new(""), Path::new);
    let begun = Instant::now();
    let log = SledLog::open(directory, CACHE_MB).map_err(io::Error::other)?;
    let seconds = begun.elapsed().as_secs_f64();
    let (now, most) = memory_mib(std::process::id())?;
    eprintln!("the log's head is {}", log.head().position);
    println!("{seconds} {now} {most}");
    Ok(())
}

fn print(grown: &[Grown]) {
    println!(
        "| events | written/s | MiB at most meanwhile | bytes on disk an event | first message of a workspace that slept, ms \
         | longest | accepts/s at {CONNECTIONS} connections |"
    );
    println!("|---|---|---|---|---|---|---|");
    for Grown { events, written, loaded, .. } in grown {
        let Written { per_second, peak_mib, disk_bytes } = written;
        let Loaded { first_ms: [first, longest], accepts } = loaded;
        let row = format!("{peak_mib:.0} | {:.0} | {first:.1} | {longest:.1} | {accepts:.0}", disk_bytes / events);
        println!("| {events:.0} | {per_second:.0} | {row} |");
    }
    println!("\n| events | start | ready s | beyond sled s | MiB | MiB at most |\n|---|---|---|---|---|---|");
    for Grown { events, sled, starts, .. } in grown {
        row(*events, "sled alone", sled, None);
        for (name, start) in ["after a clean stop", "after kill -9 under load"].into_iter().zip(starts) {
            row(*events, name, start, Some(sled.seconds));
        }
    }
    charts(grown);
}

fn row(events: f64, name: &str, opened: &Opened, sled: Option<f64>) {
    let Opened { seconds, mib, peak_mib } = opened;
    let beyond = sled.map(|sled| format!("**{:.2}**", seconds - sled)).unwrap_or_default();
    println!("| {events:.0} | {name} | {seconds:.2} | {beyond} | {mib:.0} | {peak_mib:.0} |");
}

fn charts(grown: &[Grown]) {
    let line = |value: fn(&Grown) -> f64| grown.iter().map(|it| (it.events, value(it))).collect::<Vec<_>>();
    let events = ("events in the log", true);
    chart_lines(
        "start",
        "Time until a gateway is ready",
        events,
        ("s", true),
        &[
            ("sled alone", line(|it| it.sled.seconds)),
            ("after a clean stop", line(|it| it.starts[0].seconds)),
            ("after kill -9 under load", line(|it| it.starts[1].seconds)),
        ],
    );
    chart_lines(
        "memory",
        "Memory of a gateway that is ready, and of writing",
        events,
        ("MiB", true),
        &[("ready", line(|it| it.starts[0].mib)), ("at most while writing", line(|it| it.written.peak_mib))],
    );
    chart_lines(
        "growth",
        "Events written and messages accepted",
        events,
        ("per second", true),
        &[("events written", line(|it| it.written.per_second)), ("accepts", line(|it| it.loaded.accepts))],
    );
}
