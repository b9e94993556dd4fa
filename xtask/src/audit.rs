//! `audit`: other people's programs check an export of ten thousand lines, as an auditor without Tidings would.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::process::{cargo, fresh_folder, output, root, run as run_program, target};
use crate::python;

const PACKAGE: &str = "eventsourcingdb";
const VERSION: &str = "2.2.4";
/// The test that writes the export.
const WRITER: &str = "ten_thousand_lines_of_every_type_are_written_for_others";
/// The line to forge.
const FORGED: usize = 4_321;

/// Returns the reason why this machine cannot run it, if there is one.
pub fn why_not() -> Option<String> {
    (!python::makes_environments()).then(|| "audit needs the package python3-venv".to_owned())
}

/// Checks an export with the Python package, and with `crates` with the Rust crates too.
pub fn run(crates: bool) -> Result<()> {
    run_program(&mut cargo(["test", "-p", "events", "--test", "import", WRITER]))?;
    let export = target().join("tmp").join("audit");
    let python = python::environment(PACKAGE, VERSION)?.join("python");
    let flips = root().join("xtask/src/audit/flips.py");
    run_program(Command::new(&python).arg(flips).arg(export.join("log.ndjson")))?;
    let key = read(&export.join("key.txt"))?;
    let audit = |log: &Path| {
        let mut program = Command::new(&python);
        program.arg(root().join("docs/audit.py")).arg(log).arg(export.join("checkpoint.note")).arg(key.trim());
        program
    };
    run_program(&mut audit(&export.join("log.ndjson")))?;
    for (what, forged, words) in forgeries(&read(&export.join("log.ndjson"))?)? {
        let Err(error) = output(&mut audit(&forged)) else { bail!("{what} is not found") };
        let told = format!("{error:#}");
        ensure!(told.contains(&words), "{what}: not {words:?} but {told}");
        println!("{what}: {words}");
    }
    if crates {
        let manifest = root().join("xtask/stock/Cargo.toml");
        let mut stock = cargo(["run", "--quiet", "--manifest-path"]);
        run_program(stock.arg(manifest).arg("--target-dir").arg(target().join("stock")).arg("--").arg(&export))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Makes forged copies of an export; returns what was done to each, and what the auditor must be told.
fn forgeries(log: &str) -> Result<Vec<(&'static str, PathBuf, String)>> {
    let folder = fresh_folder("audit")?;
    let lines: Vec<&str> = log.lines().collect();
    let (before, after) = lines.split_at(FORGED - 1);
    let (line, rest) = after.split_first().context("the export is too short")?;
    let with = |line: &[&str]| [before, line, rest].concat().join("\n") + "\n";
    let swapped = rest.split_first().map(|(next, rest)| [before, &[next, line], rest].concat().join("\n") + "\n");
    let named = format!("line {FORGED}: ");
    let last = lines.len() - 1;
    let cases = [
        ("a changed number", with(&[&line.replacen("\"workspace\":5712,", "\"workspace\":5713,", 1)]), named.clone()),
        ("a missing line", with(&[]), named.clone()),
        ("two swapped lines", swapped.context("the export is too short")?, named),
        ("a missing end", lines.get(..last).unwrap_or_default().join("\n") + "\n", "cut off".to_owned()),
    ];
    let written = cases.into_iter().enumerate().map(|(nth, (what, text, words))| {
        let path = folder.join(format!("{nth}.ndjson"));
        ensure!(text != log, "{what} changes nothing");
        std::fs::write(&path, text)?;
        Ok((what, path, words))
    });
    written.collect()
}
