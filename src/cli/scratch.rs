//! The copy of the log that a reading command opens, gone when it ends, also by a signal.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use events::store::scratch::{CopyError, copy};
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use super::say;

/// How its folder's name begins; whoever finds one after a kill may delete it.
const PREFIX: &str = "tidings-read-";
/// A copy of so many bytes takes a while, and is told of.
const LARGE_BYTES: u64 = 64 << 20;
const MIB: u64 = 1 << 20;
/// What a shell shows for a program that a signal ended is this and the signal's number.
const SIGNALLED: i32 = 128;

/// A folder that only we can read, with a copy of the log in it.
pub(super) struct Scratch(TempDir);

impl Scratch {
    /// Copies the log of a data directory that nobody has open, below `parent` or the system's folder for such things.
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

    /// Where it is: a data directory.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// From now on a signal that ends this process removes the folder first.
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
        // A part that is being written just now makes one more attempt necessary.
        let _ = std::fs::remove_dir_all(&folder).or_else(|_| std::fs::remove_dir_all(&folder));
        std::process::exit(SIGNALLED + ended_by.as_raw_value());
    };
    std::thread::Builder::new().name("scratch".to_owned()).spawn(watch).map(drop)
}

/// How far a large copy has got: one line, and on a terminal a figure that moves.
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
