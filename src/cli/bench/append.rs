//! `tidings bench append`: the log alone, alternating with a plain file that gets the same bytes.

use std::time::Duration;

use tokio::time::Instant;

use super::{Bench, Figures, failed};
use crate::bench::append::{Appending, commit_bytes};
use crate::bench::disk::{self, DiskFigures};
use crate::bench::figures::{Spread, float};
use crate::cli::exit::{Exit, Failure};

pub(super) fn measure(bench: &Bench, batch: u64) -> Result<Figures, Failure> {
    let commits = usize::try_from(batch).unwrap_or(1);
    let bytes = commit_bytes().map_err(|error| Failure::because(Exit::Failed, &error))?.repeat(commits);
    let mut file = tempfile::tempfile_in(&bench.folder).map_err(|error| failed(&error))?;
    let mut appending = Appending::open(&bench.folder.join("data"), bench.config.log.cache_mb)?;
    let syncs_before = appending.stats().syncs;
    let (begun, mut by_log, mut by_file) = (Instant::now(), Vec::new(), Vec::new());
    while begun.elapsed() < bench.time {
        by_log.push(appending.batch(commits)?);
        by_file.push(disk::append(&mut file, &bytes).map_err(|error| failed(&error))?);
    }
    let syncs = float(appending.stats().syncs - syncs_before);
    let all = float(by_log.len() as u64) * float(batch);
    let disk_per_second = float(by_file.len() as u64) / seconds(&by_file);
    Ok(Figures {
        unit: "commits",
        per_second: all / seconds(&by_log),
        spread: Spread::of(by_log),
        each: "a batch",
        syncs_each: Some(syncs / all),
        limit: disk_per_second * float(batch),
        limit_is: format!("a plain file that gets the same bytes, {batch} commits at once"),
        disk: Some(DiskFigures { per_second: disk_per_second, spread: Spread::of(by_file) }),
    })
}

fn seconds(took: &[Duration]) -> f64 {
    took.iter().map(Duration::as_secs_f64).sum::<f64>().max(f64::MIN_POSITIVE)
}
