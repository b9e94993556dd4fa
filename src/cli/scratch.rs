//! The temporary copy of the log that a reading command opens; removed at the end, also after a signal.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use events::store::scratch::{CopyError, copy};
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use super::say;

/// Start of the folder's name. If a kill left one behind, anyone may delete it.
const PREFIX: &str = "tidings-read-";
/// A copy of at least this size takes a while, so its progress is shown.
const LARGE_BYTES: u64 = 64 << 20;
const MIB: u64 = 1 << 20;
/// A shell shows this plus the signal's number as the exit code of a program that a signal ended.
const SIGNALLED: i32 = 128;

/// A private folder with a copy of the log in it.
pub(super) struct Scratch(TempDir);

impl Scratch {
    /// Copies the log of a data directory that is not in use, below `parent` or the system's temporary folder.
    pub(super) fn copy(directory: &Path, parent: Option<&Path>, json: bool) -> Result<Self, CopyError> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_owned);
        let made = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&parent);
        let folder = made.map_err(|source| CopyError::To { path: parent.clone(), source })?;
        remove_when_signalled(folder.path().to_owned())
            .map_err(|source| CopyError::To { path: parent.clone(), source })?;
        let mut progress = Progress::to(parent, json);
        copy(directory, folder.path(), |done, all| progress.tell(done, all))?;
        progress.end();
        Ok(Self(folder))
    }

    /// Returns the folder, which can be opened as a data directory.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Sets up signal handling: a signal that ends this process first removes the folder.
fn remove_when_signalled(folder: PathBuf) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let entered = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    drop(entered);
    let wait = async move {
        tokio::select! {
            _ = interrupt.recv() => SignalKind::interrupt(),
            _ = terminate.recv() => SignalKind::terminate(),
            _ = hangup.recv() => SignalKind::hangup(),
        }
    };
    let watch = move || {
        let ended_by = runtime.block_on(wait);
        // A second attempt may be needed if a file is just being written.
        let _ = std::fs::remove_dir_all(&folder).or_else(|_| std::fs::remove_dir_all(&folder));
        std::process::exit(SIGNALLED + ended_by.as_raw_value());
    };
    std::thread::Builder::new().name("scratch".to_owned()).spawn(watch).map(drop)
}

/// Shows the progress of a large copy: one line, and on a terminal a percentage that is updated in place.
struct Progress {
    parent: PathBuf,
    silent: bool,
    moves: bool,
    percent: Option<u64>,
}

impl Progress {
    fn to(parent: PathBuf, json: bool) -> Self {
        let moves = io::stderr().is_terminal() && !super::screen::is_dumb();
        Self { parent, silent: json, moves, percent: None }
    }

    fn tell(&mut self, done: u64, all: u64) {
        if self.silent || all < LARGE_BYTES {
            return;
        }
        let percent = done.saturating_mul(100) / all;
        if self.percent.is_none() {
            let parent = self.parent.display();
            say(&format!("Copying the log ({} MiB) to {parent} to read it there.\n", all / MIB));
        }
        if self.moves && self.percent != Some(percent) {
            say(&format!("\r{percent:>3} %"));
        }
        self.percent = Some(percent);
    }

    fn end(&self) {
        if self.moves && self.percent.is_some() {
            say("\r      \r");
        }
    }
}
