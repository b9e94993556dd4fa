//! The wish to connect a number.

use events::who::Who;

use crate::account::pacing::Gap;
use crate::decider::Holder;

/// A number to connect.
#[derive(Debug, Clone)]
pub struct Connect {
    /// The number, in any spelling.
    pub phone: String,
    /// Who answers on it.
    pub full_name: String,
    /// That person's address.
    pub email: String,
    /// What carries its messages.
    pub transport: String,
    /// Whether that takes our message ids.
    pub own_message_id: bool,
    /// Where nobody else may hold the number.
    pub once: Once,
    /// The gap where the workspace has none of its own.
    pub gap: Gap,
    /// Who wants it.
    pub by: Who,
    /// Who holds the number now; `None` is not looked up yet.
    pub holders: Option<Vec<Holder>>,
}

/// Where a number is connected once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// In all workspaces that have this transport: whoever names a number has it.
    Everywhere,
    /// In each workspace: that a number is one's own is proved to the provider, and who came first must not lock out its
    /// owner.
    InWorkspace,
}
