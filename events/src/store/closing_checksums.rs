//! Checksums of a closed store's files, to find later changes before the store repairs them in its own way, which may
//! drop data.
//!
//! The store checks old pages when it reads them. But what it replays at its next start, from its last snapshot on,
//! it silently cuts short where it is damaged; so those parts are summed, with the small files beside them.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt;
use std::path::Path;

const NAME: &str = "seal";
const DATA: &str = "db";
/// Prefixes of the small files: the store's settings, and its page table.
const SMALL: [&str; 2] = ["conf", "snap."];
/// The store writes its file in parts of this size; the header of each holds its log sequence number.
const PART_BYTES: u64 = 512 << 10;
const PLACE_AT: u64 = 4;
const PLACE_MASK: u64 = 0x7FFF_FFFF_FFFF_FFFF;

/// Writes the checksums of the closed store in this folder, durably.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    let mut text = lines(folder)?.join("\n");
    text.push('\n');
    let sum = blake3::hash(text.as_bytes());
    let made = folder.join("seal.new");
    let mut file = File::create(&made)?;
    writeln!(file, "{text}{sum}")?;
    file.sync_all()?;
    fs::rename(made, folder.join(NAME))?;
    File::open(folder)?.sync_all()
}

/// Returns what has changed since the store was closed; `None` if nothing has, or there are no checksums. They are
/// written whole or not at all, so those that are not intact have changed too.
pub(crate) fn changed(folder: &Path) -> io::Result<Option<String>> {
    let Some(text) = read(folder)? else { return Ok(None) };
    let Some(lines) = intact(&text) else {
        return Ok(Some(format!("{} (without that file nothing is compared)", has_changed(NAME))));
    };
    for line in lines.lines() {
        if !still_holds(folder, line)? {
            return Ok(Some(has_changed(line.rsplit_once(' ').map_or(line, |(what, _)| what))));
        }
    }
    Ok(None)
}

fn has_changed(what: &str) -> String {
    format!("{what} has changed since the store was closed")
}

/// Removes the checksums, because the store is about to change.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(NAME)) {
        Ok(()) => File::open(folder)?.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Reads the checksums, if there are any.
