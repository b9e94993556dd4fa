//! Random events of chats.

use events::chat::{
    AddressKind, ChatAddressLearnt, ChatAssigned, ChatErased, ChatKeyDestroyed, ChatOpened, ChatRenamed,
    MessageDelivered, MessageKind, MessageRead, MessageReceived, ReceivedFile, Responsible,
};
use events::event::Event;
use proptest::prelude::*;

use super::{WORKSPACE, account, chat, message, moment, owed, personal, who, wire_id, workspace};

pub(super) fn of_chats() -> impl Strategy<Value = Event> {
    let names = (personal(), personal(), personal(), prop::option::of(personal()));
    prop_oneof![
        (workspace(), account(), chat(), names, any::<bool>()).prop_map(
            |(workspace, account, chat, (peer, to, name, phone), is_group)| {
                ChatOpened { workspace, account, chat, peer, to, name, phone, is_group }.into()
            }
        ),
        (message(), chat(), moment(), owed()).prop_map(|(message, chat, at, owed)| MessageDelivered {
            message,
            chat,
            at,
            owed
        }
        .into()),
        (message(), chat(), moment(), owed()).prop_map(|(message, chat, at, owed)| MessageRead {
            message,
            chat,
            at,
            owed
        }
        .into()),
    ]
}

pub(super) fn of_titles() -> impl Strategy<Value = Event> {
    let responsible = (personal(), personal()).prop_map(|(full_name, email)| Responsible { full_name, email });
    let file = (personal(), any::<(u64, String)>(), prop::option::of(personal()))
        .prop_map(|(name, (size, mime), reference)| ReceivedFile { name, size, mime, reference });
    let said = (personal(), personal(), personal(), prop::option::of(file));
    let more = (prop::option::of(personal()), prop::option::of(personal()), wire_id(), wire_id(), any::<u32>());
    let heard = (message(), account(), chat(), any::<bool>(), kind(), said, more, moment(), owed());
    prop_oneof![
        (workspace(), chat(), personal(), personal(), any::<String>()).prop_map(
            |(workspace, chat, previous, name, by)| ChatRenamed { workspace, chat, previous, name, by: who(&by) }
                .into()
        ),
        (workspace(), chat(), prop::option::of(responsible), any::<String>()).prop_map(
            |(workspace, chat, responsible, by)| ChatAssigned { workspace, chat, responsible, by: who(&by) }.into()
        ),
        heard.prop_map(|(message, account, chat, from_me, kind, said, more, at, owed)| {
            let (sender, sender_name, text, file) = said;
            let (address, particulars, wire_id, reply_to, report_bytes) = more;
            MessageReceived {
                message,
                workspace: WORKSPACE,
                account,
                chat,
                from_me,
                kind,
                sender,
                address,
                sender_name,
                text,
                particulars,
                file,
                report_bytes,
                wire_id,
                reply_to,
                at,
                owed,
            }
            .into()
        }),
    ]
}

fn kind() -> impl Strategy<Value = MessageKind> {
    prop::sample::select(vec![MessageKind::Text, MessageKind::Image, MessageKind::Location, MessageKind::Unknown])
}

pub(super) fn of_addresses() -> impl Strategy<Value = Event> {
    use AddressKind::{Bsuid, Lid, Phone, SpelledPhone};
    let kind = prop::sample::select(vec![Phone, SpelledPhone, Lid, Bsuid]);
    prop_oneof![
        (workspace(), account(), chat(), kind, personal()).prop_map(|(workspace, account, chat, kind, address)| {
            ChatAddressLearnt { workspace, account, chat, kind, address }.into()
        }),
        (workspace(), account(), chat(), any::<String>(), personal(), moment()).prop_map(
            |(workspace, account, chat, by, reason, at)| {
                ChatErased { workspace, account, chat, by: who(&by), reason, at }.into()
            }
        ),
        (workspace(), chat(), moment())
            .prop_map(|(workspace, chat, at)| ChatKeyDestroyed { workspace, chat, at }.into()),
    ]
}
