//! Measures what ten times the data costs. A log of whole message lives grows to 10 million events, while a thousand
//! accounts have something due all the time. Measured at each size: what writing it took, its space on disk, how a
//! gateway starts on it beside sled's own opening of the same files and with the index made anew, the first message of
//! each workspace after a start, what others wait meanwhile, and how fast it accepts. Promised at 10 million: ready
//! within 1 s of sled after a clean stop and after kill -9; while a million events are written, at most twice the
//! configured cache of memory, and 1.2 times the cache while the index is made anew; the first message of a workspace
//! that slept within 50 ms at p99, and nobody else held up by more than 5 ms; at 64 connections at least 0.85 of the
//! accepts on a small log.
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
use events::log::{Batch, Log};
use events::notes::Space;
use events::store::sled_log::SledLog;
use events::time::Timestamp;
use tempfile::TempDir;
use tidings::bench::figures::{Spread, float, median};
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
/// Rounds of accepts.
const ROUNDS: usize = 3;
const CONNECTIONS: usize = 64;
const LOADED: Duration = Duration::from_secs(3);
/// One workspace that is awake gets messages for this long while nothing else happens, and in pieces of `PROBED` while
/// the others wake.
const QUIET: Duration = Duration::from_secs(1);
const PROBED: Duration = Duration::from_millis(20);

/// The parts that need their own process.
const WRITE: &str = "write";
const SLED_ALONE: &str = "sled-alone";
const FORGET_INDEX: &str = "forget-index";

