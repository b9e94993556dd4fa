//! `crash`: kills the server many times under mixed traffic.

use anyhow::Result;

use crate::process::{cargo, run as run_program};

/// The variable with the number of kills, for the test.
const ROUNDS: &str = "TIDINGS_CRASH_ROUNDS";

/// Kills this many times; fails if anything acknowledged is lost, doubled or changed.
pub fn run(rounds: u64) -> Result<()> {
    let test = ["test", "--package", "tidings", "--test", "it", "crash::mixed", "--", "--nocapture"];
    run_program(cargo(test).env(ROUNDS, rounds.to_string()))
}
