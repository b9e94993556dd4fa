//! At the end of a story its log goes out as lines and comes back: the lines are checked as an auditor would, another log
//! is made of them, and that one must have the same lines, the same root and the same states.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use events::codec::Opening;
use events::founding::LogId;
use events::ids::WorkspaceId;
use events::log::{Batch, Log, ReadError};
use events::proof::blocks::{self, Builder};
use events::proof::checker::{Checked, Checker, Extent};
use events::proof::checkpoint::Checkpoint;
use events::proof::import::Lines;
use events::proof::line;
use events::proof::prover::Prover;
use events::rebuild::Rebuild;
use events::record::Position;
use events::store::memory_log::MemoryLog;
use events::vault::{MemoryVault, Vault};
use events::verify::verify;
use tidings::audit::export::{Exporter, Selected, Selection};

use super::archive::Archive;
use super::fate::Rng;
use super::life::Machine;
use super::referee::Referee;

const LOG: LogId = LogId([7; 16]);

/// One story in so many ends so, unless `TIDINGS_SIMULATION_IMPORTS_EVERY` says another number: it takes a quarter longer.
const IMPORTS_EVERY: u64 = 4;

/// True if the log of this story is exported and imported.
pub fn is_wanted(seed: u64) -> bool {
    static EVERY: OnceLock<u64> = OnceLock::new();
    let told = || std::env::var("TIDINGS_SIMULATION_IMPORTS_EVERY").ok().and_then(|text| text.parse().ok());
    seed.is_multiple_of(*EVERY.get_or_init(|| told().unwrap_or(IMPORTS_EVERY)))
}

/// Exports the whole log, imports that, and compares what came back.
pub fn comes_back_the_same(machine: &Machine, referee: &mut Referee, rng: &mut Rng) -> Result<(), String> {
    let own = Archive::of(Arc::new(machine.disk.bare_copy()), machine.disk.vault.vault())?;
    let events = own.0.head().position;
    if events == 0 {
        return Ok(());
    }
    let lines = export(&own)?;
    let checkpoint = checkpoint(own.0.log(), 1 + rng.below(events))?;
    let (imported, checked) = import(&lines, checkpoint, rng.next())?;
    same_lines(&lines, &export(&imported)?)?;
    same_root(&imported, checkpoint)?;
    same_states(&own, &imported)?;
    for (what, count) in [("imported events", checked.lines), ("imported without their texts", checked.erased)] {
        *referee.counts.entry(what).or_default() += count;
    }
    let withheld = |at| Err(format!("the export lacks the texts of event {at}, and nobody erased them"));
    checked.first_withheld.map_or(Ok(()), withheld)
}

fn export(archive: &Archive) -> Result<String, String> {
    let selection = Selection { from: 1, to: archive.0.head().position, of: Selected::All };
    let (mut exporter, mut lines) = (Exporter::new(LOG, selection, None), String::new());
    while let Some(piece) = exporter.piece(&archive.0).map_err(|error| format!("the export fails: {error}"))? {
        lines.push_str(&piece);
    }
    Ok(lines)
}

/// Returns the checkpoint that the keeper of proofs would have signed after this event.
fn checkpoint(log: &dyn Log, size: Position) -> Result<Checkpoint, String> {
    let mut builder = Builder::new(LOG);
    for stored in log.read(1) {
        let lines = stored.and_then(|stored| line::lines(&stored, Opening::Shut)).map_err(|error| error.to_string())?;
        for line in lines.iter().filter(|line| line.position <= size) {
            builder.push(line);
        }
    }
    Ok(Checkpoint { log: LOG, generation: 0, size, root: builder.root() })
}

