//! The command line, parsed once.

use crate::{bench, fuzz};

/// What `cargo xtask` alone prints.
pub const USAGE: &str = "\
usage: cargo xtask COMMAND

  test                     all that must pass before a change lands; what CI runs
  crash [--rounds N]       kills the server under mixed traffic N times (200)
  soak [--hours H] [--rate N]
                           mixed traffic for H hours of the rules' time (2), N times as fast (12)
  power-cut [--rounds N]   cuts the power under load N times (20); needs root, loop devices and ext4
  disk-full                fills the disk under the server; needs root or user namespaces
  trace                    shows by strace that every 200 leaves after the fdatasync of its message
  simulate [--seeds N] [--from N]   the simulation with N random histories (10000), optimised, on all cores
  proxy                    sends a message through nginx and TLS by the files in config/
  fuzz [--seconds N] [T]   random bytes for the targets in fuzz/targets, or for T, N seconds each (10)
  schemathesis             a running server against its own /openapi.json
  signatures               signed reports before the Python and JavaScript packages of Standard Webhooks
  plant [NAME]             the simulation against every planted defect in tests/planted, or against one
  bench [NAME]             runs the benches, or one; figures and charts go into benches/README.md (25 minutes)

Exit: 0 ok, 1 failed, 2 usage, or this machine cannot run it.";

/// The internal command that `power-cut` starts in a mount namespace of its own.
pub const POWER_CUT_ROUNDS: &str = "power-cut-rounds";

/// Rounds of a power cut when none are given.
pub const ROUNDS: u64 = 20;

/// The internal command that `disk-full` starts in a mount namespace of its own.
pub const DISK_FULL_ROUNDS: &str = "disk-full-rounds";

/// Kills when no number is given.
const KILLS: u64 = 200;

/// A soak when nothing is given, in minutes of the rules' time, and how fast that runs.
const SOAK_MINUTES: u64 = 120;
const SOAK_RATE: u64 = 12;

const SEEDS: u64 = 10_000;

/// One thing to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    Help,
    Test,
    PowerCut { rounds: u64 },
    PowerCutRounds { rounds: u64 },
    Crash { rounds: u64 },
    DiskFull,
    DiskFullRounds,
    Soak { minutes: u64, rate: u64 },
    Trace,
    Bench { name: Option<String> },
    Fuzz { seconds: u64, target: Option<String> },
    Plant { name: Option<String> },
    Schemathesis,
    Signatures,
    Proxy,
    Simulate { seeds: u64, from: u64 },
}

impl Task {
    /// Reads the arguments after the program's name; the error is one line for the user.
    pub fn parse(given: &[String]) -> Result<Self, String> {
        let words: Vec<&str> = given.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] | ["help" | "-h" | "--help", ..] => Ok(Self::Help),
            ["test"] => Ok(Self::Test),
            ["power-cut", rest @ ..] => Ok(Self::PowerCut { rounds: number(rest, "--rounds", ROUNDS)? }),
            [POWER_CUT_ROUNDS, rest @ ..] => Ok(Self::PowerCutRounds { rounds: number(rest, "--rounds", ROUNDS)? }),
            ["crash", rest @ ..] => Ok(Self::Crash { rounds: number(rest, "--rounds", KILLS)? }),
            ["disk-full"] => Ok(Self::DiskFull),
            [DISK_FULL_ROUNDS] => Ok(Self::DiskFullRounds),
            ["soak", rest @ ..] => soak(rest),
            ["trace"] => Ok(Self::Trace),
            ["bench"] => Ok(Self::Bench { name: None }),
            ["bench", name] if bench::NAMES.contains(name) => Ok(Self::Bench { name: Some((*name).to_owned()) }),
            ["proxy"] => Ok(Self::Proxy),
            ["fuzz", rest @ ..] => fuzz(rest),
            ["schemathesis"] => Ok(Self::Schemathesis),
            ["signatures"] => Ok(Self::Signatures),
            ["plant"] => Ok(Self::Plant { name: None }),
            ["plant", name] => Ok(Self::Plant { name: Some((*name).to_owned()) }),
            ["simulate", rest @ .., "--from", from] => Ok(Self::Simulate {
                seeds: number(rest, "--seeds", SEEDS)?,
                from: from.parse().map_err(|_| format!("expected --from and a number, found: {from}"))?,
            }),
            ["simulate", rest @ ..] => Ok(Self::Simulate { seeds: number(rest, "--seeds", SEEDS)?, from: 0 }),
            _ => Err(format!("unknown command or argument: {}", words.join(" "))),
        }
    }
}

