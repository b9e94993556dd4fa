//! Measures how fast state is rebuilt from the log: a long stream of each kind of actor, by the function that every
//! wake-up uses, and the whole log folded into every actor's state; beside a bare scan of a sled that holds only the
//! same records, decoded by the same codec and folded by the same rules, and beside the same log unsealed. Promised: at
//! least 0.8 of the bare scan's events per second, and 0.9 of the unsealed log's.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures on stdout, words on stderr")]
#![allow(clippy::indexing_slicing, reason = "a bench may fail loudly")]

#[allow(dead_code, reason = "shared with other benches")]
mod kit;
mod scan;

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;

use actors::account::Account;
use actors::chat::Chat;
use actors::decider::Decider;
use actors::runtime::clock::wall_now;
use actors::runtime::replay::replay;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::codec::Opening;
use events::event::Event;
use events::founding::{FORMAT, LogCreated, LogId};
use events::history::{History, ReadMode};
use events::ids::StreamId;
use events::index::Index;
use events::log::{Head, Log};
use events::record::Position;
use events::store::data_dir::{self, DataDir, DataDirOptions};
use events::store::sled_log::SledLog;
use events::time::Timestamp;
use events::vault::{MemoryVault, Vault};
use tidings::bench::figures::{float, median};
use tidings::bench::synthetic::{LogGenerator, Tenant};
use tokio::time::Instant;

use kit::{chart_bars, is_wanted, machine, unless_short};
use scan::Bare;

type Failed = Box<dyn Error + Send + Sync>;

const CACHE_MB: u64 = 256;
/// Messages of one tenant, ten events each: its streams are the long ones.
const MESSAGES: u64 = 100_000;
const SHORT_MESSAGES: u64 = 2_000;
/// Chats of that tenant, among which its messages are shared out.
const CHATS: u64 = 10;
const ROUNDS: usize = 3;
/// One message every two seconds.
const PACE_MS: u64 = 2_000;

fn main() -> io::Result<()> {
    if !is_wanted() {
        return Ok(());
    }
    let messages = unless_short(SHORT_MESSAGES, MESSAGES);
    println!("{}; {messages} messages of 10 events; medians of {ROUNDS} rounds, by turns\n", machine());
    measure(messages).map_err(io::Error::other)
}

fn measure(messages: u64) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let tenant = Tenant { reports: Some("http://127.0.0.1:9/hooks".to_owned()), ..Tenant::nth(0, 1, CHATS) };
    let (account, chat) = (tenant.account(0).ok_or("no account")?, tenant.chat(0).ok_or("no chat")?);
    let sealed = filled(&folder.path().join("sealed"), None, &tenant, messages)?;
    let transparent: Arc<dyn Vault> = Arc::new(MemoryVault::transparent());
    let unsealed = filled(&folder.path().join("unsealed"), Some(&transparent), &tenant, messages)?;
    let both = [&sealed, &unsealed];
    println!(
        "| what | events | bare scan/s | tidings/s | ratio | unsealed/s | of unsealed |\n|---|---|---|---|---|---|---|"
    );
    let opening = Opening::With(sealed.vault());
    let rows = [
        ("workspace", stream::<Workspace>(tenant.workspace, both)?),
        ("account", stream::<Account>(account, both)?),
        ("chat", stream::<Chat>(chat, both)?),
        ("webhook", stream::<Webhook>(tenant.webhook(), both)?),
        ("the whole log", compare(None, both, |bare| everybody(|fold| bare.scan(None, opening, fold)), whole)?),
    ];
    let mut sides = [Vec::new(), Vec::new()];
    for (name, [events, bare, tidings, unsealed]) in &rows {
        let ratios = format!("**{:.2}** | {unsealed:.0} | **{:.2}**", tidings / bare, tidings / unsealed);
        println!("| {name} | {events:.0} | {bare:.0} | {tidings:.0} | {ratios} |");
        sides[0].push(*bare);
        sides[1].push(*tidings);
    }
    let groups: Vec<String> = rows.iter().map(|(name, _)| (*name).to_owned()).collect();
    let [bare, tidings] = sides;
    let series = [("bare scan", bare), ("tidings", tidings)];
    chart_bars("replay", "Events read, decoded and folded", "stream", &groups, ("events/s", false), &series);
    Ok(())
}

