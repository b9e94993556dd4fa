//! Asks a person at a terminal before something is done that cannot be undone.

use std::io::{self, BufRead as _, IsTerminal as _};

use super::say;

/// True if somebody sits at standard input.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// Asks on standard error; only the word `yes` confirms.
pub(super) fn is_confirmed(question: &str) -> bool {
    say(question);
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim() == "yes"
}
