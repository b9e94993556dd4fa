//! Tests messages that were not sent through us: from the other side, in groups, or typed on the account's own phone.

use events::chat::{ChatOpened, ChatRenamed, MessageKind, MessageReceived, ReceivedFile};
use events::event::Event;
use events::ids::{MessageId, WebhookId};
use events::index::ChatEntry;
use events::personal::Digest;
use events::webhook::{Aggregation, BUNDLE_BYTES};
use events::who::Who;

use super::*;
use crate::chat::received_bytes;
use crate::decider::{Decider, LookupRequest, LookupResult};
use crate::reporting::Reporting;
use crate::spec::facts::*;
use crate::workspace::{Again, Receive, ReceiveLookups, received_id};

const PHONE: &str = "+12025550101";
const GROUP: &str = "120363041234567890@g.us";

const WIRE_ID: &str = "3A000000000000000011";

/// The id of Cleo's message, and of one typed on the account's own phone.
fn heard_id() -> MessageId {
    received_id(account(1), &Digest::of(WIRE_ID.as_bytes()), PHONE)
}

fn typed_id() -> MessageId {
    received_id(account(1), &Digest::of(WIRE_ID.as_bytes()), "")
}

fn ready() -> WorkspaceSpec {
    WorkspaceSpec::given([created(), connected()])
}

/// Cleo writes `hello` to the first account.
fn hearing() -> Receive {
    Receive {
        account: account(1),
        wire_id: WIRE_ID.to_owned(),
        wire_digest: Digest::of(WIRE_ID.as_bytes()),
        own: None,
        peer: Peer::from_phone(PHONE),
        also: None,
        from_me: false,
        kind: MessageKind::Text,
        sender: PHONE.to_owned(),
        sender_name: "Cleo".to_owned(),
        chat_name: String::new(),
        text: "hello".to_owned(),
        file: None,
        at: at(5),
        looked_up: ReceiveLookups::default(),
    }
}

pub(super) fn hear(change: impl FnOnce(&mut Receive)) -> Command {
    let mut heard = hearing();
    change(&mut heard);
    Command::Receive(Box::new(heard))
}

pub(super) fn received() -> MessageReceived {
    received_as("hello", None)
}

/// With this text and file.
fn received_as(text: &str, file: Option<ReceivedFile>) -> MessageReceived {
    MessageReceived {
        message: heard_id(),
        workspace: workspace(),
        account: account(1),
        chat: chat(1),
        from_me: false,
        kind: MessageKind::Text,
        sender: PHONE.into(),
        address: None,
        sender_name: "Cleo".into(),
        text: text.into(),
        particulars: None,
        report_bytes: received_bytes(text, file.as_ref()),
        file,
        wire_id: Some(WIRE_ID.into()),
        reply_to: None,
        at: at(5),
        owed: None,
    }
}

pub(super) fn opened_as(name: &str) -> ChatOpened {
    let Event::ChatOpened(opened) = opened(1, PHONE) else { unreachable!() };
    ChatOpened { name: name.into(), ..opened }
}

fn group() -> ChatOpened {
    ChatOpened { peer: GROUP.into(), to: GROUP.into(), phone: None, is_group: true, ..opened_as(GROUP) }
}

fn renamed(previous: &str, name: &str) -> Event {
    let (previous, name, by) = (previous.into(), name.into(), Who::Transport);
    ChatRenamed { workspace: workspace(), chat: chat(1), previous, name, by }.into()
}

/// The chat exists with this title and the recipient `to`.
fn known_chat(spec: WorkspaceSpec, to: &str, name: &str) -> WorkspaceSpec {
    let entry = ChatEntry::new(account(1), to, name, None, to == GROUP);
    spec.finding(LookupResult::Peer(Some(chat(1))))
        .finding(LookupResult::Chat(Some(entry)))
        .finding(LookupResult::Known(false))
}

#[test]
fn a_contact_who_never_wrote_opens_a_chat_with_their_name() {
    ready().when(hear(|_| {}), at(9)).answers(&Answer::Done).then([opened_as("Cleo").into(), received().into()]);
}

