//! Measures what the log costs by itself: batches of commits through sequencer, codec, chain, index and store until
//! they are durable, without actors and HTTP; beside batches of the same bytes in a bare sled, one key per commit,
//! and beside a plain file that is appended to and synced. The promises for accepts rest on this; its own promise is
//! at least 0.5 of the bare sled's commits per second in batches of 64. A fourth side seals nothing: the same log with a
//! transparent vault.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures on stdout, words on stderr")]
#![allow(clippy::indexing_slicing, reason = "a bench may fail loudly")]

#[allow(dead_code, reason = "shared with other benches")]
mod kit;

use std::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use events::vault::MemoryVault;
use tempfile::TempDir;
use tidings::bench::append::{Appending, commit_bytes};
use tidings::bench::disk;
use tidings::bench::figures::{Spread, float, median};
use tokio::time::Instant;

use kit::{chart_lines, is_wanted, machine, unless_short};

type Failed = Box<dyn Error + Send + Sync>;

const CACHE_MB: u64 = 64;
const BATCHES: [usize; 5] = [1, 4, 16, 64, 256];
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(2);
const SHORT: Duration = Duration::from_millis(100);
/// The sides, measured in turn.
const SIDES: [&str; 4] = ["plain file", "bare sled", "tidings", "tidings, unsealed"];

/// Makes a batch of this many commits durable; returns how long that took.
type Batch = Box<dyn FnMut(usize) -> Result<Duration, Failed>>;

fn main() -> io::Result<()> {
    if !is_wanted() {
        return Ok(());
    }
    let seconds = round().as_secs_f64();
    println!("{}; medians of {ROUNDS} rounds of {seconds} s, by turns\n", machine());
    measure().map_err(io::Error::other)
}

fn round() -> Duration {
    unless_short(SHORT, ROUND)
}

fn measure() -> Result<(), Failed> {
    println!(
        "| commits a batch | side | commits/s | p50 ms | p99 ms | of bare sled | of plain file | of unsealed |\n\
         |---|---|---|---|---|---|---|---|"
    );
    let mut curves = [const { Vec::new() }; SIDES.len()];
    for commits in BATCHES {
        let figures = compare(commits)?;
        let [[file, ..], [sled, ..], _, [unsealed, ..]] = figures;
        for ((name, [per_second, p50, p99]), curve) in SIDES.into_iter().zip(figures).zip(&mut curves) {
            let (of_sled, of_file) = (per_second / sled, per_second / file);
            let ratios = format!("{of_sled:.2} | {of_file:.2} | {:.2}", per_second / unsealed);
            println!("| {commits} | {name} | {per_second:.0} | {p50:.2} | {p99:.2} | {ratios} |");
            curve.push((float(commits as u64), per_second));
        }
        io::stdout().flush()?;
    }
    let series: Vec<_> = SIDES.into_iter().zip(curves).collect();
    let title = "Commits made durable by the log alone";
    chart_lines("append", title, ("commits a batch", true), ("commits/s", true), &series);
    Ok(())
}

/// Returns commits per second and the batches' p50 and p99 in milliseconds, for each side.
fn compare(commits: usize) -> Result<[[f64; 3]; SIDES.len()], Failed> {
    let folder = tempfile::tempdir()?;
    let bytes = commit_bytes()?;
    let mut sides = [
        plain_file(&folder, bytes.clone())?,
        bare_sled(folder.path(), bytes)?,
        tidings(Appending::open(&folder.path().join("data"), CACHE_MB)?),
        tidings(unsealed(&folder.path().join("unsealed"))?),
    ];
    let mut rounds = [const { Vec::new() }; SIDES.len()];
    for _ in 0..ROUNDS {
        for (side, figures) in sides.iter_mut().zip(&mut rounds) {
            figures.push(measured(side, commits)?);
        }
    }
    Ok(rounds.map(|figures| {
        std::array::from_fn(|nth| median(figures.iter().filter_map(|it| it.get(nth)).copied().collect()))
    }))
}

fn measured(batch: &mut Batch, commits: usize) -> Result<[f64; 3], Failed> {
    let (begun, mut took) = (Instant::now(), Vec::new());
    while begun.elapsed() < round() {
        took.push(batch(commits)?);
    }
    // Counts only the time of the batches: generating messages is not measured.
    let seconds: f64 = took.iter().map(Duration::as_secs_f64).sum();
    let spread = Spread::of(took);
    Ok([float(spread.count() * commits as u64) / seconds, spread.ms(50), spread.ms(99)])
}

fn plain_file(folder: &TempDir, bytes: Vec<u8>) -> Result<Batch, Failed> {
    let mut file = tempfile::tempfile_in(folder.path())?;
    Ok(Box::new(move |commits| Ok(disk::append(&mut file, &bytes.repeat(commits))?)))
}

fn bare_sled(folder: &Path, bytes: Vec<u8>) -> Result<Batch, Failed> {
    let path = folder.join("bare");
    let db = sled::Config::new().path(&path).cache_capacity(CACHE_MB << 20).open()?;
    let (file, mut key) = (File::open(path.join("db"))?, 0_u64);
    Ok(Box::new(move |commits| {
        let begun = Instant::now();
        let mut batch = sled::Batch::default();
        for _ in 0..commits {
            key += 1;
            batch.insert(&key.to_be_bytes(), bytes.as_slice());
        }
        db.apply_batch(batch)?;
        db.flush()?;
        file.sync_data()?;
        Ok(begun.elapsed())
    }))
}

fn tidings(mut appending: Appending) -> Batch {
    Box::new(move |commits| Ok(appending.batch(commits)?))
}

fn unsealed(folder: &Path) -> Result<Appending, Failed> {
    Ok(Appending::open_with(folder, CACHE_MB, Some(Arc::new(MemoryVault::transparent())))?)
}
