//! Tests of the behaviour at the real interfaces; the list of modules is the table of contents.
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

mod actors;
mod addresses;
mod attempts;
mod audit;
mod browser;
mod canaries;
mod cli;
mod cli_actors;
mod cli_bench;
mod cli_customers;
mod cli_demo;
mod cli_demo_screen;
mod cli_listen;
mod cli_messages;
mod cli_outbound;
mod cli_setup;
mod cli_trigger;
mod cli_webhook;
mod crash;
mod crowd;
mod damage;
mod earlier_format;
mod echo;
mod erasure;
mod errors;
mod files;
mod idempotency;
mod inbound;
mod inbound_random;
mod incoming;
mod largest;
mod letters;
mod live;
mod live_virtual;
mod log_level;
mod mail;
mod main_job;
mod metrics;
mod names;
mod numbers;
mod openapi;
mod operations;
mod operator;
mod outbound;
mod outbox;
mod pacing;
mod paging;
mod rate_limit;
mod refusals;
mod reporting;
mod roles;
mod simulation;
mod simulator;
mod simulator_access;
mod spellings;
mod test_numbers;
mod tidy;
mod unheard;
mod vault_backups;
mod vault_busy;
mod vault_damage;
mod vault_lost;
mod wire_docs;
