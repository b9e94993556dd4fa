//! `mutants`: changes the pure rules one spot at a time, and expects the tests of `actors` to notice each change.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::process::{cargo, fresh_folder, root, status};
use crate::tools;

/// The files of the pure rules.
const RULES: [&str; 4] =
    ["actors/src/workspace/**", "actors/src/account/**", "actors/src/chat/**", "actors/src/webhook/**"];

/// Mutants that behave exactly like the rules, one per line: as printed here, without line and column.
const EQUIVALENT: &str = "tests/equivalent_mutants.txt";

/// The tests that may notice: all of the library but those of phone numbers, which use no rule and take longer than
/// all others together.
const TESTS: [&str; 5] = ["--", "--lib", "--", "--skip", "phone::"];

/// A test run is out of time after five times as long as it usually takes, but not before this many seconds.
const OUT_OF_TIME_S: &str = "10";

/// Exit codes of cargo-mutants after a complete run: all caught, some missed, some timed out.
const ENDED: [Option<i32>; 3] = [Some(0), Some(2), Some(3)];

/// Selects the mutants to try, and how many run at once.
pub struct Choice<'a> {
    /// Only mutants of these files; empty for all rules.
    pub files: &'a [String],
    /// Only this part of the mutants, such as `0/4`.
    pub shard: Option<&'a str>,
    /// Number of parallel jobs; each builds in its own copy of the tree.
    pub jobs: u64,
}

/// Tries the mutants; fails if one survives that is not listed as equivalent. The results are below the target
/// folder.
pub fn run(choice: &Choice<'_>) -> Result<()> {
    let known = fs::read_to_string(root().join(EQUIVALENT)).with_context(|| format!("cannot read {EQUIVALENT}"))?;
    if let Some(line) = known_names(&known).find(|line| !is_of_a_rule(line)) {
        bail!("{EQUIVALENT}: no file of the rules: {line}");
    }
    let programs = tools::cargo_mutants()?;
    let folder = fresh_folder("mutants")?;
    // Keep the copies of the tree where there is space for their build output.
    let work = folder.join("work");
    fs::create_dir(&work)?;
    let mut command = command(choice, &programs)?;
    let ended = status(command.arg("--output").arg(&folder).args(TESTS).env("TMPDIR", &work))?;
    fs::remove_dir_all(&work)?;
    ensure!(ENDED.contains(&ended.code()), "cargo mutants: {ended}");
    judge(&folder.join("mutants.out"), &known)
}

fn command(choice: &Choice<'_>, programs: &Path) -> Result<Command> {
    let usual = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(programs.to_owned()).chain(std::env::split_paths(&usual));
    let mut command = cargo(["mutants", "--package", "actors", "--no-times", "--colors", "never"]);
    command.args(["--minimum-test-timeout", OUT_OF_TIME_S]);
    command.env("PATH", std::env::join_paths(path)?).env_remove("CARGO_TARGET_DIR");
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    let files = RULES.map(str::to_owned);
    for file in if choice.files.is_empty() { files.as_slice() } else { choice.files } {
        command.args(["--file", file]);
    }
    command.args(choice.shard.into_iter().flat_map(|shard| ["--shard", shard]));
    command.args(["--jobs", &choice.jobs.to_string()]);
    Ok(command)
}

fn judge(out: &Path, known: &str) -> Result<()> {
    let list = |name: &str| fs::read_to_string(out.join(name)).unwrap_or_default();
    let [caught, missed, slow, unviable] =
        ["caught", "missed", "timeout", "unviable"].map(|name| list(&format!("{name}.txt")));
    let count = |list: &str| list.lines().count();
    let all = [&caught, &missed, &slow, &unviable].map(|list| count(list)).iter().sum::<usize>();
    ensure!(all > 0, "there is nothing to change in those files");
    let survivors = survivors(&missed, known);
    println!(
        "{all} mutants: {} caught, {} out of time, {} do not compile, {} known to be equivalent, {} survived; see {}",
        count(&caught),
        count(&slow),
        count(&unviable),
        count(&missed) - survivors.len(),
        survivors.len(),
        out.display()
    );
    if survivors.is_empty() {
        return Ok(());
    }
    bail!(
        "no test of actors notices these; write one for each, or, where there can be none, name it in {EQUIVALENT}:\n{}",
        survivors.join("\n")
    )
}