#[test]
fn a_contact_without_a_name_opens_a_chat_with_their_number() {
    for blank in ["", "  "] {
        ready()
            .when(hear(|heard| heard.sender_name = blank.to_owned()), at(9))
            .then([opened_as(PHONE).into(), MessageReceived { sender_name: blank.into(), ..received() }.into()]);
    }
}

#[test]
fn what_the_transport_calls_the_conversation_comes_before_the_senders_name() {
    ready()
        .when(hear(|heard| heard.chat_name = " Cleo of Kite ".to_owned()), at(9))
        .then([opened_as("Cleo of Kite").into(), received().into()]);
}

#[test]
fn what_was_heard_before_is_not_heard_again() {
    let spec = ready().finding(LookupResult::Peer(None)).finding(LookupResult::Known(true));
    spec.when(hear(|_| {}), at(9)).answers(&Answer::Done).then_nothing();
}

#[test]
fn what_was_heard_before_is_not_looked_up_further() {
    let spec = ready();
    let mut command = hear(|_| {});
    Workspace::resolve(&mut command, LookupResult::Peer(None));
    assert_eq!(Workspace::next_lookup(spec.state(), &command), Some(LookupRequest::Known(heard_id())));
    Workspace::resolve(&mut command, LookupResult::Known(true));
    assert_eq!(Workspace::next_lookup(spec.state(), &command), None);
}

#[test]
fn a_known_contact_opens_no_chat() {
    known_chat(ready(), PHONE, "Cleo").when(hear(|_| {}), at(9)).then([received().into()]);
}

#[test]
fn a_chat_that_is_called_by_its_address_gets_the_contacts_name() {
    for (to, name) in [(PHONE, PHONE), ("1 202 555 0101", PHONE), ("1 202 555 0101", "1 202 555 0101")] {
        known_chat(ready(), to, name).when(hear(|_| {}), at(9)).then([renamed(name, "Cleo"), received().into()]);
    }
}

#[test]
fn a_chat_that_somebody_named_keeps_that_name() {
    known_chat(ready(), PHONE, "Best customer")
        .finding(LookupResult::NamedByHand(true))
        .when(hear(|_| {}), at(9))
        .then([received().into()]);
}

// A title belongs to its giver: `WhatsApp` may change only the titles that it gave itself.
#[test]
fn a_chat_that_whatsapp_named_is_called_as_whatsapp_calls_it_now() {
    known_chat(ready(), PHONE, "Cleo K.")
        .finding(LookupResult::NamedByHand(false))
        .when(hear(|_| {}), at(9))
        .then([renamed("Cleo K.", "Cleo"), received().into()]);
    let closed = hear(|heard| {
        heard.peer = Peer::from_jid(GROUP).unwrap();
        heard.chat_name = "Project X (closed)".to_owned();
    });
    known_chat(ready(), GROUP, "Project X")
        .when(closed, at(9))
        .then([renamed("Project X", "Project X (closed)"), received().into()]);
}

#[test]
fn who_named_a_chat_is_not_asked_where_its_name_is_the_same() {
    let mut command = hear(|_| {});
    let entry = ChatEntry::new(account(1), PHONE, "Cleo", None, false);
    for found in [LookupResult::Peer(Some(chat(1))), LookupResult::Chat(Some(entry)), LookupResult::Known(false)] {
        Workspace::resolve(&mut command, found);
    }
    assert_eq!(Workspace::next_lookup(ready().state(), &command), Some(LookupRequest::Reporting));
}

// Texts from outside can have any length, so what is stored is limited in bytes.
#[test]
fn names_and_texts_that_are_received_are_cut_at_a_character() {
    let long = || "😀".repeat(70_000);
    let file = |name: String, mime: String| ReceivedFile { name: name.into(), size: 1, mime, reference: None };
    let heard = hear(|heard| {
        (heard.sender_name, heard.text, heard.sender) = (long(), long(), long());
        heard.file = Some(file(long(), long()));
    });
    let name = "😀".repeat(250);
    let cut = file(name.clone(), "application/octet-stream".to_owned());
    let received = MessageReceived {
        sender: "😀".repeat(63).into(),
        sender_name: name.as_str().into(),
        ..received_as(&"😀".repeat(65_536), Some(cut))
    };
    ready().when(heard, at(9)).then([opened_as(&name).into(), received.clone().into()]);
    // The same name in full is still the same name.
    known_chat(ready(), PHONE, &name).when(hear(|heard| heard.sender_name = long()), at(9)).then([MessageReceived {
        sender_name: name.into(),
        ..self::received()
    }
    .into()]);
}

