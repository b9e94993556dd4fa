//! A workspace in which everything is as long as allowed and every command is given at least once.

mod reporting;

use actors::account::outcome::{Acceptance, Outcome, StopReason};
use actors::account::pacing::Gap;
use actors::account::{self, Account, Fetched, Missing, Prospect, SpelledLookups};
use actors::chat::{self, Receipt, ReportLookups as ChatLooksUp};
use actors::decider::Decider;
use actors::names::{ADDRESS_BYTES_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
use actors::peer::Peer;
use actors::webhook::{self, Configure};
use actors::workspace::{
    ACCOUNTS_MAX, AccountCommand, ChangeChat, ChangeOwner, ChatLookups, Command, Connect, Create, CreateKey, Grant,
    Once, Receive, ReceiveLookups, Recipient, SetInbound, Submit, SubmitLookups, Teammate,
};
use events::account::{File, Origin, SettledAs};
use events::chat::{MessageKind, MessageReceived, ReceivedFile};
use events::ids::{ChatId, MessageId, WireId};
use events::personal::Digest;
use events::time::Timestamp;
use events::webhook::{Aggregation, BundleAccount, BundleFlushed, BundleOpened};
use events::who::Who;

use super::desk::{Desk, PHONE, account, chat, webhook, workspace};

/// The longest e-mail address, URL and reason that the APIs accept, in bytes.
const EMAIL_BYTES_MAX: usize = 254;
const URL_BYTES_MAX: usize = 4_096;
const REASON_BYTES_MAX: usize = 1_000;
const FILE_NAME_BYTES_MAX: usize = 255;
/// Longer than any code: codes are the gateway's own.
const CODE_BYTES: usize = 64;

/// A text of this many characters, four bytes each.
pub fn long(characters: usize) -> String {
    "😀".repeat(characters)
}

fn bytes(count: usize) -> String {
    long(count / 4) + &"x".repeat(count % 4)
}

fn name() -> String {
    bytes(NAME_BYTES_MAX)
}

fn reason() -> String {
    bytes(REASON_BYTES_MAX)
}

/// The longest one.
const fn by() -> Who {
    Who::Person(u32::MAX)
}

fn digest(of: &str) -> Digest {
    Digest::of(of.as_bytes())
}

pub fn tell(desk: &mut Desk) {
    begin(desk);
    settings(desk);
    say(desk);
    send(desk);
    hold(desk);
    reporting::report(desk);
    connect_all(desk);
    desk.chat(chat::Command::Erase { by: by(), reason: reason() });
}

/// Says that the chat's key is destroyed: from then on an opened data directory has none for it.
pub fn forget(desk: &mut Desk) {
    desk.chat(chat::Command::Forgotten);
}

fn begin(desk: &mut Desk) {
    let create = Create {
        workspace: workspace(),
        name: name(),
        owner_name: name(),
        owner_email: bytes(EMAIL_BYTES_MAX),
        language: "x".repeat(35),
        credits: 1_000,
        key_hash: digest("wsk"),
        token_hash: digest("in"),
        room: None,
    };
    desk.workspace(Command::Create(create), None);
    let change = ChangeOwner {
        name: Some(format!("x{}", bytes(NAME_BYTES_MAX - 1))),
        owner_name: Some(name()),
        owner_email: Some(bytes(EMAIL_BYTES_MAX)),
        language: Some("y".repeat(35)),
        by: by(),
    };
    desk.workspace(Command::ChangeOwner(change), None);
    desk.workspace(Command::Grant(Grant { amount: 1_000, reason: reason(), by: by() }), None);
    desk.workspace(Command::Connect(connect(PHONE)), None);
    desk.workspace(Command::ChangePacing(Gap { min_ms: 0, max_ms: 0 }, by()), None);
}

fn connect(phone: &str) -> Connect {
    Connect {
        phone: phone.to_owned(),
        full_name: name(),
        email: bytes(EMAIL_BYTES_MAX),
        transport: "x".repeat(64),
        own_message_id: false,
        once: Once::Everywhere,
        gap: Gap::default(),
        by: by(),
        holders: None,
    }
}

fn settings(desk: &mut Desk) {
    let teammate = |email: String| Teammate { full_name: name(), email };
    desk.workspace(Command::AddTeammate(teammate(bytes(EMAIL_BYTES_MAX)), by()), None);
    desk.workspace(Command::AddTeammate(teammate("bob@acme.example".to_owned()), by()), None);
    desk.workspace(Command::RemoveTeammate(2, by()), None);
    desk.workspace(Command::CreateKey(CreateKey { key_hash: digest("two"), name: name(), by: by() }), None);
    desk.workspace(Command::RevokeKey(1, by()), None);
    for enabled in [false, true] {
        let set = SetInbound { enabled: Some(enabled), strict: Some(!enabled), by: by(), reason: reason() };
        desk.workspace(Command::SetInbound(set), None);
    }
    desk.workspace(Command::ReplaceToken(digest("in2"), by()), None);
    let configure = Configure {
        webhook: webhook(),
        url: Some(Some(bytes(URL_BYTES_MAX))),
        aggregation: Some(Aggregation::Day),
        enabled: Some(true),
        discard: false,
        by: by(),
        reason: reason(),
    };
    desk.webhook(webhook::Command::Configure(configure));
}

/// A recipient as long as allowed, which is not a phone number.
fn peer() -> Peer {
    Peer::from_phone(&bytes(252))
}

fn submit(desk: &mut Desk, nth: u64, with_file: bool) -> MessageId {
    let message = MessageId::from_bits(nth << 32);
    let file = File { url: bytes(URL_BYTES_MAX).into(), name: bytes(FILE_NAME_BYTES_MAX).into() };
    let idempotency = desk.index.idempotency(workspace(), &format!("{nth:0255}"), &digest("body")).unwrap();
    let submit = Submit {
        message,
        token_hash: None,
        recipient: Recipient::Peer(peer()),
        sender: None,
        text: bytes(TEXT_BYTES_MAX),
        file: with_file.then_some(file),
        origin: Origin::Inbound,
        unknown_fields: Vec::new(),
        doubt: None,
        dry_run: false,
        idempotency: Some(idempotency.clone()),
        looked_up: SubmitLookups::default(),
    };
    desk.workspace(Command::Submit(Box::new(submit)), Some(idempotency));
    message
}

fn receive(desk: &mut Desk, nth: u64, text: String) {
    let endless = || long(100_000);
    let receive = Receive {
        account: account(),
        wire_id: format!("{nth}{}", endless()),
        wire_digest: digest(&nth.to_string()),
        own: None,
        peer: peer(),
        also: Peer::read("133700000000001@lid"),
        from_me: false,
        kind: MessageKind::default(),
        sender: endless(),
        sender_name: endless(),
        chat_name: endless(),
        text,
        file: (nth == 1).then(|| ReceivedFile {
            name: endless().into(),
            size: u64::MAX,
            mime: endless(),
            reference: None,
        }),
        at: Timestamp::from_ms(i64::MAX),
        looked_up: ReceiveLookups::default(),
    };
    desk.workspace(Command::Receive(Box::new(receive)), None);
}

/// Wakes the chat until that changes nothing any more.
fn wake_chat(desk: &mut Desk) {
    loop {
        let before = desk.states.chat.clone();
        desk.chat(chat::Command::WakeUp(ChatLooksUp::default()));
        if desk.states.chat == before {
            return;
        }
    }
}

/// Fills a chat that has a name and a responsible person with as many messages as one report takes.
fn say(desk: &mut Desk) {
    receive(desk, 1, long(100_000));
    let change = ChangeChat {
        chat: chat(),
        name: Some(format!("y{}", bytes(NAME_BYTES_MAX - 1))),
        responsible: Some(Some(bytes(EMAIL_BYTES_MAX))),
        by: by(),
        looked_up: ChatLookups::default(),
    };
    desk.workspace(Command::ChangeChat(change), None);
    let change =
        ChangeChat { chat: chat(), name: Some(name()), responsible: None, by: by(), looked_up: ChatLookups::default() };
    desk.workspace(Command::ChangeChat(change), None);
    for nth in 2..=1_002 {
        receive(desk, nth, long(64));
        if nth % 100 == 2 {
            wake_chat(desk);
        }
    }
    wake_chat(desk);
}

/// Begins the account's next try; returns the message and the try's number.
fn begin_try(desk: &mut Desk) -> (MessageId, u32) {
    desk.account(account::Command::WakeUp { reporting: None });
    let effects = Account::due(&desk.states.account).effects.into_iter();
    let mut sends = effects.filter_map(|effect| match effect {
        account::Effect::Send { message, try_number, .. } => Some((message, try_number)),
        _ => None,
    });
    sends.next().expect("something is sent")
}

fn tried(desk: &mut Desk, outcome: Outcome) {
    let (message, try_number) = begin_try(desk);
    desk.account(account::Command::Tried {
        message,
        try_number,
        outcome,
        reporting: None,
        spelled: SpelledLookups::default(),
    });
}

fn fetched(desk: &mut Desk, message: MessageId) {
    let result = Ok(Fetched { size: u64::MAX, mime: bytes(255) });
    desk.account(account::Command::Fetched { message, result });
}

fn send(desk: &mut Desk) {
    let with_file = submit(desk, 1, true);
    fetched(desk, with_file);
    tried(desk, Outcome::Unknown);
    let settle = |message, settled_as| {
        let (by, reason) = (by(), reason());
        account::Command::Settle { message, settled_as, by, reason, reporting: None }
    };
    desk.account(settle(with_file, SettledAs::Failed));

    submit(desk, 2, false);
    let (message, try_number) = begin_try(desk);
    desk.account(account::Command::Interrupted { message, try_number });
    desk.account(account::Command::Seen { message, reporting: None });

    let lost = submit(desk, 3, false);
    tried(desk, Outcome::Sent);
    desk.account(account::Command::FailedLater { message: lost, code: bytes(CODE_BYTES), has_arrived: false });

    let accepted = submit(desk, 7, false);
    let (wire_id, address) = (Some(WireId(bytes(ADDRESS_BYTES_MAX).into())), Some("133700000000002@lid".to_owned()));
    tried(desk, Outcome::Accepted(Acceptance { wire_id, address }));
    desk.account(account::Command::Seen { message: accepted, reporting: None });

    let without = submit(desk, 4, true);
    fetched(desk, without);
    let (message, try_number) = begin_try(desk);
    let missing = Missing { code: bytes(CODE_BYTES), detail: bytes(TEXT_BYTES_MAX), prospect: Prospect::Final };
    desk.account(account::Command::NoFile { message, try_number, missing });

    let delivered = submit(desk, 5, false);
    tried(desk, Outcome::Sent);
    for receipt in [Receipt::Delivered, Receipt::Read] {
        desk.chat(chat::Command::Receipt { message: delivered, receipt, reporting: None });
    }
}

fn hold(desk: &mut Desk) {
    let tell = |desk: &mut Desk, command| desk.workspace(Command::Account(account(), command), None);
    submit(desk, 6, false);
    tried(desk, Outcome::Stopped { reason: StopReason::Misconfigured, until_ms: Some(u64::MAX) });
    desk.account(account::Command::Notified { notice: 1 });
    tell(desk, AccountCommand::Resume { by: by(), reason: reason() });
    tell(desk, AccountCommand::Pause { by: by(), reason: reason() });
    tell(desk, AccountCommand::Resume { by: by(), reason: reason() });
    for connected in [false, true] {
        tell(desk, AccountCommand::Connection { connected });
    }
    tell(desk, AccountCommand::Disconnect { by: by(), reason: reason() });
    desk.workspace(Command::Connect(connect(PHONE)), None);
}

/// Another chat gets something to report, which is delivered while this chat's reports fail.
fn another_chat(desk: &mut Desk) {
    let (other, message) = (ChatId::nth(workspace(), 2).unwrap(), MessageId::from_bits(9_000));
    let (webhook, at) = (webhook(), Timestamp::from_ms(desk.now));
    let said = MessageReceived {
        message,
        workspace: workspace(),
        account: account(),
        chat: other,
        from_me: false,
        kind: MessageKind::default(),
        sender: "".into(),
        address: None,
        sender_name: name().into(),
        text: bytes(TEXT_BYTES_MAX).into(),
        particulars: None,
        file: None,
        report_bytes: u32::MAX,
        wire_id: None,
        reply_to: None,
        at,
        owed: Some(webhook),
    };
    let flushed = BundleFlushed {
        workspace: workspace(),
        webhook,
        chat: other,
        window: 1,
        messages: vec![message],
        aggregated: true,
        account: BundleAccount { full_name: name().into(), email: "".into(), phone: PHONE.into() },
        chat_name: name().into(),
        chat_phone: None,
        is_group: false,
        is_new_chat: true,
        responsible: None,
        at,
    };
    let (room_bytes, line_bytes) = (u64::MAX, u64::MAX);
    let opened = BundleOpened { webhook, chat: other, window: 1, message, at, room_bytes, line_bytes };
    desk.happened(&[said.into(), opened.into(), flushed.into()]);
}

/// Connects as many accounts as a workspace may have, so that a single commit covers all of them.
fn connect_all(desk: &mut Desk) {
    for nth in 1..ACCOUNTS_MAX {
        desk.workspace(Command::Connect(connect(&format!("+1202{nth:07}"))), None);
    }
    desk.workspace(Command::ChangePacing(Gap { min_ms: 1, max_ms: 600_000 }, by()), None);
}
