//! `test`: runs everything that must pass before a change lands; stops at the first failure.

use anyhow::{Result, ensure};

use crate::process::{cargo, run as run_program, run_reading};
use crate::stopwatch::Stopwatch;
use crate::{disk_full, fuzz, power_cut, proxy, schemathesis, signatures, tools, trace};

struct Step {
    name: &'static str,
    why_not: fn() -> Option<String>,
    run: fn() -> Result<()>,
}

/// Half of the usual number: each takes nine seconds.
const POWER_CUTS: u64 = 10;

const STEPS: &[Step] = &[
    Step { name: "tools", why_not: always, run: tools::install_missing },
    Step { name: "format", why_not: always, run: format },
    Step { name: "lints", why_not: always, run: lints },
    Step { name: "tests", why_not: always, run: tests },
    Step { name: "documentation", why_not: always, run: documentation },
    Step { name: "dependencies", why_not: always, run: dependencies },
    Step { name: "fuzz", why_not: fuzz::why_not, run: || fuzz::run(fuzz::SECONDS, None) },
    Step { name: "schemathesis", why_not: schemathesis::why_not, run: schemathesis::run },
    Step { name: "signatures", why_not: signatures::why_not, run: signatures::run },
    Step { name: "proxy", why_not: proxy::why_not, run: proxy::run },
    Step { name: "power-cut", why_not: power_cut::why_not, run: || power_cut::run(POWER_CUTS) },
    Step { name: "disk-full", why_not: disk_full::why_not, run: disk_full::run },
    Step { name: "trace", why_not: trace::why_not, run: trace::run },
];

/// Runs every step and prints how long each took.
pub fn run() -> Result<()> {
    let whole = Stopwatch::start();
    let mut table = Vec::new();
    let mut failure = None;
    for step in STEPS {
        println!("\n=== {}", step.name);
        let took = Stopwatch::start();
        let verdict = verdict(step);
        let word = verdict.as_ref().map_or_else(|_| "FAILED".to_owned(), Clone::clone);
        table.push(format!("{:<14} {:>10}  {word}", step.name, took.to_string()));
        if let Err(error) = verdict {
            failure = Some(error.context(step.name));
            break;
        }
    }
    println!("\n=== summary\n{}\n{:<14} {:>10}", table.join("\n"), "all", whole.to_string());
    failure.map_or(Ok(()), Err)
}

fn verdict(step: &Step) -> Result<String> {
    if let Some(why) = (step.why_not)() {
        println!("not run: {why}");
        return Ok(format!("not run: {why}"));
    }
    (step.run)().map(|()| "ok".to_owned())
}

const fn always() -> Option<String> {
    None
}

fn format() -> Result<()> {
    run_program(&mut cargo(["fmt", "--all", "--check"]))
}

fn lints() -> Result<()> {
    run_program(&mut cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn tests() -> Result<()> {
    let mut tally = TestCounts::default();
    let result = run_reading(&mut cargo(["test", "--workspace"]), |line| tally.read(line));
    println!("\n{} passed, {} failed", tally.passed, tally.failed);
    result?;
    ensure!(tally.passed > 0, "no test ran");
    Ok(())
}

fn documentation() -> Result<()> {
    run_program(cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

fn dependencies() -> Result<()> {
    run_program(&mut cargo(["deny", "check", "bans", "licenses", "sources"]))
}

/// Sums the result lines of all test binaries.
#[derive(Debug, Default, PartialEq, Eq)]
struct TestCounts {
    passed: u64,
    failed: u64,
}

impl TestCounts {
    fn read(&mut self, line: &str) {
        if !line.starts_with("test result: ") {
            return;
        }
        self.passed += number_before(line, " passed;");
        self.failed += number_before(line, " failed;");
    }
}

fn number_before(line: &str, mark: &str) -> u64 {
    let before = line.split_once(mark).and_then(|(before, _)| before.rsplit(' ').next());
    before.and_then(|word| word.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_all_binaries_are_summed() {
        let mut tally = TestCounts::default();
        tally.read("running 14 tests");
        tally.read("test result: ok. 12 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        tally.read("test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!(tally, TestCounts { passed: 15, failed: 1 });
    }
}
