//! A copy of the project's files in which defects are planted.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{output, root};

pub struct Tree {
    folder: PathBuf,
}

impl Tree {
    /// Refers to a copy in the folder `tree` below this one; `restore` creates or repairs it.
    pub fn below(folder: &Path) -> Result<Self> {
        let folder = folder.join("tree");
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder: folder.canonicalize()? })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the copy equal to the project. Writes only files that differ, because cargo rebuilds whatever is newer.
    pub fn restore(&self) -> Result<()> {
        let wanted = project_files()?;
        for file in &wanted {
            let (from, to) = (root().join(file), self.folder.join(file));
            let bytes = std::fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
            if std::fs::read(&to).is_ok_and(|there| there == bytes) {
                continue;
            }
            if let Some(parent) = to.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(&to, bytes).with_context(|| format!("cannot write {}", to.display()))?;
        }
        remove_others(&self.folder, &self.folder, &wanted)
    }

    /// Applies a patch; fails if any part of it does not fit.
    pub fn plant(&self, patch: &Path) -> Result<()> {
        // Inside a repository, git would silently skip files outside of the current folder.
        let no_repository = self.folder.parent().unwrap_or(&self.folder);
        let mut command = Command::new("git");
        command.arg("apply").arg(patch).current_dir(&self.folder).env("GIT_CEILING_DIRECTORIES", no_repository);
        output(&mut command).map(drop).with_context(|| format!("{} does not apply", patch.display()))
    }
}

/// Lists the tracked files, and new ones that are not ignored.
fn project_files() -> Result<BTreeSet<PathBuf>> {
    let mut command = Command::new("git");
    command.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let names = output(&mut command)?;
    let files = names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from);
    Ok(files.filter(|file| root().join(file).is_file()).collect())
}

fn remove_others(tree: &Path, folder: &Path, wanted: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.strip_prefix(tree)?;
        // Keep it even if it is not tracked: without it, cargo looks up every crate again.
        if name == Path::new("Cargo.lock") {
            continue;
        }
        if path.is_dir() {
            remove_others(tree, &path, wanted)?;
        } else if !wanted.contains(name) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}
