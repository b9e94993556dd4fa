//! `signatures`: verifies signed reports with the Python and JavaScript packages of Standard Webhooks.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{debug_example, fresh_folder, is_installed, output, run as run_program, tools_folder};
use crate::python;

const PACKAGE: &str = "standardwebhooks";
const PYTHON_VERSION: &str = "1.1.0";
const JAVASCRIPT_VERSION: &str = "1.1.1";

/// Returns the reason why this machine cannot run it, if there is one.
pub fn why_not() -> Option<String> {
    if !python::makes_environments() {
        return Some("signatures needs the package python3-venv".to_owned());
    }
    let missing = ["node", "npm"].into_iter().find(|program| !is_installed(program));
    missing.map(|program| format!("signatures needs {program}"))
}

/// Signs new reports, and verifies them with both packages.
pub fn run() -> Result<()> {
    let python = python::environment(PACKAGE, PYTHON_VERSION)?.join("python");
    let modules = install_for_javascript()?;
    let folder = fresh_folder("signatures")?;
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display())).map(|()| path)
    };
    let in_python = file("verify.py", include_str!("signatures/verify.py"))?;
    let in_javascript = file("verify.mjs", include_str!("signatures/verify.mjs"))?;
    let cases = file("cases.json", &output(&mut Command::new(debug_example("signed")?))?)?;
    run_program(Command::new(python).arg(in_python).arg(&cases))?;
    run_program(Command::new("node").arg(in_javascript).args([&cases, &modules.join("package.json")]))
}

/// Installs the package for Node if it is missing; returns the folder.
fn install_for_javascript() -> Result<PathBuf> {
    let folder = tools_folder().join("standardwebhooks-javascript");
    if has_javascript(&folder) {
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("package.json"), "{\"private\": true}\n")?;
    let package = format!("{PACKAGE}@{JAVASCRIPT_VERSION}");
    let mut npm = Command::new("npm");
    npm.args(["install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
    run_program(npm.arg(package)).context("the JavaScript package cannot be installed")?;
    Ok(folder)
}

fn has_javascript(folder: &Path) -> bool {
    let described = std::fs::read_to_string(folder.join("node_modules").join(PACKAGE).join("package.json"));
    let described = described.ok().and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    described.is_some_and(|described| described.get("version").is_some_and(|version| version == JAVASCRIPT_VERSION))
}
