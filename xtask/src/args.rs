//! Parses the command line once.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, RangedU64ValueParser};
use clap::{Parser, Subcommand, value_parser};

use crate::{bench, fuzz};

/// The internal command that `power-cut` starts in a separate mount namespace.
pub const POWER_CUT_ROUNDS: &str = "power-cut-rounds";

/// The internal command that `disk-full` starts in a separate mount namespace.
pub const DISK_FULL_ROUNDS: &str = "disk-full-rounds";

/// The project's own commands; `cargo xtask COMMAND --help` tells the options of each
#[derive(Debug, Parser)]
#[command(
    bin_name = "cargo xtask",
    after_help = "Exit: 0 ok, 1 failed, 2 usage, or this machine cannot run it.",
    disable_version_flag = true
)]
pub struct Arguments {
    /// None asks for the list of commands.
    #[command(subcommand)]
    pub task: Option<Task>,
}

/// One thing to do.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum Task {
    /// All that must pass before a change lands; what CI runs
    Test,
    /// Kills the server under mixed traffic
    Crash {
        /// How many times it is killed
        #[arg(long, value_name = "N", default_value_t = 200, value_parser = at_least_one())]
        rounds: u64,
    },
    /// Mixed traffic for hours; figures and a chart go into benches/README.md
    Soak {
        /// Hours of the rules' time, also parts of one, such as 0.25
        #[arg(long = "hours", value_name = "H", default_value = "2", value_parser = minutes_of)]
        minutes: u64,
        /// Times as fast as real time
        #[arg(long, value_name = "N", default_value_t = 12, value_parser = at_least_one())]
        rate: u64,
    },
    /// Cuts the power under load; needs root, loop devices and ext4
    PowerCut {
        /// How many times it is cut
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = at_least_one())]
        rounds: u64,
    },
    /// The rounds of `power-cut`, in a mount namespace of their own
    #[command(name = POWER_CUT_ROUNDS, hide = true)]
    PowerCutRounds {
        /// How many times it is cut
        #[arg(long, value_name = "N", value_parser = at_least_one())]
        rounds: u64,
    },
    /// Fills the disk under the server; needs root or user namespaces
    DiskFull,
    /// The rounds of `disk-full`, in a mount namespace of their own
    #[command(name = DISK_FULL_ROUNDS, hide = true)]
    DiskFullRounds,
    /// Shows by strace that every 200 leaves after the fdatasync of its message
    Trace,
    /// The simulation with random histories, optimised, on all cores
    Simulate {
        /// How many histories
        #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = at_least_one())]
        seeds: u64,
        /// The seed of the first one
        #[arg(long, value_name = "N", default_value_t = 0)]
        from: u64,
        /// One log in so many is exported, checked and imported at the end; 1: every log
        #[arg(long, value_name = "N", default_value_t = 4, value_parser = at_least_one())]
        imports_every: u64,
    },
    /// Sends a message through nginx and TLS by the files in config/
    Proxy,
    /// Random bytes for the targets in fuzz/targets
    Fuzz {
        /// Seconds for each target
        #[arg(long, value_name = "N", default_value_t = fuzz::SECONDS, value_parser = at_least_one())]
        seconds: u64,
        /// Only this one; all when left out
        target: Option<String>,
    },
    /// A running server against its own /openapi.json
    Schemathesis,
    /// Signed reports before the Python and JavaScript packages of Standard Webhooks
    Signatures,
    /// An export and its proofs before the Python package of `EventSourcingDB`, as an auditor checks them
    Audit {
        /// And before the crates eventsourcingdb, `signed_note` and `tlog_tiles`, which takes some minutes to build
        #[arg(long)]
        crates: bool,
    },
    /// The simulation against every planted defect in tests/planted
    Plant {
        /// Only this one; all when left out
        name: Option<String>,
    },
    /// Changes the rules in actors/src one spot at a time, and expects its tests to notice each (hours)
    Mutants {
        /// Only this file, such as actors/src/account/pacing.rs; may be given again
        #[arg(long = "file", value_name = "FILE")]
        files: Vec<String>,
        /// Only the part K, from 0, of N equal parts
        #[arg(long, value_name = "K/N")]
        shard: Option<String>,
        /// How many at once; each has a copy of the tree and builds in it
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one())]
        jobs: u64,
    },
    /// Runs the benches; figures and charts go into benches/README.md (25 minutes)
    Bench {
        /// Only this one; all when left out
        #[arg(value_parser = PossibleValuesParser::new(bench::NAMES))]
        name: Option<String>,
        /// Writes nothing, and compares the bench with the same of this commit: five rounds by turns
        #[arg(long, value_name = "COMMIT", requires = "name")]
        against: Option<String>,
    },
}

fn at_least_one() -> RangedU64ValueParser {
    value_parser!(u64).range(1..)
}

