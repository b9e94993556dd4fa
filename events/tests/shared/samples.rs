//! One fixed event of every type, and of every variant that a payload can hold. Never changed once released.

#[path = "variant_samples.rs"]
mod variants;
#[path = "webhook_samples.rs"]
mod webhooks;

use events::account::{
    DeferReason, FetchFailed, File, FileFetched, MessageAccepted, MessageFailed, MessageQueued, MessageSent,
    MessageSettled, Origin, SendDeferred, SendStarted, SendUncertain, SettledAs, SettledHow,
};
use events::chat::{
    AddressKind, ChatAddressLearnt, ChatAssigned, ChatErased, ChatKeyDestroyed, ChatOpened, ChatRenamed,
    MessageDelivered, MessageKind, MessageRead, MessageReceived, ReceivedFile, Responsible,
};
use events::event::Event;
use events::founding::{CheckpointKeyChanged, LogCreated, LogId};
use events::ids::{AccountId, ChatId, MessageId, WebhookId, WireId, WorkspaceId};
use events::personal::Digest;
use events::record::{Cause, Idempotency, Record};
use events::time::Timestamp;
use events::who::Who;
use events::workspace::{
    AccountBlocked, AccountConnected, AccountDisconnected, AccountPaused, AccountResumed, AccountUnblocked,
    CreditCharged, CreditRefunded, CreditsGranted, InboundDisabled, InboundEnabled, InboundStrictChanged,
    InboundUrlGenerated, KeyCreated, KeyRevoked, OwnerChanged, PacingChanged, TeammateAdded, TeammateRemoved,
    WorkspaceCreated,
};

const WORKSPACE: WorkspaceId = WorkspaceId::nth(0);
const MESSAGE: MessageId = MessageId::from_bits(0x9FCC_85FE_9966_2E46);
/// 2021-02-24 06:25:29.007 UTC.
const AT: Timestamp = Timestamp::from_ms(1_614_147_929_007);

fn account() -> AccountId {
    AccountId::nth(WORKSPACE, 1).unwrap()
}

fn chat() -> ChatId {
    ChatId::nth(WORKSPACE, 7).unwrap()
}

fn webhook() -> WebhookId {
    WebhookId::nth(WORKSPACE, 1).unwrap()
}

fn digest(first: u8) -> Digest {
    Digest(std::array::from_fn(|at| first.wrapping_add(u8::try_from(at).unwrap())))
}

/// All samples, in the order of their types' numbers.
pub fn samples() -> Vec<Event> {
    let mut samples = workspace_samples();
    samples.extend(settings_samples());
    samples.extend(pacing_samples());
    samples.extend(account_samples());
    samples.extend(file_samples());
    samples.extend(chat_samples());
    samples.extend(heard_samples());
    samples.extend(webhooks::samples());
    samples.extend(variants::samples());
    samples.sort_by_key(Event::type_number);
    samples
}

fn workspace_samples() -> Vec<Event> {
    let connected = AccountConnected {
        workspace: WORKSPACE,
        account: account(),
        phone: "+12025550100".into(),
        full_name: "Ada Example".into(),
        email: "ada@kite.example".into(),
        transport: "simulator".to_owned(),
        provider_account: None,
        callback: None,
        own_message_id: true,
        gap_ms_min: 1_500,
        gap_ms_max: 2_500,
        by: Who::Key(1),
    };
    let blocked =
        AccountBlocked { workspace: WORKSPACE, account: account(), reason: "account_blocked".to_owned(), until: None };
    vec![
        WorkspaceCreated {
            workspace: WORKSPACE,
            name: "Blue Kite".into(),
            owner_name: "Ada Example".into(),
            owner_email: "ada@kite.example".into(),
            language: "pt-BR".to_owned(),
        }
        .into(),
        KeyCreated { workspace: WORKSPACE, key: 1, key_hash: digest(0), name: "till".into(), at: AT, by: by() }.into(),
        InboundUrlGenerated { workspace: WORKSPACE, token_hash: digest(200), replaces: None, by: by() }.into(),
        InboundUrlGenerated { workspace: WORKSPACE, token_hash: digest(7), replaces: Some(digest(200)), by: by() }
            .into(),
        CreditsGranted { workspace: WORKSPACE, amount: 250, reason: "May".into(), by: Who::Operator }.into(),
        CreditsGranted { workspace: WORKSPACE, amount: 70_000, reason: "".into(), by: Who::Restore }.into(),
        CreditCharged { workspace: WORKSPACE, message: MESSAGE, amount: 1 }.into(),
        CreditRefunded { workspace: WORKSPACE, message: MESSAGE, amount: 2, reason: "not_on_whatsapp".to_owned() }
            .into(),
        connected.clone().into(),
        AccountConnected {
            own_message_id: false,
            transport: "cloud".to_owned(),
            provider_account: Some("106540352242922".to_owned()),
            callback: Some(digest(90)),
            ..connected
        }
        .into(),
        blocked.clone().into(),
        AccountBlocked { until: Some(AT), ..blocked }.into(),
        AccountUnblocked { workspace: WORKSPACE, account: account() }.into(),
    ]
}

