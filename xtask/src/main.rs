//! The project's own commands; `cargo xtask` alone lists them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod args;
mod audit;
mod bench;
mod chart;
mod crash;
mod disk_full;
mod fuzz;
mod http;
mod ledger;
mod mutants;
mod plant;
mod power_cut;
mod process;
mod proxy;
mod python;
mod random;
mod schemathesis;
mod server;
mod signatures;
mod simulate;
mod soak;
mod stopwatch;
mod test;
mod tools;
mod trace;
mod workspace;
mod world;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::args::{Arguments, Task};
use crate::mutants::Choice;

const FAILED: u8 = 1;
const NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let Some(task) = Arguments::parse().task else { return list() };
    if let Some(why) = why_not(&task) {
        eprintln!("not run: {why}");
        return ExitCode::from(NOT_RUN);
    }
    match run(&task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nfailed: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}

/// Prints the list of commands.
fn list() -> ExitCode {
    match Arguments::command().print_help() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(FAILED),
    }
}

fn why_not(task: &Task) -> Option<String> {
    match task {
        Task::PowerCut { .. } => power_cut::why_not(),
        Task::DiskFull => disk_full::why_not(),
        Task::Trace => trace::why_not(),
        Task::Proxy => proxy::why_not(),
        Task::Schemathesis => schemathesis::why_not(),
        Task::Signatures => signatures::why_not(),
        Task::Audit { .. } => audit::why_not(),
        Task::Fuzz { .. } => fuzz::why_not(),
        _ => None,
    }
}

fn run(task: &Task) -> anyhow::Result<()> {
    match task {
        Task::Test => test::run(),
        Task::PowerCut { rounds } => power_cut::run(*rounds),
        Task::PowerCutRounds { rounds } => power_cut::rounds(*rounds),
        Task::DiskFull => disk_full::run(),
        Task::DiskFullRounds => disk_full::rounds(),
        Task::Trace => trace::run(),
        Task::Crash { rounds } => crash::run(*rounds),
        Task::Bench { name: Some(name), against: Some(commit) } => bench::run_both(commit, name),
        Task::Bench { name, .. } => bench::run(name.as_deref()),
        Task::Proxy => proxy::run(),
        Task::Fuzz { seconds, target } => fuzz::run(*seconds, target.as_deref()),
        Task::Schemathesis => schemathesis::run(),
        Task::Signatures => signatures::run(),
        Task::Audit { crates } => audit::run(*crates),
        Task::Plant { name } => plant::run(name.as_deref()),
        Task::Mutants { files, shard, jobs } => mutants::run(&Choice { files, shard: shard.as_deref(), jobs: *jobs }),
        Task::Simulate { seeds, from, imports_every } => simulate::run(*seeds, *from, *imports_every),
        Task::Soak { minutes, rate } => soak::run(*minutes, *rate),
    }
}
