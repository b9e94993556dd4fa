//! Helpers of every bench: the machine, the charts, and whether to run short. It knows nothing of what is measured.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// If set to anything, every bench runs short: this shows that it works, but its figures mean nothing.
const SHORT_KEY: &str = "BENCH_SHORT";

/// True if this program is to measure: under `cargo bench`, and not when all targets are merely run.
pub fn is_wanted() -> bool {
    let wanted = std::env::args().any(|arg| arg == "--bench");
    if !wanted {
        eprintln!("measures only under cargo bench");
    }
    wanted
}

/// True if the bench is to run short.
pub fn is_short() -> bool {
    std::env::var_os(SHORT_KEY).is_some()
}

/// Returns the value for a short run, or the one for a real run.
pub fn unless_short<T>(short: T, real: T) -> T {
    if is_short() { short } else { real }
}

/// Describes the machine on which the figures were measured.
pub fn machine() -> String {
    let line = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpus = line("/proc/cpuinfo");
    let model =
        cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("", |(_, it)| it);
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let profile = if cfg!(debug_assertions) { ", NOT optimised" } else { "" };
    let short = if is_short() { ", SHORT" } else { "" };
    format!("{cores} cores ({}), Linux {}{profile}{short}", model.trim(), line("/proc/sys/kernel/osrelease").trim())
}

/// Returns the other arguments if this program was started again for this part.
pub fn part(name: &str) -> Option<Vec<String>> {
    let mut args = std::env::args().skip(1);
    (args.next()? == name).then(|| args.collect())
}

/// Runs this program once more for a part that needs its own process; returns the numbers that it prints.
pub fn in_own_process(part: &str, args: &[String]) -> io::Result<Vec<f64>> {
    let mut command = Command::new(std::env::current_exe()?);
    let told = command.arg(part).args(args).stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    if !told.status.success() {
        return Err(io::Error::other(format!("{part} failed: {text}")));
    }
    text.split_whitespace().map(|figure| figure.parse().map_err(|_| io::Error::other(text.clone()))).collect()
}

/// Returns a folder as an argument.
pub fn folder(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// An axis: its label with the unit, and true if it is logarithmic.
pub type Axis<'a> = (&'a str, bool);

/// Requests a line chart with this name.
pub fn chart_lines(name: &str, title: &str, x: Axis<'_>, y: Axis<'_>, series: &[(&str, Vec<(f64, f64)>)]) {
    let series: Vec<Value> = series.iter().map(|(name, points)| json!({"name": name, "points": points})).collect();
    chart(&json!({"name": name, "title": title, "x": axis(x), "y": axis(y), "series": series}));
}

/// Requests a bar chart with this name.
pub fn chart_bars(name: &str, title: &str, x: &str, groups: &[String], y: Axis<'_>, series: &[(&str, Vec<f64>)]) {
    let series: Vec<Value> = series.iter().map(|(name, values)| json!({"name": name, "values": values})).collect();
    chart(&json!({"name": name, "title": title, "x": x, "groups": groups, "y": axis(y), "series": series}));
}

fn axis((label, logarithmic): Axis<'_>) -> Value {
    json!({"label": label, "logarithmic": logarithmic})
}

/// Prints a chart, which `cargo xtask bench` draws and stores.
fn chart(chart: &Value) {
    println!("\nchart: {chart}\n");
}
