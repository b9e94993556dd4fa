//! `simulate`: runs the simulation with many random histories, optimised.

use anyhow::Result;

use crate::process::{cargo, run as run_program};

/// The variable with the number of histories, for the simulation.
pub const SEEDS: &str = "TIDINGS_SIMULATION_SEEDS";

const FROM: &str = "TIDINGS_SIMULATION_FROM";

/// The arguments of cargo that run the simulation and show its output.
pub const TEST: [&str; 6] = ["test", "--test", "it", "simulation::no_seed", "--", "--nocapture"];

/// Tries this many seeds on all cores; fails if an invariant is violated.
pub fn run(seeds: u64, from: u64) -> Result<()> {
    let [test, rest @ ..] = TEST;
    let arguments = [test, "--release"].into_iter().chain(rest);
    run_program(cargo(arguments).env(SEEDS, seeds.to_string()).env(FROM, from.to_string()))
}
