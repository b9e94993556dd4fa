//! Messages to `WhatsApp` and what comes back from there.

pub mod receiving;
pub mod sending;
pub mod transports;
pub mod wire_ids;
