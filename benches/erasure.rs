//! Measures how long the erasure of a chat takes, by the number of its messages: from the request until its key is
//! destroyed in both files of the vault, and the event that says so is durable. The chat sleeps, and wakes from the
//! snapshot that it left when it was last awake. Promised: below 100 ms however long the chat is.
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
use events::time::Timestamp;
use reqwest::Method;
use serde_json::json;
use tidings::bench::figures::{float, median};
use tidings::bench::synthetic::{LogGenerator, Tenant};
use tokio::time::sleep;

use gateway::Gateway;
use kit::{chart_lines, is_short, is_wanted, machine};

type Failed = Box<dyn Error + Send + Sync>;

const CACHE_MB: u64 = 256;
/// Messages of a chat.
const LENGTHS: [u64; 3] = [10, 1_000, 100_000];
const SHORT_LENGTHS: [u64; 2] = [10, 1_000];
/// Chats of each length.
const CHATS: usize = 3;
/// One message every two seconds, as an account sends them.
const PACE_MS: u64 = 2_000;
/// After this time a message is sent, delivered and read.
const READ: Duration = Duration::from_secs(8);
const TAKEN: std::ops::Range<u16> = 200..300;

fn main() -> io::Result<()> {
    if !is_wanted() {
        return Ok(());
    }
    let lengths = if is_short() { SHORT_LENGTHS.as_slice() } else { &LENGTHS };
    println!("{}; medians of {CHATS} chats of each length\n", machine());
    let directory = tempfile::tempdir()?;
    let chats: Vec<(u64, Tenant)> = lengths
        .iter()
        .flat_map(|length| [*length; CHATS])
        .zip(0..)
        .map(|(length, nth)| (length, Tenant::nth(nth, 1, 1)))
        .collect();
    fill(directory.path(), &chats).map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let took = runtime.block_on(erase(directory.path(), &chats)).map_err(io::Error::other)?;
    print(lengths, &took);
    Ok(())
}

/// Writes the past of all chats, each in a workspace of its own.
fn fill(directory: &Path, chats: &[(u64, Tenant)]) -> Result<(), Failed> {
    let messages: u64 = chats.iter().map(|(length, _)| length).sum();
    let began = wall_now().ms().saturating_sub_unsigned(messages * PACE_MS);
    let mut generator = LogGenerator::open(directory, CACHE_MB, Timestamp::from_ms(began))?;
    for (length, tenant) in chats {
        tenant.make(&mut generator)?;
        for nth in 0..*length {
            generator.pass(PACE_MS);
            tenant.live(&mut generator, nth)?;
        }
    }
    generator.checkpoint([])?;
    Ok(generator.finish()?)
}

/// Sends one more message to each chat, so that it leaves a snapshot; starts the gateway again, and erases all of them.
/// Returns each chat's number of messages, and the milliseconds that its erasure took.
async fn erase(directory: &Path, chats: &[(u64, Tenant)]) -> Result<Vec<(u64, f64)>, Failed> {
    let id = |tenant: &Tenant| tenant.chat(0).map(|chat| chat.to_string()).ok_or("no chat");
    let gateway = Gateway::start(directory).await?;
    for (_, tenant) in chats {
        let body = json!({"chat_id": id(tenant)?, "text": "One more."});
        expect(gateway.time(Method::POST, "/api/v1/messages", &tenant.api_key(), &body).await?)?;
    }
    sleep(READ).await;
    gateway.stop()?;
    let gateway = Gateway::start(directory).await?;
    let mut took = Vec::new();
    for (length, tenant) in chats {
        let (path, body) = (format!("/api/v1/chats/{}/erase", id(tenant)?), json!({"reason": "measured"}));
        let answered = gateway.time(Method::POST, &path, &tenant.api_key(), &body).await?;
        took.push((*length, expect(answered)?.as_secs_f64() * 1_000.0));
    }
    gateway.stop()?;
    Ok(took)
}

fn expect((status, took): (u16, Duration)) -> Result<Duration, Failed> {
    if TAKEN.contains(&status) { Ok(took) } else { Err(format!("answered with {status}").into()) }
}

fn print(lengths: &[u64], took: &[(u64, f64)]) {
    let of = |length: u64| took.iter().filter(|(of, _)| *of == length).map(|(_, ms)| *ms).collect::<Vec<_>>();
    println!("| messages of the chat | erased in ms | longest |\n|---|---|---|");
    for length in lengths {
        let longest = of(*length).into_iter().fold(0.0, f64::max);
        println!("| {length} | **{:.1}** | {longest:.1} |", median(of(*length)));
    }
    let line = lengths.iter().map(|length| (float(*length), median(of(*length)))).collect();
    let (x, y) = (("messages of the chat", true), ("ms", true));
    chart_lines("erasure", "Time until a chat is erased", x, y, &[("erased", line)]);
}