/// Checks the lines, and makes a log of them under new keys.
fn import(lines: &str, checkpoint: Checkpoint, seed: u64) -> Result<(Archive, Checked), String> {
    let (log, vault) = (Arc::new(MemoryLog::default()), Arc::new(MemoryVault::new(seed)));
    // The event that begins a log on a disk would do this.
    vault.extend(&[(WorkspaceId::LOG, 0)]).map_err(|error| error.to_string())?;
    let mut rebuild = Rebuild::into(Arc::clone(&log) as Arc<dyn Log>, Arc::clone(&vault) as Arc<dyn Vault>);
    let (mut checker, mut of_record) = (Checker::new(Extent::Whole, vec![checkpoint]), Lines::default());
    for line in lines.lines() {
        let taken = checker.take(line).map_err(|fault| format!("the checker refuses a line: {fault}: {line}"))?;
        if let Some((record, before)) = of_record.take(taken) {
            let written = rebuild.take(&record, &before);
            written.map_err(|error| format!("the import refuses a record: {error}: {record:?}"))?;
        }
    }
    let told = checker.end().map_err(|fault| format!("the checker refuses the export: {fault}"))?;
    rebuild.finish().map_err(|error| error.to_string())?;
    verify(log.as_ref(), Opening::With(vault.as_ref()), |_| {})
        .map_err(|error| format!("the imported log: {error}"))?;
    Ok((Archive::of(log, vault)?, told))
}

fn same_lines(own: &str, again: &str) -> Result<(), String> {
    let (own_count, count) = (own.lines().count(), again.lines().count());
    if own_count != count {
        return Err(format!("an import has {count} lines, not {own_count}"));
    }
    match own.lines().zip(again.lines()).find(|(own, again)| own != again) {
        Some((own, again)) => Err(format!("an import is exported as another line: {}", differing_members(own, again))),
        None if own != again => Err("an import is exported with other ends of lines".to_owned()),
        None => Ok(()),
    }
}

fn differing_members(own: &str, again: &str) -> String {
    let [own, again]: [serde_json::Map<_, _>; 2] = [own, again].map(|line| serde_json::from_str(line).unwrap());
    let names: BTreeSet<_> = own.keys().chain(again.keys()).filter(|name| own.get(*name) != again.get(*name)).collect();
    format!("event {} differs in {names:?}", own["id"])
}

/// Proves by the hashes that a gateway would store beside the import that the checkpoint still holds.
fn same_root(imported: &Archive, checkpoint: Checkpoint) -> Result<(), String> {
    let log = imported.0.log();
    let root = store_hashes(log).and_then(|()| Prover::new(log, LOG)?.root(checkpoint.size));
    match root {
        Ok(root) if root == checkpoint.root => Ok(()),
        other => Err(format!("a checkpoint does not hold for the import: {other:?} after {} events", checkpoint.size)),
    }
}

fn store_hashes(log: &dyn Log) -> Result<(), ReadError> {
    let (mut builder, mut notes) = (Builder::new(LOG), Vec::new());
    for stored in log.read(1) {
        notes.extend(builder.take(&stored?)?);
    }
    let batch = Batch { after: log.head().position, notes: blocks::newest(notes), ..Batch::default() };
    log.write(&batch).map_err(|error| ReadError::Store(std::io::Error::other(error)))
}

fn same_states(own: &Archive, imported: &Archive) -> Result<(), String> {
    let streams = own.streams()?;
    if imported.streams()? != streams {
        return Err(format!("an import has other streams: {:?}, not {streams:?}", imported.streams()));
    }
    for stream in streams {
        let (own, imported) = (own.folded(stream)?, imported.folded(stream)?);
        if own != imported {
            return Err(format!("an import makes another state: {stream}: {imported} is not {own}"));
        }
    }
    Ok(())
}

#[test]
fn a_line_that_differs_is_named_with_its_members() {
    let own = "{\"id\":\"1\",\"hash\":\"a\"}\n{\"id\":\"2\",\"hash\":\"b\",\"personal\":\"x\"}\n";
    assert_eq!(same_lines(own, own), Ok(()));
    let found = same_lines(own, &own.replace("\"b\"", "\"c\"").replace(",\"personal\":\"x\"", "")).unwrap_err();
    assert_eq!(found, r#"an import is exported as another line: event "2" differs in {"hash", "personal"}"#);
    assert_eq!(same_lines(own, &own[..22]), Err("an import has 1 lines, not 2".to_owned()));
    assert!(same_lines(own, own.trim_end()).is_err());
}
