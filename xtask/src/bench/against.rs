//! `bench --against`: runs a bench of this tree and of an earlier commit alternately, and compares them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::comparison::{Comparison, Side};
use super::tables;
use crate::process::{cargo, output, root, run, run_reading_quietly, target};
use crate::stopwatch::Stopwatch;

/// Rounds of each side, because machines are noisy.
const ROUNDS: usize = 5;

/// Builds both, runs them alternately, and prints each figure of both. Does not change the page of figures.
pub fn run_both(commit: &str, name: &str) -> Result<()> {
    let hash = hash_of(commit)?;
    is_there(&hash, commit, name)?;
    let tree = Tree::at(&hash)?;
    println!("=== building {name} of {commit}; the first time takes as long as a release build");
    let old = Bench::build(name, &tree.folder, &tree.target)?;
    println!("=== building {name} of this tree");
    let new = Bench::build(name, &root(), &target())?;
    let mut comparison = Comparison::default();
    for round in 1..=ROUNDS {
        // The second run may find the machine warmer, or its disk fuller.
        let turns = if round % 2 == 1 { [Side::Old, Side::New] } else { [Side::New, Side::Old] };
        for side in turns {
            let (bench, whose) = match side {
                Side::Old => (&old, "old"),
                Side::New => (&new, "new"),
            };
            let took = Stopwatch::start();
            let figures = bench.run().with_context(|| format!("round {round}, {whose}"))?;
            println!("round {round} of {ROUNDS}, {whose}: {} figures in {took}", figures.len());
            comparison.add(side, figures);
        }
    }
    ensure!(!comparison.is_empty(), "{name} printed no table");
    println!("\n{name}, old: {commit}, new: this tree; medians of {ROUNDS} rounds by turns (lowest to highest);");
    println!("a ratio is bold where all values of one side lie above all of the other's\n\n{comparison}");
    Ok(())
}

fn git<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(root());
    command
}

fn hash_of(commit: &str) -> Result<String> {
    let hash = output(&mut git(["rev-parse", "--verify", "--end-of-options", &format!("{commit}^{{commit}}")]));
    let hash =
        hash.with_context(|| format!("there is no commit {commit} here; git log --oneline lists those there are"))?;
    Ok(hash.trim().to_owned())
}

fn is_there(hash: &str, commit: &str, name: &str) -> Result<()> {
    let file = format!("benches/{name}.rs");
    let there = output(&mut git(["ls-tree", "--name-only", hash, &file]))?;
    if there.is_empty() {
        let since = output(&mut git(["log", "--diff-filter=A", "--format=%h", "-1", "--", &file]))?;
        let since = if since.is_empty() { "no commit yet".to_owned() } else { format!("commit {}", since.trim()) };
        anyhow::bail!("{commit} has no bench {name}: {file} came with {since}; name a later commit");
    }
    Ok(())
}

/// The files of an earlier commit, below the target folder. The build output stays there for the next time.
struct Tree {
    folder: PathBuf,
    target: PathBuf,
}

impl Tree {
    fn at(hash: &str) -> Result<Self> {
        let all = target().join("against");
        std::fs::create_dir_all(&all).with_context(|| format!("cannot make {}", all.display()))?;
        let tree = Self { folder: all.join("tree"), target: all.join("build") };
        // Write only files that differ, because cargo rebuilds whatever is newer.
        if tree.folder.join(".git").exists() {
            run(git(["checkout", "--quiet", "--force", "--detach", hash]).current_dir(&tree.folder))?;
            run(git(["clean", "--quiet", "--force", "-d"]).current_dir(&tree.folder))?;
        } else {
            // Forced twice: git may remember a worktree that was removed with the target folder.
            run(git(["worktree", "add", "--quiet", "--force", "--force", "--detach"]).arg(&tree.folder).arg(hash))?;
        }
        Ok(tree)
    }
}

/// A bench that is built. It runs without cargo, which would rebuild it if a file was changed meanwhile.
struct Bench {
    program: PathBuf,
    folder: PathBuf,
}

impl Bench {
    fn build(name: &str, folder: &Path, target: &Path) -> Result<Self> {
        let mut command = cargo(["bench", "--no-run", "--bench", name, "--message-format", "json-render-diagnostics"]);
        command.current_dir(folder).env("CARGO_TARGET_DIR", target);
        let mut program = None;
        run_reading_quietly(&mut command, |line| program = program.take().or_else(|| built(line, name)))?;
        let program = program.with_context(|| format!("cargo does not say where it built {name}"))?;
        Ok(Self { program, folder: folder.to_owned() })
    }

    fn run(&self) -> Result<Vec<(String, f64)>> {
        let told = output(Command::new(&self.program).arg("--bench").current_dir(&self.folder))?;
        Ok(tables::figures(&told))
    }
}

/// Returns the program of the bench, if this message of cargo names it.
fn built(line: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    let is_bench = message.pointer("/target/kind")?.as_array()?.iter().any(|kind| kind == "bench");
    let is_it = is_bench && message.pointer("/target/name")? == name;
    is_it.then(|| message.get("executable")?.as_str().map(PathBuf::from)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_read_from_what_cargo_tells_of_the_bench_alone() {
        let line = |kind: &str, name: &str| {
            format!(
                "{{\"reason\":\"compiler-artifact\",\"target\":{{\"kind\":[\"{kind}\"],\"name\":\"{name}\"}},\
                 \"executable\":\"/t/replay-1\"}}"
            )
        };
        assert_eq!(built(&line("bench", "replay"), "replay"), Some(PathBuf::from("/t/replay-1")));
        assert_eq!(built(&line("bench", "replays"), "replay"), None);
        assert_eq!(built(&line("bin", "replay"), "replay"), None);
        assert_eq!(built("   Compiling replay", "replay"), None);
    }

    #[test]
    fn a_commit_that_is_unknown_or_has_no_such_bench_is_named_with_what_to_do() {
        let error = format!("{:#}", hash_of("no-such-commit").unwrap_err());
        assert!(error.contains("there is no commit no-such-commit here; git log"), "{error}");
        let error = is_there("HEAD", "HEAD", "no-such-bench").unwrap_err().to_string();
        assert!(
            error.starts_with("HEAD has no bench no-such-bench") && error.ends_with("name a later commit"),
            "{error}"
        );
        is_there("HEAD", "HEAD", "replay").unwrap();
    }
}
