//! The ids of messages that were not sent through us: `WhatsApp` may report such a message more than once.

use events::ids::{AccountId, MessageId};
use events::personal::Digest;

/// Returns the id of a message that an account has got: the same for the same wire id and sender. The sender is an
/// address in canonical spelling, or empty for the account's own side. The digest of the wire id is made under a key of
/// the log, so that nobody without it can try whose message an id may be.
pub fn received_id(account: AccountId, wire_digest: &Digest, sender: &str) -> MessageId {
    let name = [account.to_string().as_bytes(), sender.as_bytes(), &wire_digest.0].join(b"\n".as_slice());
    let Digest(hash) = Digest::of(&name);
    MessageId::from_bits(hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::facts::account;

    fn digest(wire_id: &str) -> Digest {
        Digest::of(wire_id.as_bytes())
    }

    #[test]
    fn accounts_wire_ids_and_senders_tell_messages_apart() {
        let id = received_id(account(1), &digest("3A01"), "+12025550101");
        assert_eq!(id, received_id(account(1), &digest("3A01"), "+12025550101"));
        let others = [
            received_id(account(2), &digest("3A01"), "+12025550101"),
            received_id(account(1), &digest("3A02"), "+12025550101"),
            received_id(account(1), &digest("3A01"), "+12025550102"),
            received_id(account(1), &digest("3A01"), ""),
        ];
        assert!(others.iter().all(|other| *other != id));
    }
}
