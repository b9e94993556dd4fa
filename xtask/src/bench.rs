//! `bench`: runs the benches, and writes their figures and charts into `benches/README.md`, or compares two commits.

mod against;
mod comparison;
mod page;
mod tables;

use std::fs;

use anyhow::{Context, Result};

use crate::process::{cargo, root, run_reading};

use page::{Found, Page};

pub use against::run_both;

/// All benches, in the order of the page.
pub const NAMES: [&str; 12] = [
    "accepts",
    "append",
    "replay",
    "wake",
    "deliveries",
    "backlog",
    "pacing",
    "growth",
    "memory",
    "disk",
    "erasure",
    "audit",
];

/// Runs all benches, or only the one with this name. Writes the results of each bench before it starts the next.
pub fn run(name: Option<&str>) -> Result<()> {
    let names: Vec<&str> = NAMES.into_iter().filter(|known| name.is_none_or(|name| name == *known)).collect();
    for name in names {
        measure(name)?;
    }
    Ok(())
}

fn measure(name: &str) -> Result<()> {
    let folder = root().join("benches");
    let path = folder.join("README.md");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    // Check first that the page can take the figures: a run takes minutes.
    Page(&text).with(name, "")?;
    let mut told = String::new();
    run_reading(&mut cargo(["bench", "--bench", name]), |line| told.extend([line, "\n"]))?;
    let Found { figures, charts } = Found::read(&told)?;
    let pictures = folder.join("charts");
    fs::create_dir_all(&pictures)?;
    for (name, picture) in charts {
        let file = pictures.join(format!("{name}.svg"));
        fs::write(&file, picture).with_context(|| format!("cannot write {}", file.display()))?;
    }
    fs::write(&path, Page(&text).with(name, &figures)?)?;
    println!("written into {}", path.display());
    Ok(())
}
