//! The ids of messages that were not sent through us: `WhatsApp` may report such a message more than once.

use events::ids::{AccountId, MessageId};
use events::personal::Digest;

/// Returns the id of a message that an account has got: the same for the same wire id and sender. The sender is an
/// address in canonical spelling, or empty for the account's own side.
pub fn received_id(account: AccountId, wire_id: &str, sender: &str) -> MessageId {
    let Digest(hash) = Digest::of([&account.to_string(), sender, wire_id].join("\n").as_bytes());
    MessageId::from_bits(hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::facts::account;

    #[test]
    fn accounts_wire_ids_and_senders_tell_messages_apart() {
        let id = received_id(account(1), "3A01", "+12025550101");
        assert_eq!(id, received_id(account(1), "3A01", "+12025550101"));
        let others = [
            received_id(account(2), "3A01", "+12025550101"),
            received_id(account(1), "3A02", "+12025550101"),
            received_id(account(1), "3A01", "+12025550102"),
            received_id(account(1), "3A01", ""),
        ];
        assert!(others.iter().all(|other| *other != id));
    }
}
