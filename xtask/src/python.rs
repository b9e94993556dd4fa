//! Python programs that the checks use, each installed into a virtual environment below the target folder.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{output, run, tools_folder};

/// Tells the version of the package that it is given.
const VERSION_OF: &str = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))";

/// True if Python is here and can make virtual environments, which Debian has in a package of its own.
pub fn makes_environments() -> bool {
    output(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok()
}

/// The folder of the programs of an environment that holds this package, installed where it is missing.
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