fn settings_samples() -> Vec<Event> {
    let workspace = WORKSPACE;
    let reason = || "moving house".into();
    let (full_name, email) = ("Bob Example".into(), "bob@kite.example".into());
    vec![
        OwnerChanged {
            workspace,
            name: "Red Kite".into(),
            owner_name: "Bob Example".into(),
            owner_email: "bob@kite.example".into(),
            language: "de".to_owned(),
            by: by(),
        }
        .into(),
        TeammateAdded { workspace, teammate: 3, full_name, email, by: by() }.into(),
        TeammateRemoved { workspace, teammate: 3, by: by() }.into(),
        KeyRevoked { workspace, key: 1, key_hash: digest(0), by: by() }.into(),
        InboundEnabled { workspace, by: by(), reason: reason() }.into(),
        InboundDisabled { workspace, by: by(), reason: reason() }.into(),
        InboundStrictChanged { workspace, strict: true, by: by() }.into(),
        InboundStrictChanged { workspace, strict: false, by: by() }.into(),
    ]
}

fn pacing_samples() -> Vec<Event> {
    let (workspace, account) = (WORKSPACE, account());
    let (reason, gap_ms_min, gap_ms_max) = (|| "moving house".into(), 3_000, 70_000);
    vec![
        PacingChanged { workspace, account: None, gap_ms_min, gap_ms_max, by: by() }.into(),
        PacingChanged { workspace, account: Some(account), gap_ms_min, gap_ms_max, by: by() }.into(),
        AccountDisconnected { workspace, account, by: by(), reason: reason(), at: AT }.into(),
        AccountPaused { workspace, account, by: by(), reason: reason() }.into(),
        AccountResumed { workspace, account, by: by(), reason: reason() }.into(),
    ]
}

const fn by() -> Who {
    Who::Operator
}

fn account_samples() -> Vec<Event> {
    let queued = MessageQueued {
        message: MESSAGE,
        workspace: WORKSPACE,
        account: account(),
        chat: chat(),
        to: "+12025550101".into(),
        text: "Grüße, 世界 👋\nsecond line".into(),
        file: None,
        report_bytes: 300,
        cost: 1,
        origin: Origin::Inbound,
        at: AT,
    };
    let reasons = [
        DeferReason::ServerError,
        DeferReason::OutcomeUnknown,
        DeferReason::NotConnected,
        DeferReason::PairRateLimited,
        DeferReason::AccountRateLimited,
        DeferReason::AccountStopped,
        DeferReason::Interrupted,
        DeferReason::FileGone,
    ];
    let deferred = |reason| {
        let not_before = AT.plus_ms(60_000);
        SendDeferred { message: MESSAGE, account: account(), try_number: 2, reason, at: AT, not_before }.into()
    };
    let (message, account, chat) = (MESSAGE, account(), chat());
    let settled = MessageSettled {
        message,
        account,
        chat,
        settled_as: SettledAs::Sent,
        how: SettledHow::Owner,
        by: Who::Person(7),
        reason: "she called".into(),
        at: AT,
        owed: Some(webhook()),
    };
    let mut samples = vec![
        queued.clone().into(),
        MessageQueued { origin: Origin::Api, text: "".into(), file: Some(file()), cost: 300, ..queued }.into(),
        SendStarted { message, account, try_number: 1 }.into(),
    ];
    samples.extend(reasons.map(deferred));
    samples.extend([
        SendUncertain { message, account, try_number: 3, at: AT }.into(),
        MessageAccepted { message, account, chat, try_number: 1, wire_id: None, at: AT }.into(),
        MessageAccepted { message, account, chat, try_number: 1, wire_id: Some(wire_id()), at: AT }.into(),
        MessageSent { message, account, chat, try_number: 1, wire_id: None, at: AT, owed: None }.into(),
        MessageSent { message, account, chat, try_number: 1, wire_id: Some(wire_id()), at: AT, owed: Some(webhook()) }
            .into(),
        MessageFailed { message, account, chat, code: "server_error".to_owned(), at: AT }.into(),
        settled.clone().into(),
        MessageSettled { settled_as: SettledAs::Failed, how: SettledHow::Status, owed: None, ..settled }.into(),
    ]);
    samples
}

fn wire_id() -> WireId {
    "wamid.HBgLMTIwMjU1NTAxMDEVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA".into()
}

fn file() -> File {
    File { url: "https://kite.example/price%20list.pdf".into(), name: "price list.pdf".into() }
}

