//! The last attempts to send through the inbound webhook of each workspace.

mod attempt;
mod view;

pub use attempt::{Answer, Attempt};
pub use view::AttemptView;

pub use crate::recent::{BODY_BYTES_MAX, KEPT, RequestView};

/// The attempts of all workspaces. Clones share them.
pub type Attempts = crate::recent::Recent<Attempt>;
