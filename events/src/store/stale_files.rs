//! Removes what an interrupted start has left behind: an incomplete page table, which the store would take for its
//! newest one.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// The store writes its page table under a name with this prefix and suffix, and drops the suffix once the table is
/// whole and durable.
const PAGE_TABLE: &str = "snap.";
const NOT_WHOLE: &str = ".generating";

/// Removes it, durably. The caller must have locked the store.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    let mut removed = 0_u32;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if is_one(&entry.file_name()) {
            fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    if removed == 0 { Ok(()) } else { File::open(folder)?.sync_all() }
}

/// True if a file of this name is such a leftover.
pub(crate) fn is_one(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with(PAGE_TABLE) && name.ends_with(NOT_WHOLE)
}