fn file_samples() -> Vec<Event> {
    let mime = "application/pdf".to_owned();
    let failed = FetchFailed {
        message: MESSAGE,
        account: account(),
        chat: chat(),
        fetch_number: 1,
        code: "file_http_error".to_owned(),
        detail: "The file's server answers with status 503".into(),
        at: AT,
        again_at: Some(AT.plus_ms(2_000)),
    };
    vec![
        FileFetched { message: MESSAGE, account: account(), size: 2_097_152, mime }.into(),
        failed.clone().into(),
        FetchFailed { fetch_number: 300, again_at: None, ..failed }.into(),
    ]
}

fn heard_samples() -> Vec<Event> {
    let (workspace, chat, by) = (WORKSPACE, chat(), || Who::Transport);
    let responsible = Responsible { full_name: "Bob Example".into(), email: "bob@kite.example".into() };
    let file = ReceivedFile { name: "cat.png".into(), size: 70_000, mime: "image/png".to_owned(), reference: None };
    let heard = MessageReceived {
        message: MESSAGE,
        workspace,
        account: account(),
        chat,
        from_me: false,
        kind: MessageKind::Text,
        sender: "+12025550101".into(),
        address: None,
        sender_name: "Cleo Example".into(),
        text: "hello".into(),
        particulars: None,
        file: None,
        report_bytes: 10,
        wire_id: None,
        reply_to: None,
        at: AT,
        owed: Some(webhook()),
    };
    let from_me = true;
    let typed =
        MessageReceived { from_me, sender: "".into(), sender_name: "".into(), text: "".into(), ..heard.clone() };
    vec![
        ChatRenamed { workspace, chat, previous: "+12025550101".into(), name: "Cleo Example".into(), by: by() }.into(),
        ChatAssigned { workspace, chat, responsible: Some(responsible), by: by() }.into(),
        ChatAssigned { workspace, chat, responsible: None, by: by() }.into(),
        heard.clone().into(),
        MessageReceived { kind: MessageKind::Image, file: Some(file), owed: None, ..typed }.into(),
        MessageReceived {
            kind: MessageKind::Location,
            address: Some("133700000000001@lid".into()),
            particulars: Some(r#"{"latitude":38.8977,"name":"Maple \"Street\""}"#.into()),
            wire_id: Some(wire_id()),
            reply_to: Some("3EB0AAAAAAAAAAAAAAAA".into()),
            ..heard
        }
        .into(),
        ChatAddressLearnt { workspace, account: account(), chat, kind: AddressKind::Lid, address: "1@lid".into() }
            .into(),
    ]
}

fn chat_samples() -> Vec<Event> {
    let opened = ChatOpened {
        workspace: WORKSPACE,
        account: account(),
        chat: chat(),
        peer: "+12025550101".into(),
        to: "12025550101@s.whatsapp.net".into(),
        name: "+12025550101".into(),
        phone: Some("+12025550101".into()),
        is_group: false,
    };
    let group = "120363041234567890@g.us";
    vec![
        opened.clone().into(),
        ChatOpened { peer: group.into(), to: group.into(), name: group.into(), phone: None, is_group: true, ..opened }
            .into(),
        MessageDelivered { message: MESSAGE, chat: chat(), at: AT, owed: None }.into(),
        MessageRead { message: MESSAGE, chat: chat(), at: AT, owed: Some(webhook()) }.into(),
        ChatErased {
            workspace: WORKSPACE,
            account: account(),
            chat: chat(),
            by: Who::Key(1),
            reason: "she asked for it".into(),
            at: AT,
        }
        .into(),
        ChatKeyDestroyed { workspace: WORKSPACE, chat: chat(), at: AT }.into(),
        LogCreated {
            log: LogId([171; 16]),
            format: 1,
            created_at: AT,
            checkpoint_key: "tidings/ab+cd+AQ==".to_owned(),
        }
        .into(),
        CheckpointKeyChanged { checkpoint_key: "tidings/ab+ef+AQ==".to_owned(), at: AT }.into(),
    ]
}

/// Fixed records: one with an idempotency key, one that the system caused before 1970, one that follows from an
/// event.
pub fn records() -> [Record; 3] {
    let idempotency = Some(Idempotency { key: digest(31).short(), body: digest(9) });
    let cause = Cause::request(Who::Inbound, 77, idempotency);
    let events = samples();
    [
        Record { first: 300, recorded_at: AT, workspace: WORKSPACE, cause, events: events[4..7].to_vec() },
        Record {
            first: 1,
            recorded_at: Timestamp::from_ms(-1),
            workspace: WORKSPACE,
            cause: Cause::outside(Who::System),
            events: events[..1].to_vec(),
        },
        Record {
            first: 301,
            recorded_at: AT,
            workspace: WORKSPACE,
            cause: Cause::following(Who::Receiver, 300),
            events: events[..1].to_vec(),
        },
    ]
}
