//! Routes that require the operator's key.

pub(super) mod actors;
pub(super) mod erasures;
pub(super) mod events;
mod lines;
pub(super) mod log_level;
pub(super) mod proofs;
pub(super) mod streams;
pub(super) mod workspaces;
