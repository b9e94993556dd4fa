//! The surroundings of a gateway, which outlive it: a receiver of reports with files to fetch, and a simulated
//! `WhatsApp`.

mod receiver;
mod simulator;

pub use receiver::{FILE, FILE_GONE, Receiver};
pub use simulator::Simulator;

/// The networks that a gateway must allow to reach them.
pub const NETWORKS: &str = "127.0.0.0/8";
