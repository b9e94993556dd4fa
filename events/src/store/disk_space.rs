//! Whether the disk has room for opening a store: one that runs out of it while it is being opened damages itself.

use std::fs;
use std::io;
use std::path::Path;

/// The store writes no more than this while it is opened, its page table aside.
const ROOM_BYTES: u64 = 8 << 20;
/// The file that the page table stands in; a new one is written beside it.
const PAGE_TABLE: &str = "snap.";

/// Refuses to open the store in this folder where that might not fit on the disk.
pub(crate) fn check(folder: &Path) -> io::Result<()> {
    if free(folder)? < needed(folder)? { Err(rustix::io::Errno::NOSPC.into()) } else { Ok(()) }
}

/// Bytes that are free where this folder is.
pub(crate) fn free(folder: &Path) -> io::Result<u64> {
    let volume = rustix::fs::statvfs(folder)?;
    Ok(volume.f_bavail.saturating_mul(volume.f_frsize))
}

/// Bytes that opening the store in this folder takes.
pub(crate) fn needed(folder: &Path) -> io::Result<u64> {
    let mut bytes = ROOM_BYTES;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PAGE_TABLE) {
            bytes = bytes.saturating_add(entry.metadata()?.len().saturating_mul(2));
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_with_a_page_table_needs_room_for_two_more() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(needed(folder.path()).unwrap(), ROOM_BYTES);
        fs::write(folder.path().join("snap.00"), vec![0; 1_000]).unwrap();
        fs::write(folder.path().join("db"), vec![0; 9_000]).unwrap();
        assert_eq!(needed(folder.path()).unwrap(), ROOM_BYTES + 2_000);
        check(folder.path()).unwrap();
    }
}
