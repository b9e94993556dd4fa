//! Writes the chart and the figures of a soak into `benches`.

use anyhow::{Context, Result};

use super::samples::Sample;
use super::tenant::Counts;
use super::{ACCOUNTS, CACHE_MB, TENANTS, judge};
use crate::chart::{self, Axis, Lines, Series};
use crate::process::root;

const BEGIN: &str = "<!-- soak: begin -->";
const END: &str = "<!-- soak: end -->";

/// Writes chart and figures.
pub fn write(minutes: u64, rate: u64, samples: &[Sample], counts: &Counts) -> Result<()> {
    let folder = root().join("benches");
    std::fs::create_dir_all(folder.join("charts"))?;
    std::fs::write(folder.join("charts").join("soak.svg"), chart(minutes, samples)?)?;
    let page = folder.join("README.md");
    let text = std::fs::read_to_string(&page)?;
    let (before, rest) = text.split_once(BEGIN).with_context(|| format!("the page has no mark {BEGIN}"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("the page has no mark {END}"))?;
    let figures = figures(minutes, rate, samples, counts);
    println!("\n{figures}");
    std::fs::write(&page, format!("{before}{BEGIN}\n{figures}\n{END}{after}"))?;
    println!("written into {}", page.display());
    Ok(())
}

fn chart(minutes: u64, samples: &[Sample]) -> Result<String> {
    let series = |name: &str, value: fn(&Sample) -> u64| {
        let points = samples.iter().map(|sample| (sample.at.as_secs_f64() / 60.0, float(value(sample)))).collect();
        Series { name: name.to_owned(), points }
    };
    chart::lines(&Lines {
        title: format!("{minutes} minutes of mixed traffic at half of the accounts' capacity"),
        x: Axis::even("minutes of the rules' time"),
        y: Axis::logarithmic("as the legend says"),
        series: vec![
            series("on disk, MB", |sample| sample.disk_bytes >> 20),
            series("memory, MB", |sample| sample.memory_bytes >> 20),
            series("actors awake", |sample| sample.awake),
            series("agenda, actors", |sample| sample.agenda),
            series("open files", |sample| sample.open_files),
            series("messages waiting", |sample| sample.messages_waiting),
        ],
    })
}

fn float(value: u64) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX))
}

fn figures(minutes: u64, rate: u64, samples: &[Sample], counts: &Counts) -> String {
    let quarter = samples.len() / 4;
    let row = |name: &str, value: fn(&Sample) -> u64| {
        let of = |nth: usize| judge::median(samples.iter().skip(nth * quarter).take(quarter).map(value));
        format!("| {name} | {} | {} | {} | {} |", of(0), of(1), of(2), of(3))
    };
    let rows = [
        row("memory, MB", |sample| sample.memory_bytes >> 20),
        row("open files", |sample| sample.open_files),
        row("threads", |sample| sample.threads),
        row("actors awake", |sample| sample.awake),
        row("agenda, actors", |sample| sample.agenda),
        row("messages waiting", |sample| sample.messages_waiting),
        row("on disk, MB", |sample| sample.disk_bytes >> 20),
        row("events", |sample| sample.events),
    ];
    let failed = counts.accepted.iter().filter(|(_, _, must_fail)| *must_fail).count();
    let Counts { refused, dry_runs, repeated, heard, switched, streams, streamed, .. } = counts;
    let Counts { reports, reports_refused, reports_again, .. } = counts;
    format!(
        "{minutes} minutes of the rules' time at {rate} times real time: {TENANTS} workspaces with {ACCOUNTS} accounts each, page \
         cache {CACHE_MB} MB. Posts: {} accepted ({failed} of them failed and were refunded, as they had to), {dry_runs} dry \
         runs, {refused} refused, {repeated} repeated under the same key. {heard} messages from contacts, {switched} switches \
         turned, {streams} live streams with {streamed} events. {reports} reports taken after {reports_refused} refused tries, \
         {reports_again} of them twice. Every ledger exact, nothing left, the chain verified.\n\n\
         ![memory, handles, queues and disk over the soak](charts/soak.svg)\n\n\
         | median of a quarter | first | second | third | last |\n|---|---|---|---|---|\n{}",
        counts.accepted.len(),
        rows.join("\n"),
    )
}
