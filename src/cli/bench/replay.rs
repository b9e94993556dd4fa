//! `tidings bench replay`: how fast an account's state is replayed from the log, compared with a plain file of the
//! same records.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actors::account::Account;
use actors::runtime::clock::wall_now;
use actors::runtime::replay::replay;
use events::codec::{Opening, decode_record};
use events::event::Event;
use events::history::{History, ReadMode};
use events::ids::StreamId;
use events::index::Index;
use events::log::Log;
use events::record::Position;
use events::store::data_dir::{DataDir, DataDirOptions};
use events::store::sled_log::SledLog;
use events::time::Timestamp;
use tokio::time::Instant;

use super::gateway::data_dir;
use super::{Bench, Figures, failed};
use crate::bench::figures::{Spread, per_second};
use crate::bench::synthetic::{GenerateError, LogGenerator, Tenant};
use crate::cli::data_dir::{not_opened, unreadable};
use crate::cli::exit::{Exit, Failure};

/// Messages of one account. Each adds three of its six events to the account's stream.
const MESSAGES: u64 = 10_000;
const CHATS: u64 = 100;

pub(super) fn measure(bench: &Bench) -> Result<Figures, Failure> {
    let tenant = Tenant::nth(0, 1, CHATS);
    fill(bench, &tenant)?;
    let cache_mb = bench.config.log.cache_mb;
    let options = DataDirOptions { cache_mb, master_key_file: None, now: Timestamp::default(), without_vault: false };
    let DataDir { log, vault, .. } = DataDir::open(&data_dir(bench), options).map_err(|error| not_opened(&error))?;
    let index = Index::open(Arc::<SledLog>::clone(&log), vault).map_err(|error| unreadable(&error))?;
    let history = History::new(Arc::<SledLog>::clone(&log), Arc::new(index), ReadMode::Inline).shut();
    let account = tenant.account(0).ok_or_else(|| Failure::new(Exit::Failed, "no account"))?;
    let (plain, records) = plain_file(bench, log.as_ref())?;
    let (begun, mut by_log, mut by_file) = (Instant::now(), Vec::new(), Vec::new());
    let (mut events, mut read) = (0, 0);
    while begun.elapsed() < bench.time || by_log.is_empty() {
        let turn = Instant::now();
        let state = replay::<Account>(account, &history, Position::MAX);
        events += std::hint::black_box(state).map_err(|error| unreadable(&error))?.revision;
        by_log.push(turn.elapsed());
        let turn = Instant::now();
        read += decoded(&plain, &records)?;
        by_file.push(turn.elapsed());
    }
    Ok(Figures {
        unit: "events of one account's stream",
        per_second: per_second(events, by_log.iter().sum()),
        spread: Spread::of(by_log),
        each: "30,000 events of one account",
        syncs_each: None,
        limit: per_second(read, by_file.iter().sum::<Duration>()),
        limit_is: "a plain file of the whole log, read and decoded: the account's events of it".to_owned(),
        disk: None,
    })
}

fn fill(bench: &Bench, tenant: &Tenant) -> Result<(), GenerateError> {
    let mut generator = LogGenerator::open(&data_dir(bench), bench.config.log.cache_mb, wall_now())?;
    tenant.make(&mut generator)?;
    (0..MESSAGES).try_for_each(|nth| tenant.live(&mut generator, nth))?;
    generator.finish()
}

/// Writes the log's records to a file, one after the other. Returns its path and the records' lengths.
fn plain_file(bench: &Bench, log: &dyn Log) -> Result<(PathBuf, Vec<usize>), Failure> {
    let (mut bytes, mut lengths) = (Vec::new(), Vec::new());
    for stored in log.read(1) {
        let stored = stored.map_err(|error| unreadable(&error))?;
        lengths.push(stored.bytes.len());
        bytes.extend(stored.bytes);
    }
    let path = bench.folder.join("plain");
    fs::write(&path, bytes).map_err(|error| failed(&error))?;
    Ok((path, lengths))
}

/// Reads and decodes the file. Returns the number of events in it that belong to an account's stream.
fn decoded(path: &Path, lengths: &[usize]) -> Result<u64, Failure> {
    let bytes = fs::read(path).map_err(|error| failed(&error))?;
    let (mut rest, mut events) = (bytes.as_slice(), 0);
    for length in lengths {
        let Some((record, after)) = rest.split_at_checked(*length) else { break };
        let record = decode_record(record, Opening::Shut).map_err(|error| Failure::because(Exit::Failed, &error))?;
        let of_account = |event: &&Event| event.streams().iter().flatten().any(|it| matches!(it, StreamId::Account(_)));
        events += record.events.iter().filter(of_account).count() as u64;
        rest = after;
    }
    Ok(events)
}
