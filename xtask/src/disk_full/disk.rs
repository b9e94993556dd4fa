//! A small file system in memory, and a ballast file that fills it.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::output;

/// A store grows by less than 10 MB per round, and needs some space to be opened.
const SIZE: &str = "size=256m";
/// Fill with large pieces first, then with small ones.
const PIECES: [usize; 2] = [1 << 20, 4_096];

/// A mounted file system. It disappears with its mount namespace.
pub struct Disk {
    mount: PathBuf,
}

impl Disk {
    /// Mounts a file system in `folder`.
    pub fn mount(folder: &Path) -> Result<Self> {
        let mount = folder.join("mount");
        std::fs::create_dir_all(&mount)?;
        output(Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "tidings"]).arg(&mount))?;
        Ok(Self { mount })
    }

    /// The mount point.
    pub fn folder(&self) -> &Path {
        &self.mount
    }

    /// Fills the disk until about this many bytes are left.
    pub fn fill_up_to(&self, left: u64) -> Result<()> {
        let mut file = File::create(self.ballast()).context("cannot make the ballast")?;
        for bytes in PIECES {
            let piece = vec![0; bytes];
            while file.write_all(&piece).is_ok() {}
        }
        let taken = file.metadata()?.len();
        file.set_len(taken.saturating_sub(left)).context("cannot shorten the ballast")
    }

    /// Frees all of the ballast.
    pub fn make_room(&self) -> Result<()> {
        std::fs::remove_file(self.ballast()).context("cannot remove the ballast")
    }

    fn ballast(&self) -> PathBuf {
        self.mount.join("ballast")
    }
}