// Some receivers can never store this byte.
#[test]
fn nul_in_what_is_received_is_replaced() {
    let heard = hear(|heard| (heard.text, heard.sender_name) = ("a\0b".to_owned(), "Cl\0eo".to_owned()));
    let received = MessageReceived { sender_name: "Cl\u{fffd}eo".into(), ..received_as("a\u{fffd}b", None) };
    ready().when(heard, at(9)).then([opened_as("Cl\u{fffd}eo").into(), received.into()]);
}

#[test]
fn a_contact_without_a_name_renames_nothing() {
    known_chat(ready(), PHONE, PHONE)
        .when(hear(|heard| heard.sender_name = String::new()), at(9))
        .then([MessageReceived { sender_name: "".into(), ..received() }.into()]);
}

#[test]
fn a_group_is_not_called_as_the_member_who_writes() {
    let in_group = |name: &'static str| {
        hear(move |heard| {
            heard.peer = Peer::from_jid(GROUP).unwrap();
            heard.chat_name = name.to_owned();
        })
    };
    ready().when(in_group(""), at(9)).then([group().into(), received().into()]);
    ready()
        .when(in_group("Kite club"), at(9))
        .then([ChatOpened { name: "Kite club".into(), ..group() }.into(), received().into()]);
    known_chat(ready(), GROUP, GROUP).when(in_group(""), at(9)).then([received().into()]);
    known_chat(ready(), GROUP, GROUP)
        .when(in_group("Kite club"), at(9))
        .then([renamed(GROUP, "Kite club"), received().into()]);
}

#[test]
fn what_is_typed_on_the_accounts_phone_does_not_give_the_chat_its_owners_name() {
    let typed = |chat_name: &'static str| {
        hear(move |heard| {
            heard.from_me = true;
            heard.sender = String::new();
            heard.sender_name = "Ada Example".to_owned();
            heard.chat_name = chat_name.to_owned();
        })
    };
    let received = MessageReceived {
        message: typed_id(),
        from_me: true,
        sender: "".into(),
        sender_name: "Ada Example".into(),
        ..received()
    };
    ready().when(typed(""), at(9)).then([opened_as(PHONE).into(), received.clone().into()]);
    ready().when(typed("Cleo"), at(9)).then([opened_as("Cleo").into(), received.clone().into()]);
    known_chat(ready(), PHONE, PHONE).when(typed(""), at(9)).then([received.into()]);
}

#[test]
fn what_came_along_is_recorded() {
    ready()
        .when(hear(|heard| (heard.text, heard.file) = (String::new(), Some(cat("image/png")))), at(9))
        .then([opened_as("Cleo").into(), received_as("", Some(cat("image/png"))).into()]);
}

/// A file of this media type.
fn cat(mime: &str) -> ReceivedFile {
    ReceivedFile { name: "cat.png".into(), size: 70_000, mime: mime.to_owned(), reference: None }
}

#[test]
fn of_a_files_media_type_the_bare_type_is_recorded() {
    known_chat(ready(), PHONE, "Cleo")
        .when(hear(|heard| heard.file = Some(cat("Image/PNG; name=\"Cleo.png\""))), at(9))
        .then([received_as("hello", Some(cat("image/png"))).into()]);
}

#[test]
fn what_kind_of_message_it_is_is_recorded() {
    for kind in [MessageKind::Voice, MessageKind::Unknown] {
        known_chat(ready(), PHONE, "Cleo").when(hear(|heard| heard.kind = kind), at(9)).then([MessageReceived {
            kind,
            ..received()
        }
        .into()]);
    }
}

