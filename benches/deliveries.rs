//! Measures how many reports per second go to one webhook and to a hundred, beside the bare loop of the same run: the
//! same requests by the same client, eight at once for each webhook, without log and actors. Also measures how long
//! after a contact has written the report arrives. Promised: at least 0.2 of the bare loop's rate, and p99 below 100
//! ms.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures on stdout, words on stderr")]
#![allow(clippy::cast_precision_loss, clippy::indexing_slicing, reason = "figures for people, far below 2^52")]

#[allow(dead_code, reason = "shared with other benches")]
mod gateway;
#[allow(dead_code, reason = "shared with other benches")]
mod kit;

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::json;
use tidings::bench::figures::median;
use tidings::bench::receiver::{Arrival, Receiver};
use tidings::config::Success;
use tidings::net::guard::{Guard, Own};
use tidings::outbound::{GuardedPoster, HttpPoster, KeyRing, Request};
use tokio::time::Instant;

use gateway::{Gateway, Workspace, cpu_seconds};
use kit::{chart_bars, machine, unless_short};

/// Number of webhooks, each with a receiver, and of reports to all of them together.
const CASES: [(usize, usize); 2] = [(1, 5_000), (100, 10_000)];
const SHORT_CASES: [(usize, usize); 2] = [(1, 100), (10, 200)];
const ROUNDS: usize = 3;
/// Requests that the gateway makes at once for one webhook.
const AT_ONCE: usize = actors::webhook::AT_ONCE;
const CHATS: usize = 50;
/// Messages per second that contacts write, and the number of reports measured in each case.
const PACES: [(u64, usize); 2] = [(50, 500), (200, 2_000)];
const SHORT_PACES: [(u64, usize); 2] = [(50, 50), (200, 200)];
const PATIENCE: Duration = Duration::from_mins(5);
const POSTED_WITHIN: Duration = Duration::from_secs(15);
/// The argument that makes this program the bare loop.
const BARE_LOOP: &str = "bare-loop";

/// Deliveries per second, and CPU microseconds per delivery.
type Figures = [f64; 2];

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if args.first().is_some_and(|first| first == BARE_LOOP) {
        return runtime.block_on(bare_loop(&args[1], number(&args[2]), number(&args[3]), number(&args[4])));
    }
    if !args.iter().any(|arg| arg == "--bench") {
        eprintln!("measures only under cargo bench");
        return Ok(());
    }
    println!("{}; receivers on the same cores; medians of {ROUNDS} rounds, by turns\n", machine());
    runtime.block_on(async {
        println!("| webhooks | side | deliveries/s | CPU µs/delivery |\n|---|---|---|---|");
        let (mut groups, mut sides) = (Vec::new(), [Vec::new(), Vec::new()]);
        for (receivers, reports) in unless_short(SHORT_CASES, CASES) {
            let both = compare(receivers, reports).await?;
            groups.push(receivers.to_string());
            sides.iter_mut().zip(both).for_each(|(side, per_second)| side.push(per_second));
        }
        let [bare, tidings] = sides;
        let series = [("bare loop", bare), ("tidings", tidings)];
        chart_bars("deliveries", "Reports delivered", "webhooks", &groups, ("deliveries/s", false), &series);
        println!("\n| messages/s | p50 ms | p99 ms | longest ms |\n|---|---|---|---|");
        delays().await
    })
}

fn number(text: &str) -> usize {
    text.parse().unwrap_or_default()
}

/// Runs both sides in turn and prints their medians; returns the deliveries per second of each.
async fn compare(receivers: usize, reports: usize) -> io::Result<[f64; 2]> {
    let (receiver, directory) = (Receiver::start()?, tempfile::tempdir()?);
    let gateway = Gateway::start(directory.path()).await?;
    let workspaces = workspaces(&gateway, &receiver, receivers).await?;
    let mut rounds = [Vec::new(), Vec::new()];
    for round in 1..=ROUNDS {
        let (measured, bytes) = tidings(&gateway, &workspaces, &receiver, reports).await?;
        receiver.clear();
        let bare = bare(&receiver, receivers, reports, bytes)?;
        receiver.clear();
        eprintln!("{receivers} webhooks, round {round}: bare loop {:.0}/s, tidings {:.0}/s", bare[0], measured[0]);
        rounds[0].push(bare);
        rounds[1].push(measured);
    }
    let [bare, tidings] = rounds.map(|figures| medians(&figures));
    for (name, [per_second, cpu_us]) in [("bare loop", bare), ("tidings", tidings)] {
        println!("| {receivers} | {name} | {per_second:.0} | {cpu_us:.0} |");
    }
    println!("| {receivers} | ratio | **{:.2}** | {:.2} |", tidings[0] / bare[0], tidings[1] / bare[1]);
    io::stdout().flush()?;
    Ok([bare[0], tidings[0]])
}

fn medians(rounds: &[Figures]) -> Figures {
    std::array::from_fn(|nth| median(rounds.iter().map(|figures| figures[nth]).collect()))
}

/// Creates workspaces, each with a webhook that is switched off.
async fn workspaces(gateway: &Gateway, receiver: &Receiver, count: usize) -> io::Result<Vec<Workspace>> {
    let mut made = Vec::with_capacity(count);
    for nth in 0..count {
        let workspace = gateway.workspace(&account(nth)).await?;
        let url = format!("http://{}/hooks/{nth}", receiver.address);
        gateway.webhook(&workspace, &json!({"url": url, "enabled": false})).await?;
        made.push(workspace);
    }
    Ok(made)
}