/// Writes the messages into a directory, and opens them: sealed by its own vault, or by another one.
fn filled(directory: &Path, vault: Option<&Arc<dyn Vault>>, tenant: &Tenant, messages: u64) -> Result<History, Failed> {
    let began = Timestamp::from_ms(wall_now().ms().saturating_sub_unsigned(messages * PACE_MS));
    let open = || -> Result<(Arc<SledLog>, Arc<dyn Vault>), Failed> {
        // A data directory is opened with its own vault only.
        if let Some(vault) = vault {
            let log = Arc::new(SledLog::open(directory, CACHE_MB)?);
            if log.head() == Head::EMPTY {
                let id = LogId([1; 16]);
                let created = LogCreated { log: id, format: FORMAT, created_at: began, checkpoint_key: String::new() };
                data_dir::found(log.as_ref(), vault.as_ref(), created)?;
            }
            return Ok((log, Arc::clone(vault)));
        }
        let options = DataDirOptions { cache_mb: CACHE_MB, master_key_file: None, now: began, without_vault: false };
        let DataDir { log, vault, .. } = DataDir::open(directory, options)?;
        Ok((log, vault))
    };
    let (log, sealing) = open()?;
    let mut generator = LogGenerator::with(log, sealing, began)?;
    tenant.make(&mut generator)?;
    for nth in 0..messages {
        generator.pass(PACE_MS);
        tenant.live(&mut generator, nth)?;
    }
    generator.finish()?;
    let (log, sealing) = open()?;
    let index = Index::open(Arc::<SledLog>::clone(&log), sealing)?;
    Ok(History::new(log, Arc::new(index), ReadMode::Inline))
}

/// Returns the number of events of the stream or of the whole log, and the medians of all sides' events per second: the
/// bare scan, the log, and the same log unsealed.
fn compare(
    stream: Option<StreamId>,
    [sealed, unsealed]: [&History; 2],
    mut alone: impl FnMut(&Bare) -> Result<u64, Failed>,
    mut tidings: impl FnMut(&History) -> Result<u64, Failed>,
) -> Result<[f64; 4], Failed> {
    let directory = tempfile::tempdir()?;
    let bare = Bare::copy(directory.path(), CACHE_MB, sealed.log(), stream)?;
    let (mut events, mut rounds) = (0, [const { Vec::new() }; 3]);
    for _ in 0..ROUNDS {
        let (scanned, per_second) = timed(|| alone(&bare))?;
        rounds[0].push(per_second);
        for (history, figures) in [sealed, unsealed].into_iter().zip(&mut rounds[1..]) {
            let (folded, per_second) = timed(|| tidings(history))?;
            figures.push(per_second);
            if scanned != folded {
                return Err(format!("{scanned} events scanned, {folded} folded").into());
            }
        }
        events = scanned;
    }
    let [bare, tidings, unsealed] = rounds.map(median);
    eprintln!("{stream:?}: {events} events, ratio {:.2}, of unsealed {:.2}", tidings / bare, tidings / unsealed);
    Ok([float(events), bare, tidings, unsealed])
}

fn timed(mut work: impl FnMut() -> Result<u64, Failed>) -> Result<(u64, f64), Failed> {
    let begun = Instant::now();
    let events = work()?;
    Ok((events, float(events) / begun.elapsed().as_secs_f64()))
}

/// Returns the number of events of one actor's stream, and all sides' events per second.
fn stream<D: Decider>(id: D::Id, both: [&History; 2]) -> Result<[f64; 4], Failed> {
    let stream = Some(D::stream(id));
    let alone = |bare: &Bare| {
        let mut state = D::State::default();
        let events = bare.scan(stream, Opening::With(both[0].vault()), |event| D::apply(&mut state, event));
        std::hint::black_box(&state);
        events
    };
    let tidings = |history: &History| {
        let replayed = replay::<D>(id, history, Position::MAX)?;
        std::hint::black_box(&replayed.state);
        Ok(replayed.revision)
    };
    compare(stream, both, alone, tidings)
}

/// Rebuilds the states of all actors; returns the number of events.
fn whole(history: &History) -> Result<u64, Failed> {
    everybody(|fold| {
        let mut events = 0;
        for stored in history.log().read(1) {
            for event in &history.decode(&stored?)?.events {
                fold(event);
                events += 1;
            }
        }
        Ok(events)
    })
}

fn everybody(read: impl FnOnce(&mut dyn FnMut(&Event)) -> Result<u64, Failed>) -> Result<u64, Failed> {
    let mut everybody = Everybody::default();
    let events = read(&mut |event| everybody.apply(event));
    std::hint::black_box(&everybody);
    events
}

/// The states of all actors.
#[derive(Default)]
struct Everybody {
    workspaces: BTreeMap<StreamId, <Workspace as Decider>::State>,
    accounts: BTreeMap<StreamId, <Account as Decider>::State>,
    chats: BTreeMap<StreamId, <Chat as Decider>::State>,
    webhooks: BTreeMap<StreamId, <Webhook as Decider>::State>,
}

impl Everybody {
    fn apply(&mut self, event: &Event) {
        for stream in event.streams().into_iter().flatten() {
            match stream {
                StreamId::Workspace(_) => Workspace::apply(self.workspaces.entry(stream).or_default(), event),
                StreamId::Account(_) => Account::apply(self.accounts.entry(stream).or_default(), event),
                StreamId::Chat(_) => Chat::apply(self.chats.entry(stream).or_default(), event),
                StreamId::Webhook(_) => Webhook::apply(self.webhooks.entry(stream).or_default(), event),
                StreamId::Log => {}
            }
        }
    }
}
