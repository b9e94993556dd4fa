//! `tidings events import`: makes a data directory out of an export.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ::actors::runtime::agenda::{self, MakeError};
use events::event::Event;
use events::history::{History, ReadMode};
use events::index::Index;
use events::proof::checker::{Checked, Checker, Extent};
use events::proof::exported::{self, Exported};
use events::proof::import::Lines;
use events::rebuild::{Rebuild, RebuildError};
use events::store::data_dir::{DataDir, DataDirOptions};
use events::store::import;
use events::store::lifecycle::Closed;
use events::store::sled_log::SledLog;
use events::time::Timestamp;
use serde_json::json;

use super::args::{Cli, ImportArgs};
use super::data_dir::{not_opened, unreadable};
use super::exit::{Exit, Failure};
use super::export_lines::ExportLines;
use super::progress::Progress;
use super::verify::checkpoints_for;
use super::{print, print_row, say};
use crate::config::Config;
use crate::gateway;

/// How the name of a directory begins that is not whole. If a kill left one behind, anyone may delete it.
const UNFINISHED: &str = ".tidings-import-";
const CLOSED_POLL: Duration = Duration::from_millis(2);
/// What an export does not hold, and what follows from that.
const NOT_IN_AN_EXPORT: &str = "Not in an export, so new or gone here:
  signing keys: tell each receiver its new one (tidings outbound secret)
  the operator's key: the next start makes one, unless it is preset
  inbound URLs in clear: they go on working, but only a rotation shows one again; API keys go on working
  the keys of requests of the last 24 h: a repeated Idempotency-Key is taken for a new request
  attempts, tries and mails that were kept beside the log
Messages that were queued are sent once a gateway starts on this directory, even if they were sent elsewhere meanwhile.
";

pub(super) fn run(cli: &Cli, args: &ImportArgs) -> Result<(), Failure> {
    let Some(directory) = cli.data_dir.as_deref() else {
        let message = "name the new data directory with --data-dir";
        return Err(Failure::new(Exit::Usage, message).hint("an import never writes into one that is there"));
    };
    let config = super::config(cli, None)?;
    refuse_existing(directory)?;
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // It gets its name once it is whole, and is removed if it does not get so far.
    let unfinished = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(parent);
    let unfinished = unfinished.map_err(|error| unwritten(directory, &error))?;
    let checked = fill(cli, args, &config, unfinished.path())?;
    prepare_start(cli, &config, unfinished.path())?;
    // An empty directory may be there already.
    fs::remove_dir(directory).or_else(missing_is_fine).map_err(|error| unwritten(directory, &error))?;
    fs::rename(unfinished.path(), directory).map_err(|error| unwritten(directory, &error))?;
    drop(unfinished.keep());
    File::open(parent).and_then(|parent| parent.sync_all()).map_err(|error| unwritten(directory, &error))?;
    tell(cli, directory, &checked)
}

fn refuse_existing(directory: &Path) -> Result<(), Failure> {
    let is_empty = match fs::read_dir(directory) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if is_empty {
        return Ok(());
    }
    let message = format!("{} is there already and not empty", directory.display());
    Err(Failure::new(Exit::DataInUse, message).hint("name a new directory with --data-dir"))
}

fn missing_is_fine(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("cannot write {}: {error}", path.display()))
}

/// Verifies the export while its records are written.
fn fill(cli: &Cli, args: &ImportArgs, config: &Config, directory: &Path) -> Result<Checked, Failure> {
    let mut lines = ExportLines::open(&args.file)?;
    let Some(mut line) = lines.next()? else {
        return Err(Failure::new(Exit::Integrity, "the export is empty"));
    };
    let first = exported::read(&line).map_err(|fault| lines.wrong(&fault))?;
    let checkpoints = checkpoints_for(&args.checkpoint, args.key.as_ref(), &line)?;
    let (closed, mut rebuild) = begin(config, directory, &first, &lines)?;
    let mut checker = Checker::new(Extent::Whole, checkpoints);
    let (mut of_record, mut progress) = (Lines::default(), Progress::of("Importing", cli.json));
    loop {
        let taken = checker.take(&line).map_err(|fault| lines.wrong(&fault))?;
        if let Some((record, before)) = of_record.take(taken) {
            rebuild.take(&record, &before).map_err(|error| not_taken(&error, &lines))?;
        }
        progress.tell(lines.read, lines.bytes);
        match lines.next()? {
            Some(next) => line = next,
            None => break,
        }
    }
    progress.end();
    let told = checker.end().map_err(|fault| Failure::new(Exit::Integrity, fault.to_string()))?;
    rebuild.finish().map_err(|error| Failure::because(Exit::Failed, &error))?;
    until(&closed);
    Ok(told)
}

fn begin(
    config: &Config,
    directory: &Path,
    first: &Exported,
    lines: &ExportLines,
) -> Result<(Closed, Rebuild), Failure> {
    let Event::LogCreated(created) = &first.event else {
        return Err(lines.wrong(&"an import needs the whole log, from its creation on"));
    };
    if created.format != events::founding::FORMAT {
        return Err(lines.wrong(&format!("a log of format {}, which this version does not write", created.format)));
    }
    gateway::prepare_directory(directory).map_err(|error| Failure::because(Exit::Failed, &error))?;
    let begun = import::begin(directory, created, config.log.cache_mb, config.master_key_file.as_deref());
    begun.map_err(|error| not_opened(&error))
}

fn not_taken(error: &RebuildError, lines: &ExportLines) -> Failure {
    match error {
        RebuildError::Beyond | RebuildError::Encode(_) => lines.wrong(error),
        RebuildError::Read(error) => unreadable(error),
        RebuildError::Write(_) | RebuildError::Vault(_) => Failure::because(Exit::Failed, error),
    }
}

/// Opens the directory once and finds what is outstanding, so that its first start does not take longer than any other.
fn prepare_start(cli: &Cli, config: &Config, directory: &Path) -> Result<(), Failure> {
    let options = DataDirOptions {
        cache_mb: config.log.cache_mb,
        master_key_file: config.master_key_file.as_deref(),
        now: Timestamp::default(),
        without_vault: false,
    };
    let DataDir { log, vault, secrets, .. } = DataDir::open(directory, options).map_err(|error| not_opened(&error))?;
    let closed = log.closed();
    let index = Index::open(Arc::<SledLog>::clone(&log), vault).map_err(|error| unreadable(&error))?;
    let history = History::new(log, Arc::new(index), ReadMode::Inline);
    let mut progress = Progress::of("Looking for what is outstanding", cli.json);
    let made = agenda::make(&history, |streams| progress.count(streams));
    progress.end();
    made.map_err(|error| match error {
        MakeError::Read(error) => unreadable(&error),
        MakeError::Write(_) => Failure::because(Exit::Failed, &error),
    })?;
    drop((history, secrets));
    until(&closed);
    Ok(())
}

/// Waits until the store has let go of its files.
fn until(closed: &Closed) {
    while !closed.is_closed() {
        thread::sleep(CLOSED_POLL);
    }
}

fn tell(cli: &Cli, directory: &Path, checked: &Checked) -> Result<(), Failure> {
    let Checked { log, last, checkpoints, root, .. } = checked;
    if cli.json {
        return print_row(
            cli,
            &json!({"ok": true, "log": log, "position": last, "root": root, "checkpoints": checkpoints}),
        );
    }
    say(NOT_IN_AN_EXPORT);
    print(&format!("Imported {last} events of log {log} into {}\n", directory.display()))
}
