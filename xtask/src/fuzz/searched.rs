//! Remembers for which state of the sources random bytes were last searched, so that `test` searches only after a
//! change.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::process::root;

/// What reads bytes from outside, and what searches it.
const SOURCES: &[&str] = &[
    "fuzz",
    "src/http/api/tables.rs",
    "src/http/body.rs",
    "src/http/fuzzing.rs",
    "src/http/inbound.rs",
    "src/http/json.rs",
    "src/http/json",
    "src/http/send_body.rs",
    "src/http/send_body",
    "src/http/submit.rs",
    "src/net/guard",
    "src/recent/attempts",
    "src/service/submit.rs",
    "actors/src/phone.rs",
    "actors/src/phone",
    "events/src/account.rs",
    "events/src/characters.rs",
    "events/src/chat.rs",
    "events/src/codec.rs",
    "events/src/event.rs",
    "events/src/founding.rs",
    "events/src/hex.rs",
    "events/src/ids.rs",
    "events/src/personal.rs",
    "events/src/personal",
    "events/src/record.rs",
    "events/src/sealing.rs",
    "events/src/sealing",
    "events/src/time.rs",
    "events/src/webhook.rs",
    "events/src/who.rs",
    "events/src/workspace.rs",
];
/// Not sources: what a build or a search writes.
const WRITTEN: &[&str] = &["fuzz/artifacts", "fuzz/searched.sha256", "fuzz/targets/Cargo.lock", "fuzz/targets/target"];
/// The file with the digest of the sources that were searched.
const MEMORY: &str = "fuzz/searched.sha256";

/// True if the sources are as they were when they were last searched.
pub fn is_unchanged() -> bool {
    let remembered = fs::read_to_string(root().join(MEMORY)).unwrap_or_default();
    digest().is_ok_and(|now| remembered.trim() == now)
}

/// Remembers the sources as searched.
pub fn remember() -> Result<()> {
    fs::write(root().join(MEMORY), format!("{}\n", digest()?)).with_context(|| format!("cannot write {MEMORY}"))
}

fn digest() -> Result<String> {
    let mut hasher = Sha256::new();
    for name in files()? {
        let bytes = fs::read(root().join(&name)).with_context(|| format!("cannot read {}", name.display()))?;
        hasher.update(format!("{} {}\n", name.display(), bytes.len()));
        hasher.update(bytes);
    }
    let mut hex = String::new();
    for byte in hasher.finalize() {
        write!(hex, "{byte:02x}")?;
    }
    Ok(hex)
}

/// Lists all files of the sources, by their names from the root.
fn files() -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    let mut left: Vec<PathBuf> = SOURCES.iter().map(PathBuf::from).collect();
    while let Some(name) = left.pop() {
        let path = root().join(&name);
        if WRITTEN.iter().any(|written| name == Path::new(written)) {
            continue;
        }
        if !path.is_dir() {
            files.insert(name);
            continue;
        }
        for entry in fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))? {
            left.push(name.join(entry?.file_name()));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_there_and_nothing_written_counts() {
        let files = files().unwrap();
        for source in SOURCES {
            assert!(files.iter().any(|file| file.starts_with(source) && root().join(file).is_file()), "{source}");
        }
        let is_written = |file: &PathBuf| WRITTEN.iter().any(|written| file.starts_with(written));
        assert!(!files.iter().any(is_written), "{files:?}");
        assert_eq!(digest().unwrap().len(), 64);
    }
}
