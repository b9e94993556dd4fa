//! Prepares the data directory before anything in it is opened: creates it, checks that we may use it, and keeps
//! other users out.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::start_error::{StartError, file};
use crate::rights::{Denied, Need, tighten};

/// Our own entries in the data directory, with everything below them. Any other entries are left alone.
const OURS: [&str; 7] = ["log", "vault", "checkpoints", "record_heads", "tidings.json", "secrets", "process.json"];
/// Most entries checked in one folder: the store has only a few.
const ENTRIES_MAX: usize = 1_024;
const MODE: u32 = 0o7777;
/// The mode bits of users who are neither the owner nor in the group.
const EVERYBODY: u32 = 0o007;

/// Creates the data directory if it is missing, refuses one that we may not use, and keeps other users out of it.
pub(crate) fn prepare(directory: &Path) -> Result<(), StartError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|error| match Denied::at(directory, Need::Change).or_else(|| Denied::making(directory)) {
        Some(denied) => StartError::Denied(denied),
        None => file(format!("cannot make the data directory {}", directory.display()))(error),
    })?;
    let ours = ours(directory);
    if let Some(denied) = ours.iter().find_map(|path| Denied::at(path, Need::Change)) {
        return Err(StartError::Denied(denied));
    }
    close(directory, &ours);
    Ok(())
}

/// Removes the access of other users, and warns if they had access: they may have read the data.
fn close(directory: &Path, ours: &[PathBuf]) {
    let (mut was_open, mut others) = (None, Vec::new());
    for path in ours {
        match tighten(path) {
            Ok(Some(mode)) if path == directory => was_open = Some(mode),
            Ok(Some(_)) => others.push(path),
            Ok(None) => {}
            Err(error) => {
                let path = path.display();
                tracing::warn!(%path, %error, "other users may use this, and that cannot be changed: chmod go-rwx it");
            }
        }
    }
    if let Some(mode) = was_open {
        let (directory, mode) = (directory.display(), format!("{mode:04o}"));
        tracing::warn!(%directory, mode, "the data directory was open to other users; from now on it is not");
    }
    if let Some(first) = others.first() {
        let (path, count) = (first.display(), others.len());
        tracing::warn!(%path, count, "files in the data directory were open to other users; from now on they are not");
    }
}

/// Warns if everybody on this machine may read the master key. It lies outside the data directory, so its mode is left
/// to whoever put it there.
pub(super) fn warn_of_open_key(path: &Path) {
    let Some(mode) = fs::metadata(path).ok().map(|metadata| metadata.mode()).filter(|mode| mode & EVERYBODY != 0)
    else {
        return;
    };
    let (path, mode) = (path.display(), format!("{:04o}", mode & MODE));
    tracing::warn!(%path, mode, "the master key is open to other users: chmod o-rwx it");
}

/// Lists the directory and everything in it that is ours, parents first.
fn ours(directory: &Path) -> Vec<PathBuf> {
    let mut found = vec![directory.to_owned()];
    for path in OURS.map(|name| directory.join(name)) {
        collect(&path, &mut found);
    }
    found
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) {
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    // Do not follow links: their targets are somebody's own choice.
    if metadata.is_symlink() {
        return;
    }
    found.push(path.to_owned());
    for entry in fs::read_dir(path).into_iter().flatten().flatten().take(ENTRIES_MAX) {
        collect(&entry.path(), found);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_ours_is_closed_and_what_is_not_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path();
        let ours = ["log/db", "log/blobs/1", "vault/a", "tidings.json", "secrets/admin_key", "process.json"];
        let paths = ours.into_iter().chain(["other/file"]).map(|name| {
            let path = directory.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
            path
        });
        let paths: Vec<PathBuf> = paths.collect();
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
        prepare(directory).unwrap();
        assert_eq!(mode(directory), 0o700);
        let (other, ours) = paths.split_last().unwrap();
        assert_eq!((mode(other), ours.iter().all(|path| mode(path) == 0o600)), (0o666, true));
        assert_eq!(mode(&directory.join("log/blobs")), 0o700);
    }
}
