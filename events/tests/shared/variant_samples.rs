//! Samples of the variants and optional values that the other samples do not have.

use events::chat::{AddressKind, ChatAddressLearnt, MessageDelivered, MessageKind, MessageReceived, ReceivedFile};
use events::event::Event;
use events::ids::StreamId;
use events::webhook::OwnerNotified;

use super::{AT, MESSAGE, WORKSPACE, account, chat, webhook};

pub(super) fn samples() -> Vec<Event> {
    use MessageKind::{Audio, Contacts, Document, Form, Order, Poll, Sticker, Unknown, Video, ViewOnce, Voice};
    let kinds = [Video, Document, Voice, Audio, Sticker, Contacts, Poll, Order, Form, ViewOnce, Unknown];
    let addresses = [AddressKind::Phone, AddressKind::SpelledPhone, AddressKind::Bsuid];
    let streams = [StreamId::Workspace(WORKSPACE), StreamId::Chat(chat()), StreamId::Log];
    let notified = |about| OwnerNotified { about, notice: 3, at: AT }.into();
    let received = kinds.map(|kind| received(kind, None));
    let delivered = MessageDelivered { message: MESSAGE, chat: chat(), at: AT, owed: Some(webhook()) }.into();
    let samples = received.into_iter().chain(addresses.map(learnt)).chain(streams.map(notified));
    samples.chain([received_file(), delivered]).collect()
}

fn received_file() -> Event {
    let (name, reference) = ("voice.ogg".into(), Some("media/1".into()));
    let file = ReceivedFile { name, size: 300, mime: "audio/ogg".to_owned(), reference };
    received(MessageKind::Voice, Some(file))
}

fn received(kind: MessageKind, file: Option<ReceivedFile>) -> Event {
    MessageReceived {
        message: MESSAGE,
        workspace: WORKSPACE,
        account: account(),
        chat: chat(),
        from_me: false,
        kind,
        sender: "+12025550101".into(),
        address: None,
        sender_name: "Ada".into(),
        text: "".into(),
        particulars: None,
        file,
        report_bytes: 10,
        wire_id: Some("3EB0A1".into()),
        reply_to: None,
        at: AT,
        owed: None,
    }
    .into()
}

fn learnt(kind: AddressKind) -> Event {
    let address = "+12025550101".into();
    ChatAddressLearnt { workspace: WORKSPACE, account: account(), chat: chat(), kind, address }.into()
}