fn read(folder: &Path) -> io::Result<Option<String>> {
    match fs::read(folder.join(NAME)) {
        Ok(bytes) => Ok(Some(String::from_utf8(bytes).unwrap_or_default())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the lines if their own checksum, at the end, is right.
fn intact(text: &str) -> Option<String> {
    let (lines, sum) = text.trim_end().rsplit_once('\n')?;
    let lines = format!("{lines}\n");
    (blake3::hash(lines.as_bytes()).to_string() == sum).then_some(lines)
}

/// Returns a line for each thing that must not change: its name, then its checksum or size.
fn lines(folder: &Path) -> io::Result<Vec<String>> {
    let data = File::open(folder.join(DATA))?;
    let length = data.metadata()?.len();
    let mut lines = vec![format!("the length of {DATA} {length}")];
    let mut from = 0;
    for name in small_files(folder)? {
        from = from.max(snapshot_place(&name).unwrap_or(0));
        lines.push(format!("{name} {}", blake3::hash(&fs::read(folder.join(&name))?)));
    }
    let from = from / PART_BYTES * PART_BYTES;
    for nth in 0..length.div_ceil(PART_BYTES) {
        if place(&data, nth).is_some_and(|place| place >= from) {
            lines.push(format!("part {nth} of {DATA} {}", sum_of(&data, nth)?));
        }
    }
    Ok(lines)
}

fn still_holds(folder: &Path, line: &str) -> io::Result<bool> {
    let Some((what, sum)) = line.rsplit_once(' ') else { return Ok(false) };
    if what.starts_with("the length of ") {
        return Ok(fs::metadata(folder.join(DATA))?.len().to_string() == sum);
    }
    let part = what.strip_prefix("part ").and_then(|rest| rest.split(' ').next()?.parse().ok());
    match part {
        Some(nth) => Ok(sum_of(&File::open(folder.join(DATA))?, nth)?.to_string() == sum),
        None => Ok(fs::read(folder.join(what)).is_ok_and(|bytes| blake3::hash(&bytes).to_string() == sum)),
    }
}

fn small_files(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if SMALL.iter().any(|beginning| name.starts_with(beginning)) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Reads from a snapshot's file name up to which log sequence number it reaches.
fn snapshot_place(name: &str) -> Option<u64> {
    u64::from_str_radix(name.strip_prefix("snap.")?, 16).ok()
}

/// Reads a part's log sequence number from its header.
fn place(data: &File, nth: u64) -> Option<u64> {
    let mut bytes = [0; 8];
    data.read_exact_at(&mut bytes, nth.saturating_mul(PART_BYTES).saturating_add(PLACE_AT)).ok()?;
    Some(u64::from_le_bytes(bytes) ^ PLACE_MASK).filter(|place| place % PART_BYTES == 0)
}

fn sum_of(data: &File, nth: u64) -> io::Result<blake3::Hash> {
    let mut bytes = vec![0; usize::try_from(PART_BYTES).unwrap_or(0)];
    let (mut filled, at) = (0, nth.saturating_mul(PART_BYTES));
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match data.read_at(rest, at.saturating_add(filled as u64))? {
            0 => break,
            more => filled += more,
        }
    }
    bytes.truncate(filled);
    Ok(blake3::hash(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut data = vec![0; 3 << 19];
        for (nth, place) in [0_u64, 2 << 19, 1 << 19].into_iter().enumerate() {
            let at = (nth << 19) + 4;
            data[at..at + 8].copy_from_slice(&(place ^ PLACE_MASK).to_le_bytes());
        }
        fs::write(folder.path().join("db"), data).unwrap();
        fs::write(folder.path().join("conf"), "settings").unwrap();
        fs::write(folder.path().join("snap.0000000000080007"), "pages").unwrap();
        write(folder.path()).unwrap();
        folder
    }

    fn change(folder: &tempfile::TempDir, name: &str, at: usize) {
        let mut bytes = fs::read(folder.path().join(name)).unwrap();
        bytes[at] ^= 1;
        fs::write(folder.path().join(name), bytes).unwrap();
    }

    #[test]
    fn what_the_store_reads_over_at_its_start_must_not_change() {
        for (name, at, what) in [
            ("db", (1 << 19) + 500, "part 1 of db"),
            ("db", (1 << 19) + 5, "part 1 of db"),
            ("db", (3 << 19) - 1, "part 2 of db"),
            ("conf", 0, "conf"),
            ("snap.0000000000080007", 3, "snap.0000000000080007"),
        ] {
            let folder = sealed();
            assert_eq!(changed(folder.path()).unwrap(), None);
            change(&folder, name, at);
            let wanted = format!("{what} has changed since the store was closed");
            assert_eq!(changed(folder.path()).unwrap(), Some(wanted));
        }
    }

    #[test]
    fn older_parts_are_left_to_the_stores_own_checks() {
        let folder = sealed();
        change(&folder, "db", 500);
        assert_eq!(changed(folder.path()).unwrap(), None);
    }

    #[test]
    fn a_cut_file_and_a_missing_one_are_named() {
        let folder = sealed();
        File::options().write(true).open(folder.path().join("db")).unwrap().set_len(9).unwrap();
        assert!(changed(folder.path()).unwrap().unwrap().starts_with("the length of db"));
        let folder = sealed();
        fs::remove_file(folder.path().join("conf")).unwrap();
        assert!(changed(folder.path()).unwrap().unwrap().starts_with("conf"));
    }

    #[test]
    fn checksums_that_are_damaged_themselves_are_named() {
        let wanted = "seal has changed since the store was closed (without that file nothing is compared)";
        let length = fs::read(sealed().path().join("seal")).unwrap().len();
        for at in 0..length {
            let folder = sealed();
            change(&folder, "seal", at);
            // The line break at the very end is no part of them.
            let found = changed(folder.path()).unwrap();
            assert!(found.as_deref() == Some(wanted) || at + 1 == length, "{at}: {found:?}");
        }
        let folder = sealed();
        File::options().write(true).open(folder.path().join("seal")).unwrap().set_len(0).unwrap();
        assert_eq!(changed(folder.path()).unwrap().as_deref(), Some(wanted));
    }

    #[test]
    fn a_store_that_was_opened_since_is_not_judged() {
        let folder = sealed();
        remove(folder.path()).unwrap();
        remove(folder.path()).unwrap();
        change(&folder, "conf", 0);
        assert_eq!(changed(folder.path()).unwrap(), None);
    }
}
