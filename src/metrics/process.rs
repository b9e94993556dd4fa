//! What Linux tells of this process.

use std::fs;

/// Memory in RAM, in bytes; `None` where the system does not tell.
pub(super) fn resident_bytes() -> Option<u64> {
    resident_in(&fs::read_to_string("/proc/self/status").ok()?)
}

fn resident_in(status: &str) -> Option<u64> {
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?;
    kib.trim().parse::<u64>().ok()?.checked_mul(1_024)
}

/// Open files and sockets; `None` where the system does not tell.
pub(super) fn open_files() -> Option<u64> {
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    // One of them is the folder that was just read.
    Some((count as u64).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(resident_in("Name:\ttidings\nVmRSS:\t   20480 kB\n"), Some(20_971_520));
        assert_eq!(resident_in("Name:\ttidings\n"), None);
        assert!(resident_bytes().is_some_and(|bytes| bytes > 1 << 20));
    }

    #[test]
    fn an_open_file_counts() {
        assert!(open_files().is_some_and(|open| open >= 3));
    }
}
