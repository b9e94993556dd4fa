//! Measures what an actor costs in memory, awake and asleep. A gateway opens a log of a hundred thousand chats and of
//! twenty thousand accounts, workspaces and webhooks each; its resident memory is measured before and after waking
//! all actors of one kind, and beside a gateway on a log of as many messages of one workspace. The page cache is as
//! small as possible. Promised: at most 8 KiB for each actor that is awake, and at most 256 bytes for each that
//! sleeps.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures on stdout, words on stderr")]
#![allow(clippy::indexing_slicing, reason = "a bench may fail loudly")]

#[allow(dead_code, reason = "shared with other benches")]
mod kit;

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use actors::account::Account;
use actors::chat::Chat;
use actors::runtime::clock::wall_now;
use actors::runtime::registry::Kind;
use actors::runtime::shard::ShardHandle;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::log::Log;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tidings::bench::figures::float;
use tidings::bench::synthetic::{GenerateError, LogGenerator, Tenant};
use tidings::config::{Config, Overrides};
use tidings::gateway::{self, Started};
use tokio::time::sleep;

use kit::{chart_bars, folder, in_own_process, is_wanted, machine, unless_short};

type Failed = Box<dyn Error + Send + Sync>;

/// The smallest cache that is allowed.
const CACHE_MB: u64 = 16;
const TENANTS: u64 = 20_000;
const SHORT_TENANTS: u64 = 500;
/// Chats of each tenant, which also has one account and one webhook.
const CHATS: u64 = 5;
/// Actors woken at once.
const AT_ONCE: usize = 64;
/// Time for everything that starts by itself to settle.
const SETTLING: Duration = Duration::from_secs(3);

/// The part that needs its own process.
const WEIGH: &str = "weigh";
const NAMES: [&str; 4] = ["chat", "account", "workspace", "webhook"];

fn main() -> io::Result<()> {
    if let Some(args) = kit::part(WEIGH) {
        let [directory, tenants] = args.as_slice() else { return Ok(()) };
        let tenants = tenants.parse().unwrap_or(0);
        return actix::System::new().block_on(weigh(Path::new(directory), tenants)).map_err(io::Error::other);
    }
    if !is_wanted() {
        return Ok(());
    }
    let tenants = unless_short(SHORT_TENANTS, TENANTS);
    println!("{}; {CACHE_MB} MiB of cache\n", machine());
    let (few, many) = (tempfile::tempdir()?, tempfile::tempdir()?);
    fill(few.path(), 1, tenants * CHATS).map_err(io::Error::other)?;
    fill(many.path(), tenants, CHATS).map_err(io::Error::other)?;
    let without = in_own_process(WEIGH, &[folder(few.path()), "0".to_owned()])?;
    let with = in_own_process(WEIGH, &[folder(many.path()), tenants.to_string()])?;
    print(tenants, &without, &with);
    Ok(())
}

fn fill(directory: &Path, tenants: u64, messages_each: u64) -> Result<(), GenerateError> {
    let mut generator = LogGenerator::open(directory, CACHE_MB, wall_now())?;
    for nth in 0..tenants {
        let tenant = tenant(nth);
        tenant.make(&mut generator)?;
        (0..messages_each).try_for_each(|nth| tenant.live(&mut generator, nth))?;
    }
    // Nothing is due, so all actors sleep.
    generator.checkpoint([])?;
    generator.finish()
}

fn tenant(nth: u64) -> Tenant {
    Tenant { reports: Some("http://127.0.0.1:9/hooks".to_owned()), ..Tenant::nth(nth, 1, CHATS) }
}

async fn start(directory: &Path) -> Result<Started, Failed> {
    let environment = [
        ("TIDINGS_SIMULATOR__ENABLED", "true"),
        ("TIDINGS_LOG__CACHE_MB", "16"),
        ("TIDINGS_ADMIN_KEY", "adm_Bench0perator000000000000000000000000042"),
    ];
    let overrides = Overrides { listen: None, data_dir: Some(directory.to_owned()) };
    let config = Config::load(None, environment, overrides)?;
    Ok(gateway::start(&config, SocketAddr::from((Ipv4Addr::LOCALHOST, 1)), false).await?)
}

/// Prints the resident KiB of a gateway at rest, and after waking all chats, accounts, workspaces and webhooks, kind
/// by kind.
async fn weigh(directory: &Path, tenants: u64) -> Result<(), Failed> {
    let started = start(directory).await?;
    // Fill the page cache now, and not while actors are measured.
    started.log.read(1).try_for_each(|stored| stored.map(drop))?;
    sleep(SETTLING).await;
    let shard = started.gateway.shard.clone();
    let mut told = vec![resident_kib()?];
    let everybody: Vec<Tenant> = (0..tenants).map(tenant).collect();
    let chats = everybody.iter().flat_map(|tenant| (0..CHATS).filter_map(|nth| tenant.chat(nth)));
    told.push(woken::<Chat>(&shard, chats.collect()).await?);
    told.push(woken::<Account>(&shard, everybody.iter().filter_map(|tenant| tenant.account(0)).collect()).await?);
    told.push(woken::<Workspace>(&shard, everybody.iter().map(|tenant| tenant.workspace).collect()).await?);
    told.push(woken::<Webhook>(&shard, everybody.iter().map(Tenant::webhook).collect()).await?);
    let told: Vec<String> = told.iter().map(u64::to_string).collect();
    println!("{}", told.join(" "));
    // A clean stop is not needed here.
    std::process::exit(0)
}

async fn woken<D: Kind>(shard: &ShardHandle, ids: Vec<D::Id>) -> Result<u64, Failed> {
    let looks = stream::iter(ids)
        .map(|id| async move { shard.inspect::<D, ()>(id, |_| ()).await.map(drop).map_err(|error| error.to_string()) });
    looks.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    resident_kib()
}

fn resident_kib() -> Result<u64, Failed> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    Ok(kib.ok_or("no VmRSS")?.parse()?)
}

fn print(tenants: u64, without: &[f64], with: &[f64]) {
    println!("| what | how many | bytes each |\n|---|---|---|");
    let asleep = (with.first().unwrap_or(&0.0) - without.first().unwrap_or(&0.0)) * 1_024.0;
    let sleepers = tenants * (CHATS + 3);
    println!("| asleep, of any kind | {sleepers} | {:.0} |", asleep / float(sleepers));
    let mut bytes = Vec::new();
    for (name, pair) in NAMES.iter().zip(with.windows(2)) {
        let many = if *name == "chat" { tenants * CHATS } else { tenants };
        let [before, after] = pair else { continue };
        let each = (after - before) * 1_024.0 / float(many);
        println!("| {name} awake | {many} | **{each:.0}** |");
        bytes.push(each);
    }
    let groups: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    chart_bars("actors", "Memory of an actor that is awake", "kind", &groups, ("bytes", false), &[("awake", bytes)]);
}
