//! Measures how long a sleeping actor needs for its first answer, by the length of its stream. Measured are its state
//! from the records alone and from its snapshot, and real requests, which find a snapshot wherever there are a
//! thousand events: a command to a sleeping account (it is refused, and leaves nothing behind), the same once the
//! account is awake, and a message for a sleeping workspace. Promised: below 100 ms however long the stream is.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures on stdout, words on stderr")]
#![allow(clippy::indexing_slicing, reason = "a bench may fail loudly")]

#[allow(dead_code, reason = "shared with other benches")]
mod gateway;
#[allow(dead_code, reason = "shared with other benches")]
mod kit;

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actors::account::Account;
use actors::decider::Decider;
use actors::runtime::clock::wall_now;
use actors::runtime::replay::{Replayed, replay, wake};
use events::history::{History, ReadMode};
use events::ids::AccountId;
use events::index::Index;
use events::log::ReadError;
use events::record::Position;
use events::store::data_dir::{DataDir, DataDirOptions};
use events::store::sled_log::SledLog;
use events::time::Timestamp;
use reqwest::Method;
use serde_json::json;
use tidings::bench::figures::{float, median};
use tidings::bench::synthetic::{LogGenerator, Tenant};
use tokio::time::{Instant, sleep};

use gateway::Gateway;
use kit::{chart_lines, is_short, is_wanted, machine};

type Failed = Box<dyn Error + Send + Sync>;

const CACHE_MB: u64 = 256;
/// Events of an account's stream; a message has three there, and one in its workspace's stream.
const LENGTHS: [u64; 6] = [10, 100, 1_000, 10_000, 100_000, 1_000_000];
const SHORT_LENGTHS: [u64; 3] = [10, 1_000, 10_000];
const EVENTS_EACH: u64 = 3;
const CHATS: u64 = 100;
const ROUNDS: usize = 3;
/// One message every two seconds, as an account sends them.
const PACE_MS: u64 = 2_000;
/// Actors sleep after a second, the shortest time that can be set.
const IDLE: (&str, &str) = ("TIDINGS_LIMITS__ACTOR_IDLE_S", "1");
/// After this time they sleep for certain: an idle time, and time to finish an earlier send.
const ASLEEP: Duration = Duration::from_millis(5_500);
const REFUSED: u16 = 409;

fn main() -> io::Result<()> {
    if !is_wanted() {
        return Ok(());
    }
    let lengths = if is_short() { SHORT_LENGTHS.as_slice() } else { &LENGTHS };
    println!("{}; medians of {ROUNDS} rounds\n", machine());
    let directory = tempfile::tempdir()?;
    let tenants: Vec<Tenant> = (0..).zip(lengths).map(|(nth, _)| Tenant::nth(nth, 1, CHATS)).collect();
    fill(directory.path(), &tenants, lengths).map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(directory.path(), &tenants, lengths)).map_err(io::Error::other)
}

async fn measure(directory: &Path, tenants: &[Tenant], lengths: &[u64]) -> Result<(), Failed> {
    let mut rows = Vec::new();
    for (tenant, length) in tenants.iter().zip(lengths) {
        rows.push((
            *length,
            vec![state(directory, tenant, |account, history| replay::<Account>(account, history, Position::MAX))?],
        ));
    }
    let gateway = Gateway::start_with(directory, &[IDLE]).await?;
    let mut rounds = vec![[const { Vec::new() }; 3]; lengths.len()];
    for _ in 0..ROUNDS {
        for (tenant, figures) in tenants.iter().zip(&mut rounds) {
            figures[0].push(settle(&gateway, tenant).await?);
            figures[1].push(settle(&gateway, tenant).await?);
        }
        sleep(ASLEEP).await;
        for (tenant, figures) in tenants.iter().zip(&mut rounds) {
            figures[2].push(accept(&gateway, tenant).await?);
        }
        sleep(ASLEEP).await;
    }
    gateway.stop()?;
    for (((_, row), figures), tenant) in rows.iter_mut().zip(rounds).zip(tenants) {
        row.push(state(directory, tenant, |account, history| {
            wake::<Account>(account, history, Position::MAX).map(|woken| woken.replayed)
        })?);
        row.extend(figures.map(median));
    }
    print(&rows);
    Ok(())
}

