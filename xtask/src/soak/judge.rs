//! Checks the result of a soak.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use super::Soak;
use super::samples::Sample;
use super::tenant::Counts;

/// Largest median of the last quarter, in percent of that of the second quarter.
const GROWTH_PERCENT_MAX: u64 = 110;
/// Memory may also grow by this part (one fourth) of the growth on disk: the store keeps the location of each page in
/// memory.
const STORE_SHARE: u64 = 4;
/// Tolerance for open files: connections come and go.
const HANDLES_MORE: u64 = 16;
/// Tolerance for threads: those that read the disk start in a burst and end some seconds later.
const THREADS_MORE: u64 = 16;
/// With fewer samples, quarters mean nothing.
const SAMPLES_MIN: usize = 16;

/// Checks that everything accepted and received was reported once, in one delivery each.
pub fn everything_was_told(soak: &Soak, counts: &mut Counts) -> Result<()> {
    let (taken, refused) = soak.receiver.taken()?;
    let mut told = BTreeSet::new();
    for delivery in taken.values() {
        for message in &delivery.messages {
            ensure!(told.insert((&delivery.path, message)), "{message} is in two reports");
        }
        counts.reports_again += delivery.times - 1;
    }
    for tenant in &soak.tenants {
        for (id, _, must_fail) in tenant.counts().accepted {
            ensure!(told.contains(&(&tenant.hook, &id)) != must_fail, "{id}: told is the contrary of {must_fail}");
        }
    }
    let sent = u64::try_from(counts.accepted.iter().filter(|(_, _, must_fail)| !must_fail).count())?;
    // The first message of each workspace was sent around the time when its webhook was set, so it may be reported or
    // not.
    let expected = sent + counts.heard;
    let told = u64::try_from(told.len())?;
    ensure!((expected..=expected + soak.tenants.len() as u64).contains(&told), "{told} messages told of {expected}");
    (counts.reports, counts.reports_refused) = (u64::try_from(taken.len())?, refused);
    Ok(())
}

/// Checks that nothing grew in the second half that should not.
pub fn judge(samples: &[Sample]) -> Result<()> {
    if samples.len() < SAMPLES_MIN {
        println!("too short to judge growth: {} samples", samples.len());
        return Ok(());
    }
    let quarter = samples.len() / 4;
    let of = |from: usize, what: fn(&Sample) -> u64| median(samples.iter().skip(from).take(quarter).map(what));
    let (second, last) = (quarter, samples.len() - quarter);
    let growth = |what: fn(&Sample) -> u64| (of(second, what), of(last, what));
    let (before, after) = growth(|sample| sample.memory_bytes);
    println!("memory, medians of the second and the last quarter: {} and {} MB", before >> 20, after >> 20);
    let (stored_before, stored) = growth(|sample| sample.disk_bytes);
    let store = stored.saturating_sub(stored_before) / STORE_SHARE;
    ensure!(after * 100 <= before * GROWTH_PERCENT_MAX + store * 100, "memory grew from {before} to {after} bytes");
    let (before, after) = growth(|sample| sample.open_files);
    ensure!(after <= before + HANDLES_MORE, "open files grew from {before} to {after}");
    let (before, after) = growth(|sample| sample.threads);
    ensure!(after <= before + THREADS_MORE, "threads grew from {before} to {after}");
    let (before, after) = growth(|sample| sample.messages_waiting);
    ensure!(after <= before * 2 + 100, "the queues grew from {before} to {after}");
    Ok(())
}

/// Returns the median; 0 if there are no values.
pub fn median(values: impl Iterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn samples(memory: impl Fn(u64) -> u64) -> Vec<Sample> {
        let sample = |nth| Sample {
            at: Duration::from_secs(nth),
            memory_bytes: memory(nth),
            open_files: 40,
            threads: 20,
            awake: 0,
            agenda: 0,
            messages_waiting: 0,
            disk_bytes: 0,
            events: 0,
        };
        (0..100).map(sample).collect()
    }

    #[test]
    fn what_levels_off_is_flat_and_what_goes_on_growing_is_not() {
        assert!(judge(&samples(|nth| (20 << 20) + nth.min(25) * (1 << 20))).is_ok());
        assert!(judge(&samples(|nth| (20 << 20) + nth * (1 << 18))).is_err());
    }
}
