//! The outer layer of Tidings: HTTP, command line, transports, mail. Contains no business rules.

mod allocator;
pub mod audit;
pub mod bench;
pub mod cli;
pub mod codes;
pub mod config;
pub mod files;
pub mod gateway;
pub mod http;
pub mod metrics;
pub mod net;
pub mod notices;
pub mod outbound;
pub mod readiness;
pub mod recent;
pub mod rights;
pub mod secrets;
pub mod service;
pub mod telemetry;
pub mod whatsapp;
