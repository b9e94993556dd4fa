//! An update of the world before it has a number.

use std::sync::Arc;

use super::NumberedUpdate;
use super::address::Address;
use crate::whatsapp::transports::{Connection, IncomingMessage, Status, StatusUpdate, Update};
use crate::whatsapp::wire_ids::OwnWireId;

/// Rough size of an item without its texts, in bytes.
const ITEM_BYTES: usize = 64;
/// The same for an incoming message.
const HEARD_BYTES: usize = 512;

/// An update in a compact form, since there are many receipts.
#[derive(Debug)]
pub(super) enum QueuedUpdate {
    Receipt { from: Arc<str>, wire_id: OwnWireId, status: Status },
    Message(Box<IncomingMessage>),
    Connection { account: Address, connected: bool },
}

impl QueuedUpdate {
    /// The account whose connection it waits for while that account is disconnected; `None` if it never waits.
    pub(super) fn account(&self) -> Option<Address> {
        match self {
            Self::Receipt { from, .. } => Address::parse(from),
            Self::Message(heard) => Address::parse(&heard.account_phone),
            Self::Connection { .. } => None,
        }
    }

    /// Rough size in bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Receipt { .. } | Self::Connection { .. } => ITEM_BYTES,
            Self::Message(heard) => {
                let file = heard.file.as_ref().map_or(0, |file| file.name.len());
                let texts = [heard.text.len(), heard.chat_name.len(), heard.sender_name.len(), file];
                texts.into_iter().fold(HEARD_BYTES, usize::saturating_add)
            }
        }
    }

    pub(super) fn numbered(&self, sequence: u64) -> NumberedUpdate {
        let update = match self {
            Self::Receipt { from, wire_id, status } => {
                let (account_phone, wire_id) = (from.to_string(), wire_id.to_string());
                Update::Status(StatusUpdate { account_phone, wire_id, status: *status })
            }
            Self::Message(heard) => Update::Message(heard.clone()),
            Self::Connection { account, connected } => {
                Update::Connection(Connection { account_phone: account.spelled(), connected: *connected })
            }
        };
        NumberedUpdate { sequence, update }
    }
}
