//! The events that end a message as failed and give its credits back.

use events::account::MessageFailed;
use events::event::Event;
use events::ids::{AccountId, MessageId, WorkspaceId};
use events::time::Timestamp;
use events::workspace::CreditRefunded;

use super::queue::Charged;

pub(super) fn failed_and_refunded(
    (account, workspace): (AccountId, WorkspaceId),
    message: MessageId,
    Charged { chat, cost, .. }: Charged,
    code: &str,
    at: Timestamp,
) -> Vec<Event> {
    let failed = MessageFailed { message, account, chat, code: code.to_owned(), at };
    vec![failed.into(), refunded(workspace, message, cost, code)]
}

pub(super) fn refunded(workspace: WorkspaceId, message: MessageId, amount: u64, reason: &str) -> Event {
    CreditRefunded { workspace, message, amount, reason: reason.to_owned() }.into()
}
