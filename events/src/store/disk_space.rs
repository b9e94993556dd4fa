//! Checks free space before a store is opened: it corrupts its files if the disk fills up meanwhile.

use std::fs;
use std::io;
use std::path::Path;

/// The most that the store writes while it is opened, apart from its page table.
const ROOM_BYTES: u64 = 8 << 20;
/// Prefix of the page table's file name; a new table is written beside the old one.
const PAGE_TABLE: &str = "snap.";

/// Fails if opening the store in this folder might fill the disk.
pub(crate) fn check(folder: &Path) -> io::Result<()> {
    if free(folder)? < needed(folder)? { Err(rustix::io::Errno::NOSPC.into()) } else { Ok(()) }
}

/// Returns the free bytes of the volume that this folder is on.
pub(crate) fn free(folder: &Path) -> io::Result<u64> {
    let volume = rustix::fs::statvfs(folder)?;
    Ok(volume.f_bavail.saturating_mul(volume.f_frsize))
}

/// Returns the bytes that opening the store in this folder may take.
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
