//! A test delivery, which shows a receiver what reports look like.

use actors::workspace::Account;
use events::ids::{ChatId, MessageId, WorkspaceId};
use events::time::Timestamp;

use super::bundle::{AccountSide, Bundle, ChatSide, Direction, Said};

/// A chat number that no workspace ever reaches.
const NO_CHAT: u64 = 99_999_999;
const CONTACT: (&str, &str) = ("Ada Example", "+12025550101");
const TEXT: &str = "This is a test of the outbound webhook.\nNobody wrote it.";

/// A message from a fictitious contact, to the workspace's account if it has one.
pub fn bundle(workspace: WorkspaceId, account: Option<&Account>, message: MessageId, at: Timestamp) -> Option<Bundle> {
    let ours = |account: &Account| AccountSide {
        full_name: account.full_name.clone(),
        email: account.email.clone(),
        phone: account.phone.clone(),
    };
    let nobodys = || AccountSide {
        full_name: "Tidings".into(),
        email: "nobody@tidings.example".into(),
        phone: "+12025550100".into(),
    };
    let said = Said { id: message, direction: Direction::Received, at, sent_by: None, text: TEXT.into(), file: None };
    Some(Bundle {
        aggregated: false,
        account: account.map_or_else(nobodys, ours),
        chat: ChatSide {
            id: ChatId::nth(workspace, NO_CHAT)?,
            full_name: CONTACT.0.into(),
            phone: CONTACT.1.into(),
            is_group: false,
            is_new_chat: true,
            responsible: None,
        },
        messages: vec![said],
    })
}
