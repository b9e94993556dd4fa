//! `fuzz`: random bytes for everything that reads bytes from outside, beginning with a kept corpus.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::{cargo, is_installed, output, root, run as run_program, target, tools_folder};

/// Seconds for each target when none are given, and in `test`.
pub const SECONDS: u64 = 10;

const VERSION: &str = "0.13.2";
/// A single input that takes longer is a finding, also where others keep the machine busy.
const INPUT_SECONDS_MAX: u64 = 30;
/// An input that needs more is a finding.
const MEMORY_MB_MAX: u64 = 1_024;
/// Longer inputs are slower and find no more: the targets' own limits lie below.
const INPUT_BYTES_MAX: u64 = 4_096;
/// There is no unsafe code of ours to sanitize; without a sanitizer building and running take half the time.
const SANITIZER: &[&str] = &["--sanitizer", "none"];

/// Why this machine cannot run it.
pub fn why_not() -> Option<String> {
    (!is_installed("c++")).then(|| "fuzzing needs a C++ compiler, package g++".to_owned())
}

/// Fuzzes one target, or all of them, for so many seconds each. What it finds new stays below the target folder; the
/// kept corpus is only read.
pub fn run(seconds: u64, only: Option<&str>) -> Result<()> {
    install()?;
    let all = targets()?;
    let chosen: Vec<&String> = all.iter().filter(|name| only.is_none_or(|only| only == *name)).collect();
    ensure!(!chosen.is_empty(), "there is no such target; there are {}", all.join(", "));
    for name in chosen {
        let (found, kept) = (target().join("fuzz").join("corpus").join(name), folder().join("corpus").join(name));
        for folder in [&found, &kept] {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let mut limits = vec![
            format!("-max_total_time={seconds}"),
            format!("-timeout={INPUT_SECONDS_MAX}"),
            format!("-rss_limit_mb={MEMORY_MB_MAX}"),
            format!("-max_len={INPUT_BYTES_MAX}"),
            "-print_final_stats=1".to_owned(),
            "-verbosity=0".to_owned(),
            "-print_funcs=0".to_owned(),
        ];
        limits.extend(dictionary(name)?.map(|path| format!("-dict={}", path.display())));
        let mut command = fuzzer("run");
        command
            .args(SANITIZER)
            .arg("--target-dir")
            .arg(target().join("fuzz"))
            .arg(name)
            .args([found, kept])
            .arg("--")
            .args(limits);
        run_program(&mut command).with_context(|| {
            format!("{name}: the input stands in fuzz/artifacts/{name}; in fuzz/, cargo fuzz run -s none {name} FILE")
        })?;
    }
    Ok(())
}

/// Installs cargo-fuzz below the target folder, where it is missing.
fn install() -> Result<()> {
    if output(&mut fuzzer("--version")).is_ok_and(|told| told.trim() == format!("cargo-fuzz {VERSION}")) {
        return Ok(());
    }
    let mut command = cargo(["install", "cargo-fuzz", "--locked", "--force", "--version", VERSION, "--root"]);
    run_program(command.arg(tools_folder()))
}

/// cargo-fuzz on the compiler that everything else is built with, which lacks nothing but the permission.
fn fuzzer(subcommand: &str) -> Command {
    let mut command = cargo([]);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = tools_folder().join("bin");
    let paths = std::env::join_paths(std::iter::once(first).chain(std::env::split_paths(&path))).unwrap_or(path);
    command.args(["fuzz", subcommand]).env("RUSTC_BOOTSTRAP", "1").env("PATH", paths).current_dir(folder());
    command
}

/// The names of all targets: one file each.
fn targets() -> Result<Vec<String>> {
    let folder = folder().join("targets");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let names = entries.flatten().filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned()));
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}

/// The words that a target's inputs are made of: the dictionary that its name begins with.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_built_and_has_a_kept_corpus() {
        let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap();
        let targets = targets().unwrap();
        assert!(targets.len() >= 5, "{targets:?}");
        for name in targets {
            assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name} is not built");
            let corpus = std::fs::read_dir(folder().join("corpus").join(&name));
            assert!(corpus.is_ok_and(|mut corpus| corpus.next().is_some()), "{name} has no corpus");
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
