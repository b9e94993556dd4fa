//! Figures of a running gateway, from its metrics and its machine.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::http::Client;

/// The figures at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The rules' time since the start.
    pub at: Duration,
    pub memory_bytes: u64,
    pub open_files: u64,
    pub threads: u64,
    pub awake: u64,
    pub agenda: u64,
    pub messages_waiting: u64,
    pub disk_bytes: u64,
    pub events: u64,
}

impl Sample {
    /// Reads all figures now.
    pub fn take(client: &Client, pid: u32, data_dir: &Path, at: Duration) -> Result<Self> {
        let answer = client.get("/metrics", &[])?;
        let page = String::from_utf8_lossy(&answer.body).into_owned();
        let figure = |name: &str| sum(&page, name).with_context(|| format!("no figure {name}"));
        Ok(Self {
            at,
            memory_bytes: figure("tidings_process_resident_memory_bytes")?,
            open_files: figure("tidings_process_open_fds")?,
            threads: threads(pid)?,
            awake: figure("tidings_actors_awake")?,
            agenda: figure("tidings_actors_outstanding")?,
            messages_waiting: figure("tidings_messages_waiting")?,
            disk_bytes: bytes_in(data_dir)?,
            events: figure("tidings_log_position_sequenced")?,
        })
    }
}

/// Sums a figure over its labels.
fn sum(page: &str, name: &str) -> Option<u64> {
    let values = page.lines().filter_map(|line| {
        let rest = line.strip_prefix(name).filter(|rest| rest.starts_with([' ', '{']))?;
        rest.rsplit_once(' ')?.1.parse::<u64>().ok()
    });
    values.reduce(|sum, value| sum + value)
}

fn threads(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("Threads:")).context("no number of threads")?;
    Ok(line.trim().parse()?)
}

fn bytes_in(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        bytes += if path.is_dir() { bytes_in(&path)? } else { path.metadata().map_or(0, |file| file.len()) };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_summed_over_its_labels_and_none_other_is_taken_for_it() {
        let page = "# TYPE a gauge\na{kind=\"x\"} 3\na{kind=\"y\"} 4\na_total 9\nb 5\n";
        assert_eq!((sum(page, "a"), sum(page, "b"), sum(page, "c")), (Some(7), Some(5), None));
    }
}
