//! The progress of a long read: a percentage on the terminal, updated in place. Nothing where nobody watches, and
//! nothing for what is done soon.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use tokio::time::Instant;

use super::say;

/// What takes less time shows no progress.
const PATIENCE: Duration = Duration::from_secs(2);
/// Interval between two looks at how far it has come.
const REDRAW: Duration = Duration::from_millis(200);
const BAR: u64 = 30;

/// The progress of one command.
pub(super) struct Progress {
    what: &'static str,
    is_watched: bool,
    begun: Instant,
    next: Instant,
    is_shown: bool,
}

impl Progress {
    /// Begins; `what` names the work, such as `Reading the log`.
    pub(super) fn of(what: &'static str, json: bool) -> Self {
        let is_watched = !json && io::stderr().is_terminal() && !super::screen::is_dumb();
        let begun = Instant::now();
        Self { what, is_watched, begun, next: begun + PATIENCE, is_shown: false }
    }

    /// Shows how much is done.
    pub(super) fn tell(&mut self, done: u64, all: u64) {
        self.show(done, |what| line(what, done, all));
    }

    /// Shows how much is done where nobody knows how much there is.
    pub(super) fn count(&mut self, done: u64) {
        self.show(done, |what| format!("\r{what}: {done}"));
    }

    fn show(&mut self, done: u64, line: impl FnOnce(&str) -> String) {
        if !self.is_watched || Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + REDRAW;
        self.is_shown = true;
        let a_second = done / self.begun.elapsed().as_secs().max(1);
        say(&format!("{}, {a_second} a second \u{1b}[K", line(self.what)));
    }

    /// Removes what is shown.
    pub(super) fn end(self) {
        if self.is_shown {
            say("\r\u{1b}[K");
        }
    }
}

fn line(what: &str, done: u64, all: u64) -> String {
    let of = |parts: u64| done.min(all).saturating_mul(parts).checked_div(all).unwrap_or(parts);
    let filled = of(BAR);
    let bar: String = (0..BAR).map(|place| if place < filled { '#' } else { '-' }).collect();
    format!("\r{what} [{bar}] {:>3} %", of(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_how_much_is_done() {
        assert_eq!(line("Reading", 50, 100), "\rReading [###############---------------]  50 %");
        assert_eq!(line("Reading", 7, 0), "\rReading [##############################] 100 %");
        assert_eq!(line("Reading", 9, 3), "\rReading [##############################] 100 %");
    }
}
