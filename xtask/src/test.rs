//! `test`: runs everything that must pass before a change lands; stops at the first failure.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::process::{cargo, debug_server, root, run as run_program, run_reading};
use crate::stopwatch::Stopwatch;
use crate::{audit, disk_full, fuzz, power_cut, proxy, schemathesis, signatures, tools, trace};

/// A step: why it is not run here, if so, what it compiles, and what it runs.
struct Step {
    name: &'static str,
    why_not: fn() -> Option<String>,
    compile: fn() -> Result<()>,
    run: fn() -> Result<()>,
}

/// Half of the usual number: each takes nine seconds.
const POWER_CUTS: u64 = 10;

const STEPS: &[Step] = &[
    Step { name: "tools", why_not: always, compile: nothing, run: tools::install_missing },
    Step { name: "format", why_not: always, compile: nothing, run: format },
    Step { name: "lints", why_not: always, compile: lints, run: nothing },
    Step { name: "tests", why_not: always, compile: compile_tests, run: tests },
    Step { name: "documentation", why_not: always, compile: documentation, run: nothing },
    Step { name: "dependencies", why_not: always, compile: nothing, run: dependencies },
    Step {
        name: "fuzz",
        why_not: fuzz::why_not_in_test,
        compile: fuzz::compile,
        run: || fuzz::run(fuzz::SECONDS, None),
    },
    Step { name: "schemathesis", why_not: schemathesis::why_not, compile: server, run: schemathesis::run },
    Step { name: "signatures", why_not: signatures::why_not, compile: server, run: signatures::run },
    Step { name: "audit", why_not: audit::why_not, compile: nothing, run: || audit::run(false) },
    Step { name: "proxy", why_not: proxy::why_not, compile: server, run: proxy::run },
    Step { name: "power-cut", why_not: power_cut::why_not, compile: server, run: || power_cut::run(POWER_CUTS) },
    Step { name: "disk-full", why_not: disk_full::why_not, compile: server, run: disk_full::run },
    Step { name: "trace", why_not: trace::why_not, compile: server, run: trace::run },
];

/// Runs every step and prints how long each took to compile and to run.
pub fn run() -> Result<()> {
    let whole = Stopwatch::start();
    let mut table = vec![row("", "compile", "run", "")];
    let mut failure = None;
    for step in STEPS {
        println!("\n=== {}", step.name);
        if let Some(why) = (step.why_not)() {
            println!("not run: {why}");
            table.push(row(step.name, "", "", &format!("not run: {why}")));
            continue;
        }
        let compiling = Stopwatch::start();
        let compiled = (step.compile)();
        let (compiling, running) = (compiling.to_string(), Stopwatch::start());
        let verdict = compiled.and_then(|()| (step.run)());
        let word = if verdict.is_ok() { "ok" } else { "FAILED" };
        table.push(row(step.name, &compiling, &running.to_string(), word));
        if let Err(error) = verdict {
            failure = Some(error.context(step.name));
            break;
        }
    }
    println!("\n=== summary\n{}\n{}", table.join("\n"), row("all", "", &whole.to_string(), ""));
    failure.map_or(Ok(()), Err)
}

fn row(name: &str, compiling: &str, running: &str, word: &str) -> String {
    format!("{name:<14} {compiling:>10} {running:>10}  {word}").trim_end().to_owned()
}

#[expect(clippy::unnecessary_wraps, reason = "a step")]
const fn nothing() -> Result<()> {
    Ok(())
}

fn server() -> Result<()> {
    debug_server().map(drop)
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

fn compile_tests() -> Result<()> {
    run_program(&mut cargo(["test", "--workspace", "--no-run"]))
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
    let mut deny = Command::new(tools::cargo_deny()?);
    run_program(deny.current_dir(root()).args(["check", "bans", "licenses", "sources"]))
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
