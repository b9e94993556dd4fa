//! Problems that operators meet on a machine: files of other users, wrong clocks, read-only disks, terminals; and what
//! the event log tells them.

mod clock;
mod demo_directory;
mod diff;
mod private_files;
mod queries;
mod reading;
mod ready;
mod replay;
mod screen;
mod stats;
mod stored_key;
mod tail;
mod trace;

use std::path::{Path, PathBuf};
use std::process::Command;

/// True if this machine allows what a test needs; prints the reason if not.
fn can(what: &str, program: &str, args: &[&str]) -> bool {
    let done = Command::new(program).args(args).output();
    let can = done.as_ref().is_ok_and(|output| output.status.success());
    if !can {
        println!("not run: {what} needs `{program}` and root: {done:?}");
    }
    can
}

/// Returns all files and folders below a folder, itself included.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}
