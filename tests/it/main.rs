//! Behaviour through the real edge: the table of contents is the list of modules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests may fail loudly"
)]

mod harness;

mod attempts;
mod canaries;
mod cli;
mod cli_customers;
mod cli_setup;
mod cli_webhook;
mod crash;
mod errors;
mod files;
mod flood;
mod heard;
mod idempotency;
mod inbound;
mod inbound_random;
mod live;
mod live_virtual;
mod main_job;
mod metrics;
mod openapi;
mod operations;
mod pacing;
mod refusals;
mod roles;
mod simulation;
mod simulator;
mod test_numbers;
mod tidy;
