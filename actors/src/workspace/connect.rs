//! The command to connect a number.

use events::who::Who;

use crate::account::pacing::Gap;
use crate::decider::Holder;

/// A number to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// The number, in any spelling.
    pub phone: String,
    /// The person who answers on it.
    pub full_name: String,
    /// That person's e-mail address.
    pub email: String,
    /// The transport that carries its messages.
    pub transport: String,
    /// True if the transport uses our message ids.
    pub own_message_id: bool,
    /// The scope in which nobody else may hold the number.
    pub once: Once,
    /// The gap, unless the workspace has set its own.
    pub gap: Gap,
    pub by: Who,
    /// The accounts that hold the number now; `None` if not looked up yet.
    pub holders: Option<Vec<Holder>>,
}

/// The scope in which a number can be connected only once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// All workspaces with this transport: it does not check who owns a number, so the first to name it holds it.
    Everywhere,
    /// Each workspace by itself: the provider checks who owns the number, and an earlier workspace must not lock out
    /// the owner.
    InWorkspace,
}
