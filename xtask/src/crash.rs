//! `crash`: many kills under mixed traffic.

use anyhow::Result;

use crate::process::{cargo, run as run_program};

/// The variable that tells the test how often to kill.
const ROUNDS: &str = "TIDINGS_CRASH_ROUNDS";

/// Kills so often; an error if anything that was acknowledged is lost, doubled or changed.
pub fn run(rounds: u64) -> Result<()> {
    let test = ["test", "--package", "tidings", "--test", "it", "crash::mixed", "--", "--nocapture"];
    run_program(cargo(test).env(ROUNDS, rounds.to_string()))
}
