//! The edge of Tidings: HTTP, command line, transports. Holds no rule.

pub mod attempts;
pub mod cli;
pub mod config;
pub mod flood;
pub mod gateway;
pub mod http;
pub mod secrets;
pub mod sending;
pub mod telemetry;
pub mod transports;
