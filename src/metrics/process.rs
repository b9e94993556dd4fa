//! Figures of this process, from Linux's `/proc`.

use std::fs;

/// Returns the resident memory in bytes; `None` if the system gives no figure.
pub(super) fn resident_bytes() -> Option<u64> {
    resident_in(&fs::read_to_string("/proc/self/status").ok()?)
}

fn resident_in(status: &str) -> Option<u64> {
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?;
    kib.trim().parse::<u64>().ok()?.checked_mul(1_024)
}

/// Returns the number of open files and sockets; `None` if the system gives no figure.
pub(super) fn open_files() -> Option<u64> {
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    // Do not count the descriptor of the folder being read.
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
