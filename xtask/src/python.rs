//! Installs the Python programs that the checks use, each into a virtual environment below the target folder.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{output, run, tools_folder};

/// Prints the version of the package named in its argument.
const VERSION_OF: &str = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))";

/// True if Python is installed and can make virtual environments, for which Debian has a separate package.
pub fn makes_environments() -> bool {
    output(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok()
}

/// Returns the folder with the programs of a virtual environment for this package; installs it if it is missing.
pub fn environment(package: &str, version: &str) -> Result<PathBuf> {
    let folder = tools_folder().join(package);
    let programs = folder.join("bin");
    let mut installed = Command::new(programs.join("python"));
    if output(installed.args(["-c", VERSION_OF, package])).is_ok_and(|told| told.trim() == version) {
        return Ok(programs);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = Command::new(programs.join("pip"));
    let result = run(pip.args(["install", "--quiet", &format!("{package}=={version}")]));
    result.with_context(|| format!("{package} cannot be installed"))?;
    Ok(programs)
}