/// Returns the missed mutants that are not listed. A name that is listed twice stands for two mutants.
fn survivors<'a>(missed: &'a str, known: &str) -> Vec<&'a str> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for name in known_names(known) {
        *left.entry(name).or_default() += 1;
    }
    let mut is_known = |mutant: &str| match left.get_mut(name(mutant).as_str()) {
        Some(times) if *times > 0 => {
            *times -= 1;
            true
        }
        _ => false,
    };
    missed.lines().filter(|mutant| !is_known(mutant)).collect()
}

fn known_names(known: &str) -> impl Iterator<Item = &str> {
    known.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn is_of_a_rule(name: &str) -> bool {
    let file = name.split(':').next().unwrap_or_default();
    RULES.iter().any(|rules| file.starts_with(rules.trim_end_matches('*'))) && root().join(file).is_file()
}

/// Removes line and column from a mutant: they change with any edit above it.
fn name(mutant: &str) -> String {
    match mutant.splitn(4, ':').collect::<Vec<_>>().as_slice() {
        [file, _line, _column, change] => format!("{file}:{change}"),
        _ => mutant.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISSED: &str = "\
a/b.rs:45:22: replace ^ with & in mix
a/b.rs:45:30: replace ^ with & in mix
a/b.rs:9:1: replace Gap::wait_ms -> u64 with 0
";

    #[test]
    fn a_mutant_is_known_wherever_its_line_has_gone() {
        assert_eq!(
            name("a/b.rs:9:1: replace Gap::wait_ms -> u64 with 0"),
            "a/b.rs: replace Gap::wait_ms -> u64 with 0"
        );
        let known = "# no bit is lost\na/b.rs: replace Gap::wait_ms -> u64 with 0\n\n";
        assert_eq!(survivors(MISSED, known).len(), 2);
        assert_eq!(survivors(MISSED, "").len(), 3);
    }

    #[test]
    fn a_name_stands_for_as_many_mutants_as_it_is_listed() {
        let (one, other) = ("a/b.rs: replace ^ with & in mix\n", "a/b.rs: replace Gap::wait_ms -> u64 with 0\n");
        assert_eq!(survivors(MISSED, &format!("{one}{other}")), ["a/b.rs:45:30: replace ^ with & in mix"]);
        assert_eq!(survivors(MISSED, &format!("{one}{one}{other}")), [""; 0]);
    }

    #[test]
    fn a_survivor_fails_and_so_does_trying_nothing() {
        let out = std::env::temp_dir().join(format!("tidings-mutants-{}", std::process::id()));
        fs::create_dir_all(&out).unwrap();
        assert!(judge(&out, "").unwrap_err().to_string().contains("nothing to change"));
        fs::write(out.join("caught.txt"), "a/b.rs:1:1: replace + with -\n").unwrap();
        judge(&out, "").unwrap();
        fs::write(out.join("missed.txt"), MISSED).unwrap();
        let error = judge(&out, "").unwrap_err().to_string();
        assert!(error.ends_with(MISSED.trim_end()), "{error}");
        fs::remove_dir_all(&out).unwrap();
    }

    #[test]
    fn every_mutant_that_is_known_is_one_of_a_rule_that_there_is() {
        assert!(is_of_a_rule("actors/src/account/pacing.rs: replace ^ with & in mix"));
        assert!(!is_of_a_rule("actors/src/account/pacings.rs: replace ^ with & in mix"));
        assert!(!is_of_a_rule("actors/src/decider.rs: replace ^ with & in mix"));
        let known = fs::read_to_string(root().join(EQUIVALENT)).unwrap();
        assert_eq!(known_names(&known).find(|line| !is_of_a_rule(line)), None);
    }
}
