//! Commands that measure this machine.

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub(super) const BENCH_EXAMPLES: &str = "\
Each measures in a folder of its own, made in --dir or else beside the data, and removed afterwards. A running gateway is not
touched, but shares the machine: measure while it is idle, or the figures say less. It writes up to 200 MB a second.

Beside the figures stands what the same disk lets a plain file do in the same run, and the share of it that was reached.

Examples:
  tidings bench accept                                        messages a second, each durable before its answer
  tidings bench accept --connections 512 --seconds 20
  tidings bench append --dir /mnt/disk                        the log alone, in batches
  tidings bench replay                                        how fast state comes back from the log
  tidings bench deliver                                       reports a second, and how long one takes
  tidings --json bench accept | jq .per_second";

/// The measurements.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum BenchCommand {
    /// Measure the log alone: batches of commits until they are durable
    Append(AppendArgs),
    /// Measure a whole gateway that takes messages: parsed, charged, durable, answered
    Accept(AcceptArgs),
    /// Measure how fast states are rebuilt from the log
    Replay(BenchArgs),
    /// Measure a whole gateway that posts reports
    Deliver(BenchArgs),
}

/// Place and duration.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct BenchArgs {
    /// How long to measure, in seconds: 1 to 600
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
    /// Folder on the disk to measure [default: the data directory, or the nearest folder above it that exists]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Options for measuring the log.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct AppendArgs {
    /// Place and duration.
    #[command(flatten)]
    pub bench: BenchArgs,
    /// Commits in one durable batch: 1 to 256
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=256))]
    pub batch: u64,
}

/// Options for measuring accepts.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct AcceptArgs {
    /// Place and duration.
    #[command(flatten)]
    pub bench: BenchArgs,
    /// Connections that post at the same time: 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub connections: u64,
}
