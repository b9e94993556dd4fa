//! The sender and the recipient of a message.

use serde::Serialize;

use super::Text;
use crate::outbound::bundle::{Bundle, Direction, Said};

/// One end of a message: ours, or the chat's.
#[derive(Serialize)]
pub(super) struct Side<'a> {
    pub(super) full_name: Text<'a>,
    /// Empty in groups.
    phone: &'a str,
}

impl<'a> Side<'a> {
    pub(super) fn sender(bundle: &'a Bundle, said: &'a Said) -> Self {
        match said.direction {
            Direction::Sent => Self::ours(bundle, said),
            Direction::Received => Self::theirs(bundle),
        }
    }

    pub(super) fn recipient(bundle: &'a Bundle, said: &'a Said) -> Self {
        match said.direction {
            Direction::Sent => Self::theirs(bundle),
            Direction::Received => Self::ours(bundle, said),
        }
    }

    /// The teammate who sent it, else the person named for the account.
    fn ours(bundle: &'a Bundle, said: &'a Said) -> Self {
        let teammate = said.sent_by.as_ref().filter(|_| said.direction == Direction::Sent);
        let full_name = teammate.unwrap_or(&bundle.account.full_name).reveal();
        Self {
            full_name: Text(full_name),
            phone: if bundle.chat.is_group { "" } else { bundle.account.phone.reveal() },
        }
    }

    fn theirs(bundle: &'a Bundle) -> Self {
        Self { full_name: Text(bundle.chat.full_name.reveal()), phone: phone(bundle) }
    }
}

/// The other side's number; empty for a group.
pub(super) fn phone(bundle: &Bundle) -> &str {
    if bundle.chat.is_group { "" } else { bundle.chat.phone.reveal() }
}