fn account(nth: usize) -> String {
    format!("+1202555{:04}", 9_000 + nth)
}

fn contact(nth: usize) -> String {
    format!("+1202555{:04}", 1_000 + nth % CHATS)
}

/// Measures the gateway: everything is owed before the clock starts, and it stops with the last arrival. Also returns
/// the length of a body.
async fn tidings(
    gateway: &Gateway,
    workspaces: &[Workspace],
    receiver: &Receiver,
    reports: usize,
) -> io::Result<(Figures, usize)> {
    let heard = stream::iter(0..reports).map(async |nth| {
        let text = format!("report {nth}");
        gateway.hear(&account(nth % workspaces.len()), &contact(nth / workspaces.len()), &text).await
    });
    heard.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    for workspace in workspaces {
        while gateway.owed(workspace).await? < (reports / workspaces.len()) as u64 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let (cpu, begun) = (gateway.cpu_seconds()?, Instant::now());
    for workspace in workspaces {
        gateway.webhook(workspace, &json!({"enabled": true})).await?;
    }
    let arrivals = receiver.wait_for(reports, PATIENCE).await?;
    let cpu = gateway.cpu_seconds()? - cpu;
    for workspace in workspaces {
        gateway.webhook(workspace, &json!({"enabled": false})).await?;
    }
    Ok((figures(&arrivals, begun, cpu), arrivals.first().map_or(0, |arrival| arrival.bytes)))
}

fn figures(arrivals: &[Arrival], begun: Instant, cpu_seconds: f64) -> Figures {
    let last = arrivals.iter().map(|arrival| arrival.at).max().unwrap_or(begun);
    let count = arrivals.len() as f64;
    [count / (last - begun).as_secs_f64(), cpu_seconds * 1_000_000.0 / count]
}

/// Measures the bare loop in a process that does nothing else; it prints how long it took and what it cost.
fn bare(receiver: &Receiver, receivers: usize, reports: usize, bytes: usize) -> io::Result<Figures> {
    let numbers = [receivers, reports, bytes].map(|number| number.to_string());
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(BARE_LOOP).arg(receiver.address.to_string()).args(numbers).stderr(Stdio::inherit());
    let told = command.output()?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let mut figures = told.split_whitespace().map(|figure| figure.parse::<f64>().unwrap_or(f64::NAN));
    Ok(std::array::from_fn(|_| figures.next().unwrap_or(f64::NAN)))
}

async fn bare_loop(receiver: &str, receivers: usize, reports: usize, bytes: usize) -> io::Result<()> {
    let own = Own::new(([127, 0, 0, 1], 1).into(), "https://tidings.example");
    let network = "127.0.0.0/8".parse().map_err(|_| io::Error::other("no network"))?;
    let poster = GuardedPoster::within(Guard::new(&[network], own), POSTED_WITHIN, Success::Any2xx);
    let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().map_err(io::Error::other)?;
    let (keys, url) = (KeyRing::new(key), format!("http://{receiver}/hooks/0"));
    let begun = Instant::now();
    let posts = stream::iter(0..reports).map(async |nth| {
        let at = actors::runtime::clock::wall_now();
        let request = Request::signed(url.clone(), &format!("dlv_{nth:016X}"), at, vec![b'x'; bytes], &keys);
        match poster.post(request).await.fault {
            None => Ok(()),
            Some(fault) => Err(io::Error::other(fault.to_string())),
        }
    });
    posts.buffer_unordered(AT_ONCE * receivers).try_collect::<Vec<()>>().await?;
    let per_second = reports as f64 / begun.elapsed().as_secs_f64();
    println!("{per_second} {}", cpu_seconds(std::process::id())? * 1_000_000.0 / reports as f64);
    Ok(())
}

/// Measures the time from when a contact writes until the report arrives, while the webhook is healthy.
async fn delays() -> io::Result<()> {
    let (receiver, directory) = (Receiver::start()?, tempfile::tempdir()?);
    let gateway = Gateway::start(directory.path()).await?;
    let workspaces = workspaces(&gateway, &receiver, 1).await?;
    gateway.webhook(&workspaces[0], &json!({"enabled": true})).await?;
    for (per_second, reports) in unless_short(SHORT_PACES, PACES) {
        receiver.clear();
        let begun = write_evenly(&gateway, per_second, reports).await?;
        let arrivals = receiver.wait_for(reports, PATIENCE).await?;
        let mut ms: Vec<f64> = arrivals
            .iter()
            .filter_map(|arrival| Some((arrival.at - *begun.get(arrival.nth)?).as_secs_f64() * 1_000.0))
            .collect();
        ms.sort_by(f64::total_cmp);
        let at = |percent: usize| ms[(ms.len() * percent / 100).min(ms.len() - 1)];
        println!("| {per_second} | {:.1} | {:.1} | {:.1} |", at(50), at(99), at(100));
    }
    Ok(())
}

/// Writes messages at a steady rate, whether or not earlier reports have arrived; returns when each was written.
async fn write_evenly(gateway: &Gateway, per_second: u64, reports: usize) -> io::Result<Vec<Instant>> {
    let pace = tokio::time::interval(Duration::from_micros(1_000_000 / per_second));
    let ticks = stream::unfold(pace, async |mut pace| {
        pace.tick().await;
        Some((Instant::now(), pace))
    });
    let written = ticks.take(reports).enumerate().map(async |(nth, begun)| {
        gateway.hear(&account(0), &contact(nth), &format!("report {nth}")).await.map(|()| begun)
    });
    written.buffered(AT_ONCE).try_collect().await
}
