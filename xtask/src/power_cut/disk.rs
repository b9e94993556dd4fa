//! An ext4 file system in a file, whose power can be cut.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::system;
use crate::process::output;

/// Sparse: uses only what is written. The server keeps its default reserve of free space.
const IMAGE_BYTES: u64 = 2 << 30;
const TRIAL_BYTES: u64 = 16 << 20;
const UNMOUNT_TRIES: u32 = 100;
const UNMOUNT_EVERY: Duration = Duration::from_millis(100);

/// `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`: from then on nothing reaches the disk, not even the
/// journal, and every write and sync fails. The script prints that it is ready and waits for a line, so that the
/// moment of the cut is known.
const CUT_POWER: &str = r#"
    open(F, "<", $ARGV[0]) or die "open: $!";
    my $flags = pack("L", 2);
    $| = 1;
    print "ready\n";
    <STDIN>;
    defined(ioctl(F, 0x8004587D, $flags)) or die "ioctl: $!";
"#;

/// A mounted file system; dropping it unmounts and removes it.
pub struct Disk {
    image: PathBuf,
    mount: PathBuf,
}

impl Disk {
    /// Creates the file system in `folder` and mounts it there.
    pub fn create(folder: &Path) -> Result<Self> {
        let disk = Self::format(folder, IMAGE_BYTES)?;
        disk.mount()?;
        Ok(disk)
    }

    /// The mount point.
    pub fn folder(&self) -> &Path {
        &self.mount
    }

    /// Cuts the power after `wait`, and calls `announce` just before: whatever is not synced by then is lost.
    pub fn cut_power(&self, wait: Duration, announce: impl FnOnce()) -> Result<()> {
        let mut command = Command::new("perl");
        command.args(["-e", CUT_POWER]).arg(&self.mount).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot run perl")?;
        let ready = child.stdout.take().context("perl has no output")?;
        BufReader::new(ready).read_line(&mut String::new())?;
        thread::sleep(wait);
        announce();
        child.stdin.take().context("perl has no input")?.write_all(b"\n")?;
        let status = child.wait()?;
        anyhow::ensure!(status.success(), "cannot cut the power: {status}");
        Ok(())
    }

    /// Unmounts and mounts again; the file system replays its journal.
    pub fn mount_again(&self) -> Result<()> {
        self.unmount()?;
        self.mount()
    }

    fn format(folder: &Path, bytes: u64) -> Result<Self> {
        let disk = Self { image: folder.join("image"), mount: folder.join("mount") };
        std::fs::create_dir_all(&disk.mount)?;
        File::create(&disk.image)?.set_len(bytes)?;
        system("mkfs.ext4", &[Path::new("-q"), Path::new("-F"), &disk.image])?;
        Ok(disk)
    }

    fn mount(&self) -> Result<()> {
        system("mount", &[Path::new("-o"), Path::new("loop"), &self.image, &self.mount])
    }

    fn unmount(&self) -> Result<()> {
        let mut result = Ok(());
        for _ in 0..UNMOUNT_TRIES {
            result = system("umount", &[&self.mount]);
            if result.is_ok() {
                break;
            }
            thread::sleep(UNMOUNT_EVERY);
        }
        result
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Err(error) = self.unmount() {
            eprintln!("left mounted: {}: {error:#}", self.mount.display());
        }
        // If the file cannot be removed, the next run does it.
        let _ = std::fs::remove_file(&self.image);
    }
}

/// Creates and mounts a small file system in a separate mount namespace; the error says what this machine lacks.
pub fn try_out(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder.join("mount"))?;
    File::create(folder.join("image"))?.set_len(TRIAL_BYTES)?;
    let steps = "cd \"$1\"; mkfs.ext4 -q -F image; mount -o loop image mount; umount mount";
    output(Command::new("unshare").args(["--mount", "sh", "-ec", steps, "sh"]).arg(folder)).map(drop)
}