fn fill(directory: &Path, tenants: &[Tenant], lengths: &[u64]) -> Result<(), Failed> {
    let messages: u64 = lengths.iter().map(|length| length / EVENTS_EACH).sum();
    let began = wall_now().ms().saturating_sub_unsigned(messages * PACE_MS);
    let mut generator = LogGenerator::open(directory, CACHE_MB, Timestamp::from_ms(began))?;
    tenants.iter().try_for_each(|tenant| tenant.make(&mut generator))?;
    // Messages are mixed evenly, as they arrive in practice: a short stream is a few events far apart.
    let longest = lengths.iter().max().map_or(1, |length| length / EVENTS_EACH);
    for turn in 0..longest {
        for (tenant, length) in tenants.iter().zip(lengths) {
            let messages = length / EVENTS_EACH;
            let (sent, wanted) = (turn * messages / longest, (turn + 1) * messages / longest);
            for nth in sent..wanted {
                generator.pass(PACE_MS);
                tenant.live(&mut generator, nth)?;
            }
        }
    }
    generator.checkpoint([])?;
    Ok(generator.finish()?)
}

/// Returns the milliseconds until the account's state is there, with nothing else being done.
fn state(
    directory: &Path,
    tenant: &Tenant,
    read: impl Fn(AccountId, &History) -> Result<Replayed<<Account as Decider>::State>, ReadError>,
) -> Result<f64, Failed> {
    let options =
        DataDirOptions { cache_mb: CACHE_MB, master_key_file: None, now: Timestamp::default(), without_vault: false };
    let DataDir { log, vault, .. } = DataDir::open(directory, options)?;
    let index = Index::open(Arc::<SledLog>::clone(&log), vault)?;
    let history = History::new(log, Arc::new(index), ReadMode::Inline);
    let account = tenant.account(0).ok_or("no account")?;
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        std::hint::black_box(read(account, &history)?);
        took.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(median(took))
}

/// Returns the milliseconds until an account has refused to settle a message that was sent long ago.
async fn settle(gateway: &Gateway, tenant: &Tenant) -> Result<f64, Failed> {
    let path = format!("/api/v1/messages/{}/settle", tenant.message(0));
    let body = json!({"as": "sent", "reason": "measured"});
    let (status, took) = gateway.time(Method::POST, &path, &tenant.api_key(), &body).await?;
    if status == REFUSED { Ok(ms(took)) } else { Err(format!("{path}: {status}").into()) }
}

/// Returns the milliseconds until a message is accepted.
async fn accept(gateway: &Gateway, tenant: &Tenant) -> Result<f64, Failed> {
    let body = json!({"action": "send", "phone": "+12025550199", "text": "Your order has shipped"});
    let (status, took) = gateway.time(Method::POST, &tenant.inbound_path(), "", &body).await?;
    if status == 200 { Ok(ms(took)) } else { Err(format!("not accepted: {status}").into()) }
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}

const WAYS: [&str; 5] =
    ["from records alone", "from its snapshot", "account asleep", "account awake", "workspace asleep"];

fn print(rows: &[(u64, Vec<f64>)]) {
    println!("| events of the account | {}, ms | of the workspace |", WAYS.join(", ms | "));
    println!("|---|---|---|---|---|---|---|");
    for (length, row) in rows {
        let cells: Vec<String> = row.iter().map(|ms| format!("{ms:.1}")).collect();
        println!("| {length} | {} | {} |", cells.join(" | "), length / EVENTS_EACH);
    }
    let line = |way: usize| rows.iter().filter_map(|(length, row)| Some((float(*length), *row.get(way)?))).collect();
    let series: Vec<_> = WAYS.into_iter().enumerate().map(|(way, name)| (name, line(way))).collect();
    let x = ("events of the account's stream", true);
    chart_lines("wake", "Time from a command to its answer", x, ("ms", true), &series);
}