fn fuzz(rest: &[&str]) -> Result<Task, String> {
    let (target, rest) = match rest {
        [rest @ .., target] if !target.starts_with('-') && !matches!(rest, [.., "--seconds"]) => (Some(*target), rest),
        rest => (None, rest),
    };
    Ok(Task::Fuzz { seconds: number(rest, "--seconds", fuzz::SECONDS)?, target: target.map(str::to_owned) })
}

/// Hours may be parts of one; they are counted in minutes.
fn soak(rest: &[&str]) -> Result<Task, String> {
    let (mut minutes, mut rate) = (SOAK_MINUTES, SOAK_RATE);
    let mut rest = rest.iter();
    while let (Some(flag), value) = (rest.next(), rest.next()) {
        let wrong = || format!("expected --hours H or --rate N, found: {flag}");
        let value = value.ok_or_else(wrong)?;
        match *flag {
            "--hours" => minutes = minutes_of(value).ok_or_else(wrong)?,
            "--rate" => rate = number(&[flag, value], flag, SOAK_RATE)?,
            _ => return Err(wrong()),
        }
    }
    Ok(Task::Soak { minutes, rate })
}

/// Whole minutes of decimal hours, such as `0.25`; at least one.
fn minutes_of(hours: &str) -> Option<u64> {
    let (whole, parts) = hours.split_once('.').unwrap_or((hours, "0"));
    let scale = 10_u64.checked_pow(u32::try_from(parts.len()).ok()?)?;
    let parts: u64 = parts.parse().ok()?;
    let minutes = whole.parse::<u64>().ok()?.checked_mul(60)?.checked_add(parts.checked_mul(60)? / scale)?;
    (minutes > 0).then_some(minutes)
}

fn number(rest: &[&str], flag: &str, default: u64) -> Result<u64, String> {
    let value = match *rest {
        [] => return Ok(default),
        [given, value] if given == flag => value,
        [one] => one.strip_prefix(flag).and_then(|tail| tail.strip_prefix('=')).unwrap_or_default(),
        _ => "",
    };
    match value.parse() {
        Ok(0) | Err(_) => Err(format!("expected {flag} and a number from 1, found: {}", rest.join(" "))),
        Ok(number) => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Task, String> {
        Task::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn numbers_have_a_default_and_two_spellings() {
        assert_eq!(parse("power-cut"), Ok(Task::PowerCut { rounds: 20 }));
        assert_eq!(parse("power-cut --rounds 3"), Ok(Task::PowerCut { rounds: 3 }));
        assert_eq!(parse("simulate --seeds=7"), Ok(Task::Simulate { seeds: 7, from: 0 }));
        assert_eq!(parse("simulate --seeds 1 --from 42"), Ok(Task::Simulate { seeds: 1, from: 42 }));
    }

    #[test]
    fn fuzzing_takes_a_time_and_a_target_or_neither() {
        let fuzz = |seconds, target: Option<&str>| Ok(Task::Fuzz { seconds, target: target.map(str::to_owned) });
        assert_eq!(parse("fuzz"), fuzz(10, None));
        assert_eq!(parse("fuzz record"), fuzz(10, Some("record")));
        assert_eq!(parse("fuzz --seconds 5"), fuzz(5, None));
        assert_eq!(parse("fuzz --seconds=5 record"), fuzz(5, Some("record")));
        assert!(parse("fuzz --second 5").is_err() && parse("fuzz record now").is_err());
    }

    #[test]
    fn benches_run_all_or_one_that_there_is() {
        assert_eq!(parse("bench"), Ok(Task::Bench { name: None }));
        assert_eq!(parse("bench growth"), Ok(Task::Bench { name: Some("growth".to_owned()) }));
        assert!(parse("bench grwoth").is_err());
    }

    #[test]
    fn a_soak_takes_parts_of_hours_and_a_rate() {
        let soak = |minutes, rate| Ok(Task::Soak { minutes, rate });
        assert_eq!(parse("soak"), soak(120, 12));
        assert_eq!(parse("soak --hours 0.25"), soak(15, 12));
        assert_eq!(parse("soak --rate 60 --hours 1"), soak(60, 60));
        for line in ["soak --hours", "soak --hours 0", "soak --hours x", "soak --rate 0", "soak --hour 1"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for line in ["tset", "test now", "power-cut --rounds", "power-cut --rounds 0", "simulate --rounds 3"] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert_eq!(parse("tset"), Err("unknown command or argument: tset".to_owned()));
    }
}
