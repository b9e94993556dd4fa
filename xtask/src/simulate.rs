//! `simulate`: runs the simulation with many random histories, optimised.

use anyhow::Result;

use crate::process::{cargo, run as run_program};

/// The variable with the number of histories, for the simulation.
pub const SEEDS: &str = "TIDINGS_SIMULATION_SEEDS";

const FROM: &str = "TIDINGS_SIMULATION_FROM";

const IMPORTS_EVERY: &str = "TIDINGS_SIMULATION_IMPORTS_EVERY";

/// The arguments of cargo that run the simulation and show its output.
pub const TEST: [&str; 6] = ["test", "--test", "it", "simulation::no_seed", "--", "--nocapture"];

/// Tries this many seeds on all cores; fails if an invariant is violated. One log in so many is exported and imported.
pub fn run(seeds: u64, from: u64, imports_every: u64) -> Result<()> {
    let [test, rest @ ..] = TEST;
    let arguments = [test, "--release"].into_iter().chain(rest);
    let numbers = [(SEEDS, seeds), (FROM, from), (IMPORTS_EVERY, imports_every)];
    run_program(cargo(arguments).envs(numbers.map(|(name, number)| (name, number.to_string()))))
}
