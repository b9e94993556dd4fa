//! `fuzz`: feeds random bytes to all code that reads bytes from outside, starting from a kept corpus.

mod searched;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};

use crate::process::{cargo, is_installed, output, root, run as run_program, run_quietly, target};

/// Seconds per target by default, and in `test`.
pub const SECONDS: u64 = 10;

/// A single input that takes longer is a finding, even on a busy machine.
const INPUT_SECONDS_MAX: u64 = 30;
/// An input that needs more memory is a finding.
const MEMORY_MB_MAX: u64 = 1_024;
/// Longer inputs are slower and find no more: the targets' own limits are lower.
const INPUT_BYTES_MAX: u64 = 4_096;
/// The compiler flags of cargo-fuzz: counters guide the search through every branch, including those of the
/// dependencies. One codegen unit, because instrumented functions are not shared between units. No sanitizer: we have
/// no unsafe code, and building and running take half the time without one.
const COUNTERS: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-sanitizer-coverage-stack-depth",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Ccodegen-units=1",
];

/// Returns the reason why this machine cannot fuzz, if there is one.
pub fn why_not() -> Option<String> {
    (!is_installed("c++")).then(|| "fuzzing needs a C++ compiler, package g++".to_owned())
}

/// Returns the reason why `test` does not search, if there is one.
pub fn why_not_in_test() -> Option<String> {
    let unchanged =
        "nothing that reads bytes from outside has changed since the last search; cargo xtask fuzz searches";
    why_not().or_else(|| searched::is_unchanged().then(|| unchanged.to_owned()))
}

/// Builds all programs.
pub fn compile() -> Result<()> {
    build().map(drop)
}

/// Fuzzes one target, or all of them on every processor, for this many seconds each. New inputs go below the target
/// folder; the kept corpus is only read.
pub fn run(seconds: u64, only: Option<&str>) -> Result<()> {
    let all = targets()?;
    let chosen: Vec<&String> = all.iter().filter(|name| only.is_none_or(|only| only == *name)).collect();
    ensure!(!chosen.is_empty(), "there is no such target; there are {}", all.join(", "));
    let programs = build()?;
    if let [name] = chosen.as_slice() {
        return run_program(&mut command(&programs, name, seconds)?).with_context(|| found(&programs, name));
    }
    let left = Mutex::new(chosen.into_iter());
    let lane = || {
        while let Some(name) = next(&left) {
            run_quietly(&mut command(&programs, name, seconds)?).with_context(|| found(&programs, name))?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let lanes = std::thread::available_parallelism().map_or(1, usize::from);
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().try_for_each(|lane| lane.join().unwrap_or_else(|_| bail!("a thread of the fuzzing failed")))
    })?;
    if only.is_none() && seconds >= SECONDS { searched::remember() } else { Ok(()) }
}

fn next<'a>(left: &Mutex<impl Iterator<Item = &'a String>>) -> Option<&'a String> {
    left.lock().unwrap_or_else(PoisonError::into_inner).next()
}

fn found(programs: &Path, name: &str) -> String {
    format!("{name}: the input stands in fuzz/artifacts/{name}; again: {} FILE", programs.join(name).display())
}

fn command(programs: &Path, name: &str, seconds: u64) -> Result<Command> {
    let (found, kept) = (target().join("fuzz").join("corpus").join(name), folder().join("corpus").join(name));
    let crashes = folder().join("artifacts").join(name);
    for folder in [&found, &kept, &crashes] {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut command = Command::new(programs.join(name));
    command.current_dir(folder()).args([found, kept]).args(limits(seconds));
    command.arg(format!("-artifact_prefix={}/", crashes.display()));
    command.args(dictionary(name)?.map(|path| format!("-dict={}", path.display())));
    Ok(command)
}

fn limits(seconds: u64) -> [String; 7] {
    [
        format!("-max_total_time={seconds}"),
        format!("-timeout={INPUT_SECONDS_MAX}"),
        format!("-rss_limit_mb={MEMORY_MB_MAX}"),
        format!("-max_len={INPUT_BYTES_MAX}"),
        "-print_final_stats=1".to_owned(),
        "-verbosity=0".to_owned(),
        "-print_funcs=0".to_owned(),
    ]
}

/// Builds all targets and returns their folder. Programs that run during the build have no counters, so they are
/// shared with all other builds here.
fn build() -> Result<PathBuf> {
    let host = host()?;
    let mut command = cargo(["build", "--bins", "--target", &host, "--target-dir"]);
    let counters = COUNTERS.join("\x1f");
    command.arg(target()).env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", counters).current_dir(programs());
    run_program(&mut command)?;
    Ok(target().join(host).join("debug"))
}

/// Returns this machine's target triple.
fn host() -> Result<String> {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = output(Command::new(compiler).arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("the compiler does not say what machine this is")
}

/// Lists the names of all targets: one file each.
fn targets() -> Result<Vec<String>> {
    let folder = programs();
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let programs =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|is| is == "rs"));
    let names = programs.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}

/// Returns the dictionary for a target: the one whose name the target's name begins with.
fn dictionary(target: &str) -> Result<Option<PathBuf>> {
    let folder = folder().join("dictionaries");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let is_for =
        |path: &PathBuf| path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| target.starts_with(stem));
    Ok(entries.flatten().map(|entry| entry.path()).find(is_for))
}

fn folder() -> PathBuf {
    root().join("fuzz")
}

/// The folder of the programs, which are a workspace of their own.
fn programs() -> PathBuf {
    folder().join("targets")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_built() {
        let manifest = std::fs::read_to_string(programs().join("Cargo.toml")).unwrap();
        let targets = targets().unwrap();
        assert!(targets.len() >= 5, "{targets:?}");
        for name in targets {
            assert!(manifest.contains(&format!("path = \"{name}.rs\"")), "{name} is not built");
        }
    }
    #[test]
    fn targets_of_one_kind_share_a_dictionary() {
        let name = |target| dictionary(target).unwrap().and_then(|path| Some(path.file_name()?.to_str()?.to_owned()));
        assert_eq!(name("inbound_request").as_deref(), Some("inbound.dict"));
        assert_eq!(name("inbound_body"), name("inbound_request"));
        assert_eq!(name("record"), None);
    }
}
