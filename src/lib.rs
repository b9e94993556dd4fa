//! The edge of Tidings: HTTP, command line, transports, mail. Holds no rule.

mod allocator;
pub mod attempts;
pub mod bench;
pub mod cli;
pub mod client;
pub mod codes;
pub mod config;
pub mod files;
pub mod flood;
pub mod gateway;
pub mod guard;
pub mod http;
pub mod lack;
pub mod mail;
pub mod metrics;
pub mod notices;
pub mod outbound;
pub mod receiving;
pub mod recent;
pub mod rights;
pub mod seats;
pub mod secrets;
pub mod sending;
pub mod telemetry;
pub mod transports;