#[test]
fn what_is_heard_first_of_somebody_is_refused_without_room_for_their_chat() {
    let looked_up = [LookupResult::Peer(None), LookupResult::Known(false), LookupResult::Room(false)];
    let refused = looked_up.into_iter().fold(ready(), WorkspaceSpec::finding).when(hear(|_| {}), at(9));
    // Once there is room, it is heard as the first chat.
    refused
        .then_rejected(&Rejection::NoRoom(Again(Box::new(hear(|_| {})))))
        .when(hear(|_| {}), at(10))
        .then([opened_as("Cleo").into(), received().into()]);
}

#[test]
fn room_is_asked_for_with_the_number_of_the_chat_that_would_be_opened() {
    let spec = ready().and([opened(1, PHONE), opened(2, "+12025550102")]);
    let mut command = hear(|_| {});
    Workspace::resolve(&mut command, LookupResult::Peer(None));
    Workspace::resolve(&mut command, LookupResult::Known(false));
    assert_eq!(Workspace::next_lookup(spec.state(), &command), Some(LookupRequest::Room(3)));
}

#[test]
fn what_is_heard_in_a_known_chat_asks_for_no_room() {
    let mut command = hear(|_| {});
    let entry = ChatEntry::new(account(1), PHONE, "Cleo", None, false);
    let answers = [
        (LookupRequest::Peer(account(1), PHONE.to_owned()), LookupResult::Peer(Some(chat(1)))),
        (LookupRequest::Chat(chat(1)), LookupResult::Chat(Some(entry))),
        (LookupRequest::Known(heard_id()), LookupResult::Known(false)),
        (LookupRequest::Reporting, LookupResult::Reporting(None)),
    ];
    for (question, found) in answers {
        assert_eq!(Workspace::next_lookup(ready().state(), &command), Some(question));
        Workspace::resolve(&mut command, found);
    }
    assert_eq!(Workspace::next_lookup(ready().state(), &command), None);
    ready().when(command, at(9)).then([received().into()]);
}

#[test]
fn what_is_heard_costs_nothing() {
    let spec = ready().when(hear(|_| {}), at(9)).then([opened_as("Cleo").into(), received().into()]);
    assert_eq!(spec.state().balance, 0);
}

#[test]
fn an_account_that_is_not_active_still_hears() {
    for hold in [paused(1), blocked(1, None), disconnected(1, Who::Operator, 0)] {
        ready().and([hold]).when(hear(|_| {}), at(9)).then([opened_as("Cleo").into(), received().into()]);
    }
}

#[test]
fn an_unknown_account_hears_nothing() {
    ready().when(hear(|heard| heard.account = account(2)), at(9)).then_rejected(&Rejection::AccountNotFound);
    WorkspaceSpec::given([]).when(hear(|_| {}), at(9)).then_rejected(&Rejection::UnknownWorkspace);
}

#[test]
fn chats_that_are_heard_and_chats_that_are_written_to_share_their_numbers() {
    ready()
        .and([granted(1, "May")])
        .when(hear(|_| {}), at(9))
        .then([opened_as("Cleo").into(), received().into()])
        .when(changed(|submit| (submit.token_hash, submit.recipient) = (None, peer_two())), at(0))
        .then([
            opened(2, "+12025550102"),
            events::account::MessageQueued { chat: chat(2), to: "+12025550102".into(), ..queueing(11) }.into(),
            charged(11),
        ]);
}

fn peer_two() -> Recipient {
    Recipient::Peer(Peer::from_phone("+12025550102"))
}

#[test]
fn what_is_heard_is_owed_while_it_is_reported() {
    let reported = |attachments| {
        let (webhook, aggregation) = (WebhookId::of(workspace()), Aggregation::None);
        LookupResult::Reporting(Some(Reporting { webhook, aggregation, attachments, bundle_bytes: BUNDLE_BYTES }))
    };
    let told = |attachments| known_chat(ready(), PHONE, "Cleo").finding(reported(attachments));
    let owed = Some(WebhookId::of(workspace()));
    told(false).when(hear(|_| {}), at(9)).then([MessageReceived { owed, ..received() }.into()]);
    let file = || Some(cat("image/png"));
    for (attachments, owed) in [(true, owed), (false, None)] {
        let with_file = MessageReceived { owed, ..received_as("hello", file()) };
        told(attachments).when(hear(|heard| heard.file = file()), at(9)).then([with_file.into()]);
    }
}