fn main() -> io::Result<()> {
    if let Some(args) = kit::part(WRITE) {
        return write(&args).map_err(io::Error::other);
    }
    if let Some(args) = kit::part(SLED_ALONE) {
        return sled_alone(&args);
    }
    if let Some(args) = kit::part(FORGET_INDEX) {
        return forget_index(&args).map_err(io::Error::other);
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
    starts: [Opened; 3],
    waits: Waits,
    /// Accepts per second once all workspaces are awake, in each round.
    accepts: Vec<f64>,
    /// A copy of the log, whose gateway was killed.
    copy: TempDir,
}

impl Grown {
    fn median_accepts(&self) -> f64 {
        median(self.accepts.clone())
    }
}

/// How long messages waited.
struct Waits {
    /// How long the first message of each sleeping workspace took.
    firsts: Spread,
    /// How long a workspace that is awake waited for its messages: in a quiet time, and while the others woke.
    quiet: Spread,
    meanwhile: Spread,
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
    // By turns, because machines are noisy.
    for _ in 0..ROUNDS {
        for grown in &mut grown {
            let accepts = accepts(grown.copy.path()).await?;
            grown.accepts.push(accepts);
        }
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
    let copy = tempfile::tempdir()?;
    copied(directory, copy.path())?;
    let (waits, killed) = waits(copy.path()).await?;
    in_own_process(FORGET_INDEX, &[folder(directory)])?;
    let remade = start(directory).await?;
    eprintln!(
        "{to} messages: sled {:.2} s, ready {:.2} s, after kill -9 {:.2} s, with the index made anew {:.2} s",
        seconds, clean.seconds, killed.seconds, remade.seconds
    );
    Ok(Grown { events, written, sled, starts: [clean, killed, remade], waits, accepts: Vec::new(), copy })
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

/// Copies a data directory.
fn copied(from: &Path, to: &Path) -> io::Result<()> {
    let status = Command::new("cp").arg("-r").arg(from.join(".")).arg(to).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("the log cannot be copied")) }
}

fn endpoint(tenant: &Tenant) -> Endpoint {
    Endpoint { path: tenant.inbound_path(), account: tenant.phone(0) }
}

fn endpoints(tenants: u64) -> Vec<Endpoint> {
    (0..tenants).map(|nth| endpoint(&Tenant::nth(nth, ACCOUNTS, CHATS))).collect()
}

/// Measures accepts per second, after a start and a while of the same load.
async fn accepts(directory: &Path) -> io::Result<f64> {
    let gateway = Gateway::start(directory).await?;
    let target = Target { address: gateway.address, endpoints: endpoints(LOADED_TENANTS) };
    post(&target, CONNECTIONS, LOADED).await?;
    let accepts = post(&target, CONNECTIONS, LOADED).await?.per_second;
    gateway.stop()?;
    Ok(accepts)
}

/// Measures how long messages wait on a copy while workspaces wake; kills the gateway under load, and starts it once more.
async fn waits(directory: &Path) -> io::Result<(Waits, Opened)> {
    let endpoints = endpoints(TENANTS);
    // Each workspace has been awake once since its history was written, so it has the snapshot that it left then.
    let gateway = Gateway::start(directory).await?;
    firsts(&gateway, &endpoints).await?;
    gateway.stop()?;
    let gateway = Gateway::start(directory).await?;
    let probe = Target { address: gateway.address, endpoints: vec![endpoint(&waiter(0))] };
    post(&probe, 1, QUIET).await?;
    let quiet = post(&probe, 1, QUIET).await?.spread;
    let (firsts, meanwhile) = {
        let firsts = firsts(&gateway, &endpoints);
        tokio::pin!(firsts);
        let mut meanwhile = Spread::default();
        loop {
            tokio::select! {
                probed = post(&probe, 1, PROBED) => meanwhile = meanwhile.and(probed?.spread),
                done = &mut firsts => break (done?, meanwhile),
            }
        }
    };
    let target = Target { address: gateway.address, endpoints };
    post(&target, CONNECTIONS, QUIET).await?;
    gateway.kill();
    let gateway = Gateway::start(directory).await?;
    Ok((Waits { firsts, quiet, meanwhile }, opened(&gateway)?))
}

/// Posts one message to each workspace, one after the other.
async fn firsts(gateway: &Gateway, endpoints: &[Endpoint]) -> io::Result<Spread> {
    let mut firsts = Spread::default();
    for endpoint in endpoints {
        let target = Target { address: gateway.address, endpoints: vec![endpoint.clone()] };
        firsts = firsts.and(post(&target, 1, Duration::from_nanos(1)).await?.spread);
    }
    Ok(firsts)
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

/// Takes away the mark that says how far the index reaches, so that the next start makes all of it anew.
fn forget_index(args: &[String]) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let directory = args.first().map_or_else(|| Path::new(""), Path::new);
    let log = SledLog::open(directory, CACHE_MB)?;
    let notes = vec![(Space::IndexCovered.key(&[]), None)];
    log.write(&Batch { after: log.head().position, notes, ..Batch::default() })?;
    log.sync()?;
    println!("0");
    Ok(())
}

fn print(grown: &[Grown]) {
    println!("| events | written/s | MiB at most meanwhile | bytes on disk an event |\n|---|---|---|---|");
    for Grown { events, written: Written { per_second, peak_mib, disk_bytes }, .. } in grown {
        println!("| {events:.0} | {per_second:.0} | {peak_mib:.0} | {:.0} |", disk_bytes / events);
    }
    println!(
        "\n| events | first message of a workspace that slept, p50 ms | p99 | another's message in a quiet time, p99 ms \
         | longest | while the others wake, p99 ms | longest | accepts/s at {CONNECTIONS} connections | of the smallest log |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let smallest = grown.first().map_or(f64::NAN, Grown::median_accepts);
    for it in grown {
        let (Waits { firsts, quiet, meanwhile }, accepts) = (&it.waits, it.median_accepts());
        let first = format!("{:.1} | **{:.1}**", firsts.ms(50), firsts.ms(99));
        let [quiet, meanwhile] = [quiet, meanwhile].map(|it| format!("{:.1} | {:.1}", it.ms(99), it.ms(100)));
        let ratio = accepts / smallest;
        println!("| {:.0} | {first} | {quiet} | {meanwhile} | {accepts:.0} | **{ratio:.2}** |", it.events);
    }
    println!("\n| events | start | ready s | beyond sled s | MiB | MiB at most |\n|---|---|---|---|---|---|");
    for Grown { events, sled, starts, .. } in grown {
        row(*events, "sled alone", sled, None);
        let names = ["after a clean stop", "after kill -9 under load", "with the index made anew"];
        for (name, start) in names.into_iter().zip(starts) {
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
            ("with the index made anew", line(|it| it.starts[2].seconds)),
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
        &[("events written", line(|it| it.written.per_second)), ("accepts", line(Grown::median_accepts))],
    );
}
