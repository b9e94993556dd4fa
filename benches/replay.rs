//! Measures how fast state is rebuilt from the log: a long stream of each kind of actor, by the function that every
//! wake-up uses, and the whole log folded into every actor's state; beside a bare scan of a sled that holds only the
//! same records, decoded by the same codec and folded by the same rules. Promised: at least 0.8 of the bare scan's
//! events per second.
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
use events::history::{History, ReadMode};
use events::ids::StreamId;
use events::index::Index;
use events::log::Log;
use events::record::Position;
use events::store::data_dir::{DataDir, DataDirOptions};
use events::store::sled_log::SledLog;
use events::time::Timestamp;
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
    let directory = tempfile::tempdir()?;
    let tenant = Tenant { reports: Some("http://127.0.0.1:9/hooks".to_owned()), ..Tenant::nth(0, 1, CHATS) };
    fill(directory.path(), &tenant, messages)?;
    let options = DataDirOptions { cache_mb: CACHE_MB, master_key_file: None, now: Timestamp::default() };
    let DataDir { log, vault, .. } = DataDir::open(directory.path(), options)?;
    let index = Index::open(Arc::<SledLog>::clone(&log), vault)?;
    let (account, chat) = (tenant.account(0).ok_or("no account")?, tenant.chat(0).ok_or("no chat")?);
    let history = History::new(log, Arc::new(index), ReadMode::Inline);
    let opening = Opening::With(history.vault());
    println!("| what | events | bare scan/s | tidings/s | ratio |\n|---|---|---|---|---|");
    let ratios = [
        ("workspace", stream::<Workspace>(tenant.workspace, &history)?),
        ("account", stream::<Account>(account, &history)?),
        ("chat", stream::<Chat>(chat, &history)?),
        ("webhook", stream::<Webhook>(tenant.webhook(), &history)?),
        (
            "the whole log",
            compare(history.log(), None, |bare| everybody(|fold| bare.scan(None, opening, fold)), || whole(&history))?,
        ),
    ];
    let mut sides = [Vec::new(), Vec::new()];
    for (name, [events, bare, tidings]) in &ratios {
        println!("| {name} | {events:.0} | {bare:.0} | {tidings:.0} | **{:.2}** |", tidings / bare);
        sides[0].push(*bare);
        sides[1].push(*tidings);
    }
    let groups: Vec<String> = ratios.iter().map(|(name, _)| (*name).to_owned()).collect();
    let [bare, tidings] = sides;
    let series = [("bare scan", bare), ("tidings", tidings)];
    chart_bars("replay", "Events read, decoded and folded", "stream", &groups, ("events/s", false), &series);
    Ok(())
}

fn fill(directory: &Path, tenant: &Tenant, messages: u64) -> Result<(), Failed> {
    let began = wall_now().ms().saturating_sub_unsigned(messages * PACE_MS);
    let mut generator = LogGenerator::open(directory, CACHE_MB, Timestamp::from_ms(began))?;
    tenant.make(&mut generator)?;
    for nth in 0..messages {
        generator.pass(PACE_MS);
        tenant.live(&mut generator, nth)?;
    }
    Ok(generator.finish()?)
}

/// Returns the number of events of the stream or of the whole log, and the medians of both sides' events per second.
fn compare(
    log: &dyn Log,
    stream: Option<StreamId>,
    mut alone: impl FnMut(&Bare) -> Result<u64, Failed>,
    mut tidings: impl FnMut() -> Result<u64, Failed>,
) -> Result<[f64; 3], Failed> {
    let directory = tempfile::tempdir()?;
    let bare = Bare::copy(directory.path(), CACHE_MB, log, stream)?;
    let (mut events, mut rounds) = (0, [Vec::new(), Vec::new()]);
    for _ in 0..ROUNDS {
        let (scanned, per_second) = timed(|| alone(&bare))?;
        rounds[0].push(per_second);
        let (folded, per_second) = timed(&mut tidings)?;
        rounds[1].push(per_second);
        if scanned != folded {
            return Err(format!("{scanned} events scanned, {folded} folded").into());
        }
        events = folded;
    }
    let [bare, tidings] = rounds.map(median);
    eprintln!("{stream:?}: {events} events, ratio {:.2}", tidings / bare);
    Ok([float(events), bare, tidings])
}

fn timed(mut work: impl FnMut() -> Result<u64, Failed>) -> Result<(u64, f64), Failed> {
    let begun = Instant::now();
    let events = work()?;
    Ok((events, float(events) / begun.elapsed().as_secs_f64()))
}

/// Returns the number of events of one actor's stream, and both sides' events per second.
fn stream<D: Decider>(id: D::Id, history: &History) -> Result<[f64; 3], Failed> {
    let stream = Some(D::stream(id));
    let alone = |bare: &Bare| {
        let mut state = D::State::default();
        let events = bare.scan(stream, Opening::With(history.vault()), |event| D::apply(&mut state, event));
        std::hint::black_box(&state);
        events
    };
    let tidings = || {
        let replayed = replay::<D>(id, history, Position::MAX)?;
        std::hint::black_box(&replayed.state);
        Ok(replayed.revision)
    };
    compare(history.log(), stream, alone, tidings)
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
