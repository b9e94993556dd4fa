//! The ids under which `WhatsApp` and recipients see our messages: a keyed permutation of our own ids, which tell how
//! many messages there are and when they were accepted.

use std::fmt;
use std::str::FromStr;

use events::ids::{InvalidId, MessageId};
use events::personal::Digest;
use events::vault::SealKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Rounds of the Feistel network. Four are a strong permutation (Luby and Rackoff, "How to construct pseudorandom
/// permutations", 1988); more keep it one for many more ids than its halves of 32 bits would allow.
const ROUNDS: u8 = 8;
/// The first bytes of each input of the key's digests, so that no other use of the key has the same input.
const CONTEXT: &[u8] = b"tidings wire id v1";
/// The same for digests of wire ids.
const DIGEST_CONTEXT: &[u8] = b"tidings wire id digest v1\n";

/// The id that we gave a message for `WhatsApp`: `3EB0` and 16 upper-case hex digits. Not every text of this form is
/// one: other programs write theirs alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnWireId(u64);

impl OwnWireId {
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for OwnWireId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3EB0{:016X}", self.0)
    }
}

impl FromStr for OwnWireId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.len() != 20 {
            return Err(InvalidId);
        }
        // A message id has the same form, with or without a prefix.
        text.parse::<MessageId>().map(|id| Self(id.bits()))
    }
}

impl Serialize for OwnWireId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OwnWireId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Turns message ids into wire ids and back. Nobody without the key can.
#[derive(Debug, Clone)]
pub struct WireIds(SealKey);

impl WireIds {
    /// Uses the key of [`Owner::WireIds`](events::vault::Owner::WireIds). Under another key every message has another
    /// wire id.
    pub const fn new(key: SealKey) -> Self {
        Self(key)
    }

    pub fn wire_id(&self, message: MessageId) -> OwnWireId {
        let (left, right) =
            (0..ROUNDS).fold(halves(message.bits()), |(left, right), round| (right, left ^ self.mixed(round, right)));
        OwnWireId(joined(left, right))
    }

    /// Returns the message that has this wire id if it is one of ours. Which messages there are only the log knows.
    pub fn message(&self, wire_id: OwnWireId) -> MessageId {
        let (left, right) =
            (0..ROUNDS).rev().fold(halves(wire_id.0), |(left, right), round| (right ^ self.mixed(round, left), left));
        MessageId::from_bits(joined(left, right))
    }

    /// Like [`WireIds::message`] for a wire id as it is written; `None` if we never write one like this.
    pub fn message_of(&self, wire_id: &str) -> Option<MessageId> {
        wire_id.parse().ok().map(|wire_id| self.message(wire_id))
    }

    /// Returns a digest of a wire id, whoever gave it.
    pub fn digest(&self, wire_id: &str) -> Digest {
        self.0.digest(&[DIGEST_CONTEXT, wire_id.as_bytes()].concat())
    }

    fn mixed(&self, round: u8, half: u32) -> u32 {
        let mut input = [0; CONTEXT.len() + 5];
        let (context, rest) = input.split_at_mut(CONTEXT.len());
        context.copy_from_slice(CONTEXT);
        for (byte, of) in rest.iter_mut().zip([round].into_iter().chain(half.to_le_bytes())) {
            *byte = of;
        }
        self.0.digest(&input).0.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }
}

fn halves(bits: u64) -> (u32, u32) {
    let bytes = bits.to_be_bytes();
    let [left, right] = [bytes.first_chunk(), bytes.last_chunk()];
    let half = |bytes: Option<&[u8; 4]>| bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes));
    (half(left), half(right))
}

fn joined(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use events::ids::WorkspaceId;
    use events::vault::{MemoryVault, Owner, Vault};
    use proptest::prelude::*;

    use super::*;

    /// The wire ids of the `nth` log.
    fn of_log(nth: u64) -> WireIds {
        let vault = MemoryVault::new(nth);
        vault.extend(&[(WorkspaceId::LOG, 0)]).expect("seeds");
        of(&vault)
    }

    fn of(vault: &MemoryVault) -> WireIds {
        WireIds::new(vault.key(Owner::WireIds).expect("a vault").expect("a key"))
    }

    fn id(bits: u64) -> MessageId {
        MessageId::from_bits(bits)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn each_message_has_a_wire_id_that_leads_back_to_it_alone(bits in any::<u64>(), other in any::<u64>()) {
            let wire_ids = of_log(1);
            let wire_id = wire_ids.wire_id(id(bits));
            prop_assert_eq!(wire_ids.message(wire_id), id(bits));
            prop_assert_eq!(wire_ids.message_of(&wire_id.to_string()), Some(id(bits)));
            prop_assert_eq!(wire_id == wire_ids.wire_id(id(other)), bits == other);
            // Every text of the form is the wire id of some message, so none is left out and none is given twice.
            prop_assert_eq!(wire_ids.wire_id(wire_ids.message(OwnWireId(other))), OwnWireId(other));
        }

        #[test]
        fn another_key_leads_elsewhere(bits in any::<u64>()) {
            let [first, second] = [1, 2].map(of_log);
            prop_assert_ne!(first.wire_id(id(bits)), second.wire_id(id(bits)));
            prop_assert_ne!(second.message(first.wire_id(id(bits))), id(bits));
        }
    }

    /// The wire ids of messages that came one after the other have neither a common beginning nor an order, and half of
    /// their bits differ.
    #[test]
    fn wire_ids_tell_neither_order_nor_time() {
        let (wire_ids, count) = (of_log(1), 4_096_u32);
        let seen: Vec<u64> = (0..u64::from(count)).map(|nth| wire_ids.wire_id(id((7 << 40) + nth)).bits()).collect();
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len());
        let pairs = || seen.iter().zip(&seen[1..]);
        let rising = pairs().filter(|(one, next)| one < next).count();
        assert!((1_900..=2_200).contains(&rising), "{rising} of {count} are above the one before");
        let differing: u32 = pairs().map(|(one, next)| (one ^ next).count_ones()).sum();
        assert!((count * 31..count * 33).contains(&differing), "{differing} bits differ in {count} pairs");
    }

    /// They are stored nowhere, so they must stay the same in every version.
    #[test]
    fn a_wire_id_is_the_same_in_every_version() {
        assert_eq!(of(&MemoryVault::endless()).wire_id(id(1)).to_string(), "3EB09E8B2A29AFEF873F");
    }

    #[test]
    fn what_we_never_write_is_nobodys() {
        let wire_ids = of_log(1);
        for text in [
            "",
            "3EB0",
            "3EB09FCC85FE99662E4",
            "3EB09FCC85FE99662E461",
            "3eb09fcc85fe99662e46",
            "3A009FCC85FE99662E46",
            "wa_backend:3EB09FCC85FE99662E46",
            "wamid.HBgLMTIwMjU1NTAxMDEVAgARGBI5",
        ] {
            assert_eq!(wire_ids.message_of(text), None, "{text}");
        }
        assert!(wire_ids.message_of("3EB09FCC85FE99662E46").is_some());
    }
}
