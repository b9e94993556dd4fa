//! What the checks need on a machine, installed where it is missing.

use std::process::Command;

use anyhow::Result;

use crate::process::{cargo, is_installed, is_root, output, run};

const CARGO_DENY_VERSION: &str = "0.20.2";

/// Programs of the power cut and the trace, and the Debian packages they come in.
const DEBIAN: &[(&str, &str)] = &[
    ("mkfs.ext4", "e2fsprogs"),
    ("mount", "mount"),
    ("unshare", "util-linux"),
    ("perl", "perl-base"),
    ("strace", "strace"),
];

/// Installs what is missing. Only cargo-deny must be there: what needs a Debian package names its own lack.
pub fn install_missing() -> Result<()> {
    let missing = missing_packages();
    if !missing.is_empty()
        && let Err(error) = install_packages(&missing)
    {
        println!("not installed: {}: {error:#}", missing.join(", "));
    }
    if output(&mut cargo(["deny", "--version"])).is_err() {
        run(&mut cargo(["install", "cargo-deny", "--locked", "--version", CARGO_DENY_VERSION]))?;
    }
    Ok(())
}

/// The Debian packages of those of `programs` that are missing.
pub fn missing_packages() -> Vec<&'static str> {
    DEBIAN.iter().filter(|(program, _)| !is_installed(program)).map(|(_, package)| *package).collect()
}

fn install_packages(packages: &[&str]) -> Result<()> {
    anyhow::ensure!(is_root(), "needs root");
    run(Command::new("apt-get").args(["update", "-qq"]))?;
    run(Command::new("apt-get")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(packages))
}
