//! Links to a place in a conversation: converts a message's id to a UUID and back.

use events::ids::MessageId;
use uuid::Uuid;

/// The first 48 bits, which the standard leaves to us: `tiding` in ASCII.
const TAG: u64 = 0x7469_6469_6E67;
/// Bits of an id in the last field; the other two are at the end of the third field.
const LAST_FIELD_BITS: u32 = 62;

/// The UUID in the link to a message: version 8 (RFC 9562), always the same. It hides nothing and grants nothing.
pub fn of(message: MessageId) -> Uuid {
    let id = message.bits();
    Uuid::from_u64_pair((TAG << 16) | 0x8000 | (id >> LAST_FIELD_BITS), (0b10 << LAST_FIELD_BITS) | (id & last_field()))
}

/// The message that a link names; `None` if it is not one of our links.
pub fn message(link: &Uuid) -> Option<MessageId> {
    let (first, last) = link.as_u64_pair();
    let message = MessageId::from_bits(((first & 0b11) << LAST_FIELD_BITS) | (last & last_field()));
    (of(message) == *link).then_some(message)
}

const fn last_field() -> u64 {
    (1 << LAST_FIELD_BITS) - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Variant;

    use super::*;

    #[test]
    fn a_link_is_always_the_same() {
        let id = MessageId::from_bits(0x9FCC_85FE_9966_2E46);
        assert_eq!(of(id).to_string(), "74696469-6e67-8002-9fcc-85fe99662e46");
        assert_eq!(of(MessageId::from_bits(0)).to_string(), "74696469-6e67-8000-8000-000000000000");
        assert_eq!(of(MessageId::from_bits(u64::MAX)).to_string(), "74696469-6e67-8003-bfff-ffffffffffff");
    }

    #[test]
    fn another_uuid_is_no_link() {
        for other in [
            "00000000-0000-0000-0000-000000000000",
            "74696469-6e67-4002-9fcc-85fe99662e46",
            "74696469-6e67-8002-1fcc-85fe99662e46",
            "74696469-6e67-8012-9fcc-85fe99662e46",
            "74696469-6e66-8002-9fcc-85fe99662e46",
        ] {
            assert_eq!(message(&other.parse().unwrap()), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn every_message_is_found_by_its_link(bits: u64) {
            let link = of(MessageId::from_bits(bits));
            prop_assert_eq!((link.get_version_num(), link.get_variant()), (8, Variant::RFC4122));
            prop_assert_eq!(message(&link), Some(MessageId::from_bits(bits)));
        }

        #[test]
        fn no_two_links_name_one_message(bits: u128) {
            let link = Uuid::from_u128(bits);
            prop_assert!(message(&link).is_none_or(|message| of(message) == link));
        }
    }
}
