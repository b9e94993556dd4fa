//! Tests `tidings bench` as an operator uses it: it prints figures and leaves nothing on the disk.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::harness::process::{Environment, Finished, run};
use crate::harness::{Process, SOON, wait_until};

const FAILED: Option<i32> = Some(1);
const USAGE: Option<i32> = Some(2);
const NOT_FOUND: Option<i32> = Some(3);

/// Runs `tidings --json bench ...` for a second in a folder that must be empty afterwards; returns the printed
/// figures.
fn measured(what: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("disk");
    fs::create_dir(&place).unwrap();
    let mut args = vec!["--json", "bench"];
    args.extend(what.split(' '));
    args.extend(["--seconds", "1", "--dir", "disk"]);
    let finished = run(&args, &Environment::new(), folder.path());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains("Measuring in disk for 1 s"), "{finished:?}");
    assert!(entries(&place).is_empty(), "{:?}", entries(&place));
    assert_eq!(entries(folder.path()), ["disk"], "nothing is made elsewhere");
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {finished:?}"))
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// Asserts that each of these figures is a number above zero.
fn counted(figures: &Value, pointers: &[&str]) {
    for pointer in pointers {
        let figure = figures.pointer(pointer).and_then(Value::as_f64);
        assert!(figure.is_some_and(|figure| figure > 0.0), "{pointer}: {figures}");
    }
}

const EVERY: [&str; 5] = ["/per_second", "/p50_ms", "/p99_ms", "/limit/per_second", "/share"];
const OF_THE_DISK: [&str; 4] = ["/fdatasync_each", "/disk/per_second", "/disk/p50_ms", "/disk/p99_ms"];

#[test]
fn the_log_alone_syncs_once_a_batch() {
    let figures = measured("append --batch 4");
    counted(&figures, &EVERY);
    counted(&figures, &OF_THE_DISK);
    assert_eq!(figures["fdatasync_each"], 0.25, "{figures}");
}

#[test]
fn accepts_are_counted_beside_what_the_disk_can_do() {
    let figures = measured("accept --connections 4");
    counted(&figures, &EVERY);
    counted(&figures, &OF_THE_DISK);
    assert!(figures["fdatasync_each"].as_f64().is_some_and(|each| each <= 2.0), "{figures}");
}

#[test]
fn replay_writes_nothing_while_it_is_measured() {
    let figures = measured("replay");
    counted(&figures, &EVERY);
    assert!(figures["fdatasync_each"].is_null() && figures["disk"].is_null(), "{figures}");
}

#[test]
fn reports_reach_a_receiver_on_this_machine() {
    let figures = measured("deliver");
    counted(&figures, &EVERY);
    counted(&figures, &OF_THE_DISK);
}

#[test]
fn people_read_a_line_for_each_figure() {
    let folder = tempfile::tempdir().unwrap();
    let Finished { code, stdout, .. } = run(&["bench", "append", "--seconds", "1"], &Environment::new(), folder.path());
    assert_eq!(code, Some(0));
    for label in ["per second", "p50 ms", "p99 ms", "fdatasync per unit", "share of the limit"] {
        assert!(stdout.lines().any(|line| line.starts_with(label)), "{label}: {stdout}");
    }
    assert!(entries(folder.path()).is_empty(), "{:?}", entries(folder.path()));
}

#[test]
fn a_signal_ends_it_and_nothing_stays_behind() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let disk = disk.path().to_str().unwrap();
    let args = ["bench", "accept", "--seconds", "600", "--dir", disk];
    let mut process = Process::start(&args, &Environment::new(), folder.path());
    wait_until("the log is there", SOON, || {
        let place = entries(Path::new(disk)).into_iter().next()?;
        Path::new(disk).join(place).join("data").join("log").join("db").exists().then_some(())
    });
    assert_eq!(process.sigterm(), FAILED, "{}", process.output());
    assert!(process.output().contains("error: stopped"), "{}", process.output());
    assert!(entries(Path::new(disk)).is_empty());
}

#[test]
fn the_data_directory_that_is_meant_is_measured_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine").join("kept"), "kept").unwrap();
    let args = ["--json", "--data-dir", "mine", "bench", "append", "--seconds", "1"];
    let finished = run(&args, &Environment::new(), folder.path());
    assert!(finished.stdout.contains(r#""folder":"mine""#), "{finished:?}");
    assert_eq!(entries(&folder.path().join("mine")), ["kept"]);
}

#[test]
fn a_folder_that_is_not_there_and_a_time_without_end_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |args: &str| run(&args.split(' ').collect::<Vec<_>>(), &Environment::new(), folder.path()).code;
    assert_eq!(refused("bench replay --dir no/such/folder"), NOT_FOUND);
    assert_eq!(refused("bench replay --seconds 0"), USAGE);
    assert_eq!(refused("bench replay --connections 5"), USAGE);
    assert_eq!(refused("bench"), USAGE);
    assert!(entries(folder.path()).is_empty());
}
