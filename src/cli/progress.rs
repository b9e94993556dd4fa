//! The progress of long work: one line on a terminal, from the moment that it takes longer than anybody likes to wait.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use tokio::time::Instant;

use super::say;

/// Work that ends within this time shows nothing.
const PATIENCE: Duration = Duration::from_secs(2);
/// The line changes at most this often.
const EVERY: Duration = Duration::from_millis(200);

/// Shows how far some work is.
pub(super) struct Progress {
    what: &'static str,
    all: u64,
    begun: Instant,
    shown: Option<Instant>,
    is_silent: bool,
}

impl Progress {
    /// `all` is what `tell` gets at the end.
    pub(super) fn of(what: &'static str, all: u64, json: bool) -> Self {
        let is_silent = json || !io::stderr().is_terminal() || super::screen::is_dumb();
        Self { what, all, begun: Instant::now(), shown: None, is_silent }
    }

    pub(super) fn tell(&mut self, done: u64) {
        if self.is_silent || self.begun.elapsed() < PATIENCE || self.shown.is_some_and(|shown| shown.elapsed() < EVERY)
        {
            return;
        }
        self.shown = Some(Instant::now());
        let seconds = self.begun.elapsed().as_secs().max(1);
        let percent = done.saturating_mul(100).checked_div(self.all).unwrap_or(100).min(100);
        say(&format!("\r{} {percent:>3} %, {} a second ", self.what, done / seconds));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            say(&format!("\r{}\r", " ".repeat(self.what.len() + 40)));
        }
    }
}
