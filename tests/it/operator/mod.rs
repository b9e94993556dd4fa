//! What whoever runs a gateway meets on a machine: whose files they are, wrong clocks, disks that only read, terminals.

mod clock;
mod demo_directory;
mod private_files;
mod reading;
mod screen;
mod tail;

use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether this machine lets us be what a test needs; the reason is printed where it does not.
fn can(what: &str, program: &str, args: &[&str]) -> bool {
    let done = Command::new(program).args(args).output();
    let can = done.as_ref().is_ok_and(|output| output.status.success());
    if !can {
        println!("not run: {what} needs `{program}` and root: {done:?}");
    }
    can
}

/// All files and folders below a folder, itself included.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}
