//! `plant`: plants known defects, one at a time, and expects the simulation to catch each.

mod tree;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use self::tree::Tree;
use crate::process::{cargo, root, target};
use crate::simulate;

const SEEDS_TRIED: &str = "1000";
const WORDS_SHOWN: usize = 15;
/// Time limit for shortening a failing story, in seconds.
const SHRINK_S: (&str, &str) = ("TIDINGS_SIMULATION_SHRINK_S", "10");

/// Plants every `tests/planted/*.patch`, or only the one with this name, in a copy of the tree. Prints what caught
/// each.
pub fn run(name: Option<&str>) -> Result<()> {
    let mut patches = patches(&root().join("tests").join("planted"))?;
    patches.retain(|patch| name.is_none_or(|name| patch.file_stem().is_some_and(|stem| stem == name)));
    ensure!(!patches.is_empty(), "there is no such patch in tests/planted");
    let tree = Tree::below(&target().join("planted"))?;
    let mut rows = Vec::new();
    let mut missed = Vec::new();
    for patch in &patches {
        let defect = patch.file_stem().unwrap_or_default().to_string_lossy().replace('-', " ");
        println!("=== {defect}");
        tree.restore()?;
        tree.plant(patch)?;
        let caught = simulate_in(&tree).with_context(|| defect.clone())?;
        let row = row(&defect, caught.as_ref());
        println!("{row}");
        rows.push(row);
        if caught.is_none() {
            missed.push(defect);
        }
    }
    println!("\n| defect | caught by seed | steps | invariant |\n|---|---|---|---|\n{}", rows.join("\n"));
    ensure!(missed.is_empty(), "not caught: {}", missed.join(", "));
    Ok(())
}

/// The failure that the simulation printed.
#[derive(Debug, PartialEq, Eq)]
struct Caught {
    seed: u64,
    invariant: String,
    /// Number of steps of the shortest story that catches the defect.
    steps: Option<u64>,
}

fn patches(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut patches = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "patch") {
            patches.push(path);
        }
    }
    patches.sort();
    Ok(patches)
}

fn simulate_in(tree: &Tree) -> Result<Option<Caught>> {
    let mut build = in_tree(["test", "--no-run", "--test", "it"], tree);
    ensure!(build.stdin(Stdio::null()).status()?.success(), "the tree does not build with the defect");
    let mut simulation = in_tree(simulate::TEST, tree);
    let output =
        simulation.env(simulate::SEEDS, SEEDS_TRIED).env(SHRINK_S.0, SHRINK_S.1).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    match text.lines().find_map(Caught::read) {
        Some(caught) => Ok(Some(Caught { steps: text.lines().find_map(steps), ..caught })),
        None => bail!("the simulation failed without naming a seed:\n{}", last_lines(&text)),
    }
}

fn in_tree<'a>(arguments: impl IntoIterator<Item = &'a str>, tree: &Tree) -> Command {
    let mut command = cargo(arguments);
    command.current_dir(tree.folder()).env("CARGO_TARGET_DIR", target().join("planted").join("build"));
    command
}

fn row(defect: &str, caught: Option<&Caught>) -> String {
    match caught {
        Some(Caught { seed, invariant, steps }) => {
            let steps = steps.map(|steps| steps.to_string()).unwrap_or_default();
            format!("| {defect} | {seed} | {steps} | {invariant} |")
        }
        None => format!("| {defect} | **not caught** in {SEEDS_TRIED} | | |"),
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(WORDS_SHOWN)..).unwrap_or_default().join("\n")
}

/// Reads the number of steps of the shortened story.
fn steps(line: &str) -> Option<u64> {
    let (_, rest) = line.split_once("shrunk from ")?.1.split_once(" steps to ")?;
    rest.split(' ').next()?.parse().ok()
}

impl Caught {
    fn read(line: &str) -> Option<Self> {
        let (_, rest) = line.split_once("simulation: seed ")?;
        let (seed, invariant) = rest.split_once(':')?;
        let invariant = invariant.trim().replace('|', "/");
        Some(Self { seed: seed.trim().parse().ok()?, invariant, steps: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_defect_can_still_be_planted() {
        for patch in patches(&root().join("tests").join("planted")).unwrap() {
            let mut git = Command::new("git");
            let planted = git.args(["apply", "--check"]).arg(&patch).current_dir(root()).output().unwrap();
            assert!(planted.status.success(), "{}", String::from_utf8_lossy(&planted.stderr));
        }
    }

    #[test]
    fn the_seed_and_the_invariant_are_read_from_a_failure() {
        let caught = Caught::read("simulation: seed 42: a message is charged exactly once: m1 twice");
        let invariant = "a message is charged exactly once: m1 twice".to_owned();
        assert_eq!(caught, Some(Caught { seed: 42, invariant, steps: None }));
        assert_eq!(steps("shrunk from 39 steps to 12 in 65 tellings: a rule"), Some(12));
        assert_eq!(Caught::read("test simulation::all ... ok"), None);
    }
}