/// Converts decimal hours, such as `0.25`, to whole minutes; at least one.
fn minutes_of(hours: &str) -> Result<u64, &'static str> {
    let hours: f64 = hours.parse().map_err(|_| "expected hours, such as 2 or 0.25")?;
    let time = Duration::try_from_secs_f64(hours * 3_600.0).map_err(|_| "no time that can be waited for")?;
    let minutes = time.as_secs() / 60;
    if minutes == 0 { Err("expected at least a minute, 0.017") } else { Ok(minutes) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Task, clap::Error> {
        let words = ["xtask"].into_iter().chain(line.split_whitespace());
        Ok(Arguments::try_parse_from(words)?.task.unwrap())
    }

    #[track_caller]
    fn is_read_as(line: &str, task: &Task) {
        assert_eq!(&parse(line).unwrap(), task, "{line}");
    }

    #[test]
    fn the_commands_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn numbers_have_a_default_and_two_spellings() {
        is_read_as("crash", &Task::Crash { rounds: 200 });
        is_read_as("power-cut", &Task::PowerCut { rounds: 20 });
        is_read_as("power-cut --rounds 3", &Task::PowerCut { rounds: 3 });
        let simulate = |seeds, from, imports_every| Task::Simulate { seeds, from, imports_every };
        is_read_as("simulate", &simulate(10_000, 0, 4));
        is_read_as("simulate --seeds=7", &simulate(7, 0, 4));
        is_read_as("simulate --seeds 1 --from 42 --imports-every 1", &simulate(1, 42, 1));
    }

    #[test]
    fn fuzzing_takes_a_time_and_a_target_or_neither() {
        let fuzz = |seconds, target: Option<&str>| Task::Fuzz { seconds, target: target.map(str::to_owned) };
        is_read_as("fuzz", &fuzz(10, None));
        is_read_as("fuzz record", &fuzz(10, Some("record")));
        is_read_as("fuzz --seconds 5", &fuzz(5, None));
        is_read_as("fuzz --seconds=5 record", &fuzz(5, Some("record")));
        assert!(parse("fuzz --second 5").is_err() && parse("fuzz record now").is_err());
    }

    #[test]
    fn benches_run_all_or_one_that_there_is() {
        is_read_as("bench", &Task::Bench { name: None, against: None });
        is_read_as("bench growth", &Task::Bench { name: Some("growth".to_owned()), against: None });
        assert!(parse("bench grwoth").is_err());
    }

    #[test]
    fn one_bench_is_compared_with_a_commit() {
        let against = Some("HEAD~2".to_owned());
        is_read_as("bench --against HEAD~2 growth", &Task::Bench { name: Some("growth".to_owned()), against });
        assert!(parse("bench --against HEAD~2").is_err() && parse("bench growth --against").is_err());
    }

    #[test]
    fn mutants_are_tried_in_all_rules_or_in_files_and_parts() {
        let mutants = |files: &[&str], shard: Option<&str>, jobs| {
            let files = files.iter().map(|file| (*file).to_owned()).collect();
            Task::Mutants { files, shard: shard.map(str::to_owned), jobs }
        };
        is_read_as("mutants", &mutants(&[], None, 1));
        is_read_as("mutants --file a.rs --file b.rs --shard 0/4 --jobs 2", &mutants(&["a.rs", "b.rs"], Some("0/4"), 2));
        assert!(parse("mutants a.rs").is_err() && parse("mutants --jobs 0").is_err());
    }

    #[test]
    fn a_soak_takes_parts_of_hours_and_a_rate() {
        is_read_as("soak", &Task::Soak { minutes: 120, rate: 12 });
        is_read_as("soak --hours 0.25", &Task::Soak { minutes: 15, rate: 12 });
        is_read_as("soak --hours 0.35", &Task::Soak { minutes: 21, rate: 12 });
        is_read_as("soak --rate 60 --hours 1", &Task::Soak { minutes: 60, rate: 60 });
        for hours in ["", "0", "-1", "0.016", "x", "NaN", "inf", "1e99"] {
            assert!(parse(&format!("soak --hours={hours}")).is_err(), "{hours}");
        }
        assert!(parse("soak --rate 0").is_err() && parse("soak --hour 1").is_err());
    }

    #[test]
    fn the_internal_commands_are_read_and_not_listed() {
        is_read_as(&format!("{POWER_CUT_ROUNDS} --rounds 3"), &Task::PowerCutRounds { rounds: 3 });
        is_read_as(DISK_FULL_ROUNDS, &Task::DiskFullRounds);
        let list = Arguments::command().render_help().to_string();
        assert!(list.contains("power-cut") && !list.contains(POWER_CUT_ROUNDS) && !list.contains(DISK_FULL_ROUNDS));
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for line in ["test now", "power-cut --rounds", "power-cut --rounds 0", "simulate --rounds 3"] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(parse("tset").unwrap_err().to_string().contains("'tset'"));
    }

    #[test]
    fn every_command_and_option_says_what_it_is_for() {
        for command in Arguments::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }
}
