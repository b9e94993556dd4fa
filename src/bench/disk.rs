//! Measures the limit of the disk itself: appends to a plain file and syncs it, again and again.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::figures::{Spread, per_second};

/// The speed of a disk.
#[derive(Debug, Clone, PartialEq)]
pub struct DiskFigures {
    /// Durable appends per second.
    pub per_second: f64,
    /// The durations of the appends.
    pub spread: Spread,
}

impl DiskFigures {
    /// Combines two measurements, with equal weight.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let per_second = f64::midpoint(self.per_second, other.per_second);
        Self { per_second, spread: self.spread.and(other.spread) }
    }
}

/// Appends this many bytes and waits for `fdatasync`, repeatedly for this time. Leaves no file behind.
pub fn appends(directory: &Path, bytes: usize, time: Duration) -> io::Result<DiskFigures> {
    let mut file = tempfile::tempfile_in(directory)?;
    let begun = Instant::now();
    let mut took = Vec::new();
    while begun.elapsed() < time || took.is_empty() {
        took.push(append(&mut file, &vec![b'.'; bytes])?);
    }
    let elapsed = begun.elapsed();
    let spread = Spread::of(took);
    Ok(DiskFigures { per_second: per_second(spread.count(), elapsed), spread })
}

/// Appends these bytes and waits for `fdatasync`; returns how long that took.
pub fn append(file: &mut File, bytes: &[u8]) -> io::Result<Duration> {
    let begun = Instant::now();
    file.write_all(bytes)?;
    file.sync_data()?;
    Ok(begun.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let figures = appends(folder.path(), 300, Duration::ZERO).unwrap();
        assert_eq!(figures.spread.count(), 1);
        assert!(figures.per_second > 0.0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
