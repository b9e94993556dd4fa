//! `tidings bench`: what this machine and its disk can do, measured in a folder that is removed afterwards.

mod accept;
mod append;
mod deliver;
mod gateway;
mod place;
mod replay;

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use self::place::Place;
use super::args::{BenchArgs, BenchCommand, Cli};
use super::exit::{Exit, Failure};
use super::table::{self, Column};
use super::{print, say};
use crate::bench::disk::{self, DiskFigures};
use crate::bench::figures::Spread;
use crate::bench::synthetic::GenerateError;
use crate::config::Config;

/// How long to measure the plain disk before and after the work, unless the measurement itself is shorter.
const DISK: Duration = Duration::from_millis(500);

/// The settings of a measurement.
struct Bench {
    /// An empty folder on the disk to measure.
    folder: PathBuf,
    /// The configuration of a gateway there.
    config: Config,
    time: Duration,
}

/// Measures, and prints the result.
pub(super) fn run(cli: &Cli, command: &BenchCommand) -> Result<(), Failure> {
    let (what, args) = match command {
        BenchCommand::Append(args) => ("append", &args.bench),
        BenchCommand::Accept(args) => ("accept", &args.bench),
        BenchCommand::Replay(args) => ("replay", args),
        BenchCommand::Deliver(args) => ("deliver", args),
    };
    let BenchArgs { seconds, dir } = args;
    let config = super::config(cli, None)?;
    let place = Place::make(dir.as_deref(), &config.data_dir)?;
    say(&format!("Measuring in {} for {seconds} s; Ctrl-C ends it\n", place.parent().display()));
    let bench = Bench { folder: place.folder().to_owned(), config, time: Duration::from_secs(*seconds) };
    let command = command.clone();
    let measured = until_stopped(move || match command {
        BenchCommand::Append(args) => append::measure(&bench, args.batch),
        BenchCommand::Accept(args) => accept::measure(&bench, args.connections),
        BenchCommand::Replay(_) => replay::measure(&bench),
        BenchCommand::Deliver(_) => deliver::measure(&bench),
    });
    let parent = place.parent().to_owned();
    place.remove()?;
    let figures = json(what, &parent, *seconds, &measured?);
    print(&table::view(cli.json, &figures, LINES))
}

/// Measures on a thread of its own, so that a signal can end it at any moment.
fn until_stopped(measure: impl FnOnce() -> Result<Figures, Failure> + Send + 'static) -> Result<Figures, Failure> {
    let (done, measured) = oneshot::channel();
    thread::spawn(move || {
        // After a stop signal nobody receives the result.
        let _ = done.send(measure());
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| failed(&error))?.block_on(async {
        let mut signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        let [Ok(interrupt), Ok(terminate)] = &mut signals else {
            return Err(Failure::new(Exit::Failed, "signals cannot be heard"));
        };
        tokio::select! {
            measured = measured => measured.unwrap_or_else(|_| Err(Failure::new(Exit::Failed, "the measurement broke"))),
            _ = interrupt.recv() => Err(Failure::new(Exit::Failed, "stopped")),
            _ = terminate.recv() => Err(Failure::new(Exit::Failed, "stopped")),
        }
    })
}

/// The result of a measurement.
struct Figures {
    unit: &'static str,
    per_second: f64,
    /// How long each one took.
    spread: Spread,
    /// Name of the thing that `spread` measures.
    each: &'static str,
    /// Syncs of the file per counted unit; `None` if nothing is written.
    syncs_each: Option<f64>,
    /// The rate per second that a plain file on this disk reaches with the same work, and its description.
    limit: f64,
    limit_is: String,
    /// Appends to a plain file, if the limit is based on them.
    disk: Option<DiskFigures>,
}

impl Bench {
    /// Runs some work, and measures appends of `bytes` bytes to the disk before and after it.
    fn beside_the_disk<T>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<(T, DiskFigures), Failure> {
        let appends = || disk::appends(&self.folder, bytes, DISK.min(self.time)).map_err(|error| failed(&error));
        let before = appends()?;
        let done = work()?;
        Ok((done, before.and(appends()?)))
    }
}

const LINES: &[Column] = &[
    ("measured", "/measured"),
    ("in", "/folder"),
    ("per second", "/per_second"),
    ("what", "/unit"),
    ("p50 ms", "/p50_ms"),
    ("p99 ms", "/p99_ms"),
    ("times are of", "/each"),
    ("fdatasync per unit", "/fdatasync_each"),
    ("disk: appends and syncs per second", "/disk/per_second"),
    ("disk: p50 ms", "/disk/p50_ms"),
    ("disk: p99 ms", "/disk/p99_ms"),
    ("limit per second", "/limit/per_second"),
    ("the limit is", "/limit/is"),
    ("share of the limit", "/share"),
];

fn json(what: &str, folder: &Path, seconds: u64, figures: &Figures) -> Value {
    let Figures { unit, per_second, spread, each, syncs_each, limit, limit_is, disk } = figures;
    let disk = disk.as_ref().map(|disk| {
        let (p50, p99) = (disk.spread.ms(50), disk.spread.ms(99));
        json!({"per_second": whole(disk.per_second), "p50_ms": rounded(p50, 1e3), "p99_ms": rounded(p99, 1e3)})
    });
    json!({
        "measured": what, "folder": folder.display().to_string(), "seconds": seconds, "unit": unit,
        "per_second": whole(*per_second), "each": each,
        "p50_ms": rounded(spread.ms(50), 1e3), "p99_ms": rounded(spread.ms(99), 1e3),
        "fdatasync_each": syncs_each.map(|each| rounded(each, 1e4)), "disk": disk,
        "limit": {"per_second": whole(*limit), "is": limit_is},
        "share": rounded(per_second / limit, 1e3),
    })
}

/// Rounds to a whole number.
fn whole(value: f64) -> u64 {
    format!("{value:.0}").parse().unwrap_or_default()
}

/// Rounds to a multiple of 1 / `parts`.
fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

fn failed(error: &io::Error) -> Failure {
    Failure::because(Exit::Failed, error)
}

impl From<GenerateError> for Failure {
    fn from(error: GenerateError) -> Self {
        Self::because(Exit::Failed, &error)
    }
}
