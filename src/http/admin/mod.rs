//! Answers requests with the operator's key.

pub(super) mod events;
pub(super) mod streams;
pub(super) mod workspaces;
