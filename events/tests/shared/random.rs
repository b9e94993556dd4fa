//! Random events and records of every type.

#[path = "random_chats.rs"]
mod chats;
#[path = "random_webhooks.rs"]
mod webhooks;

use events::account::{
    DeferReason, FetchFailed, File, FileFetched, MessageAccepted, MessageFailed, MessageQueued, MessageSent,
    MessageSettled, Origin, SendDeferred, SendStarted, SendUncertain, SettledAs, SettledHow,
};
use events::event::Event;
use events::founding::CheckpointKeyChanged;
use events::ids::{AccountId, ChatId, MessageId, WebhookId, WireId, WorkspaceId};
use events::personal::{Digest, Personal, ShortDigest};
use events::record::{Cause, Idempotency, Record, Trigger};
use events::time::Timestamp;
use events::who::Who;
use events::workspace::{
    AccountBlocked, AccountConnected, AccountDisconnected, AccountPaused, AccountResumed, AccountUnblocked,
    CreditCharged, CreditRefunded, CreditsGranted, InboundDisabled, InboundEnabled, InboundStrictChanged,
    InboundUrlGenerated, KeyCreated, KeyRevoked, OwnerChanged, PacingChanged, TeammateAdded, TeammateRemoved,
    WorkspaceCreated,
};
use proptest::prelude::*;

/// The workspace of all random events: a record holds those of one only.
const WORKSPACE: WorkspaceId = WorkspaceId::nth(4_711);

fn workspace() -> impl Strategy<Value = WorkspaceId> {
    Just(WORKSPACE)
}

fn account() -> impl Strategy<Value = AccountId> {
    (1..10_000_u64).prop_map(|nth| AccountId::nth(WORKSPACE, nth).unwrap())
}

fn chat() -> impl Strategy<Value = ChatId> {
    (1..=ChatId::NTH_MAX).prop_map(|nth| ChatId::nth(WORKSPACE, nth).unwrap())
}

fn wire_id() -> impl Strategy<Value = Option<WireId>> {
    prop::option::of(personal().prop_map(WireId))
}

fn message() -> impl Strategy<Value = MessageId> {
    any::<u64>().prop_map(MessageId::from_bits)
}

fn personal() -> impl Strategy<Value = Personal> {
    any::<String>().prop_map(Personal::from)
}

fn webhook() -> impl Strategy<Value = WebhookId> {
    (1..99_u64).prop_map(|nth| WebhookId::nth(WORKSPACE, nth).unwrap())
}

fn owed() -> impl Strategy<Value = Option<WebhookId>> {
    prop::option::of(webhook())
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest)
}

fn moment() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_ms)
}

/// Any event.
pub fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        of_workspaces(),
        of_owners(),
        of_keys(),
        of_switches(),
        of_standing(),
        of_accounts(),
        of_outcomes(),
        chats::of_chats(),
        chats::of_titles(),
        chats::of_addresses(),
        webhooks::event()
    ]
}

fn of_workspaces() -> impl Strategy<Value = Event> {
    let connected = (
        workspace(),
        account(),
        personal(),
        personal(),
        personal(),
        any::<String>(),
        (prop::option::of(any::<String>()), prop::option::of(digest())),
        any::<(bool, u32, u32, String)>(),
    );
    prop_oneof![
        (workspace(), personal(), personal(), personal(), any::<String>()).prop_map(
            |(workspace, name, owner_name, owner_email, language)| {
                WorkspaceCreated { workspace, name, owner_name, owner_email, language }.into()
            }
        ),
        (workspace(), any::<(u64, String, String)>())
            .prop_map(|(workspace, (amount, reason, by))| {
                CreditsGranted { workspace, amount, reason: reason.into(), by: who(&by) }.into()
            }),
        (workspace(), message(), any::<u64>())
            .prop_map(|(workspace, message, amount)| CreditCharged { workspace, message, amount }.into()),
        (workspace(), message(), any::<(u64, String)>()).prop_map(|(workspace, message, (amount, reason))| {
            CreditRefunded { workspace, message, amount, reason }.into()
        }),
        connected.prop_map(|(workspace, account, phone, full_name, email, transport, provider, gap)| {
            let ((provider_account, callback), (own_message_id, min, max, by)) = (provider, gap);
            AccountConnected {
                workspace,
                account,
                phone,
                full_name,
                email,
                transport,
                provider_account,
                callback,
                own_message_id,
                gap_ms_min: min,
                gap_ms_max: max,
                by: who(&by),
            }
            .into()
        }),
        (workspace(), account(), any::<String>(), prop::option::of(moment())).prop_map(
            |(workspace, account, reason, until)| AccountBlocked { workspace, account, reason, until }.into()
        ),
        (workspace(), account()).prop_map(|(workspace, account)| AccountUnblocked { workspace, account }.into()),
    ]
}

fn of_owners() -> impl Strategy<Value = Event> {
    let particulars = (personal(), personal(), personal(), any::<(String, String)>());
    prop_oneof![
        (workspace(), particulars).prop_map(|(workspace, (name, owner_name, owner_email, (language, by)))| {
            OwnerChanged { workspace, name, owner_name, owner_email, language, by: who(&by) }.into()
        }),
        (workspace(), any::<(u32, String)>(), personal(), personal()).prop_map(
            |(workspace, (teammate, by), full_name, email)| {
                TeammateAdded { workspace, teammate, full_name, email, by: who(&by) }.into()
            }
        ),
        (workspace(), any::<(u32, String)>()).prop_map(|(workspace, (teammate, by))| TeammateRemoved {
            workspace,
            teammate,
            by: who(&by)
        }
        .into()),
    ]
}

fn of_keys() -> impl Strategy<Value = Event> {
    prop_oneof![
        (workspace(), any::<(u32, String, String)>(), digest(), moment()).prop_map(
            |(workspace, (key, name, by), key_hash, at)| KeyCreated {
                workspace,
                key,
                key_hash,
                name: name.into(),
                at,
                by: who(&by)
            }
            .into()
        ),
        (workspace(), any::<(u32, String)>(), digest()).prop_map(|(workspace, (key, by), key_hash)| KeyRevoked {
            workspace,
            key,
            key_hash,
            by: who(&by)
        }
        .into()),
        (workspace(), digest(), prop::option::of(digest()), any::<String>()).prop_map(
            |(workspace, token_hash, replaces, by)| {
                InboundUrlGenerated { workspace, token_hash, replaces, by: who(&by) }.into()
            }
        ),
    ]
}

fn of_switches() -> impl Strategy<Value = Event> {
    let pacing = (workspace(), prop::option::of(account()), any::<(u32, u32, String)>());
    prop_oneof![
        (workspace(), any::<(String, String)>()).prop_map(|(workspace, (by, reason))| InboundEnabled {
            workspace,
            by: who(&by),
            reason: reason.into()
        }
        .into()),
        (workspace(), any::<(String, String)>()).prop_map(|(workspace, (by, reason))| InboundDisabled {
            workspace,
            by: who(&by),
            reason: reason.into()
        }
        .into()),
        (workspace(), any::<(bool, String)>()).prop_map(|(workspace, (strict, by))| InboundStrictChanged {
            workspace,
            strict,
            by: who(&by)
        }
        .into()),
        pacing.prop_map(|(workspace, account, (gap_ms_min, gap_ms_max, by))| {
            PacingChanged { workspace, account, gap_ms_min, gap_ms_max, by: who(&by) }.into()
        }),
    ]
}

fn of_standing() -> impl Strategy<Value = Event> {
    let act = || (workspace(), account(), any::<(String, String)>());
    prop_oneof![
        (act(), moment()).prop_map(|((workspace, account, (by, reason)), at)| {
            AccountDisconnected { workspace, account, by: who(&by), reason: reason.into(), at }.into()
        }),
        act().prop_map(|(workspace, account, (by, reason))| {
            AccountPaused { workspace, account, by: who(&by), reason: reason.into() }.into()
        }),
        act().prop_map(|(workspace, account, (by, reason))| {
            AccountResumed { workspace, account, by: who(&by), reason: reason.into() }.into()
        }),
    ]
}

fn file() -> impl Strategy<Value = File> {
    (personal(), personal()).prop_map(|(url, name)| File { url, name })
}

fn of_accounts() -> impl Strategy<Value = Event> {
    let origin = prop::sample::select(vec![Origin::Inbound, Origin::Api]);
    let reason = prop::sample::select(vec![
        DeferReason::ServerError,
        DeferReason::OutcomeUnknown,
        DeferReason::NotConnected,
        DeferReason::PairRateLimited,
        DeferReason::AccountRateLimited,
        DeferReason::AccountStopped,
        DeferReason::Interrupted,
        DeferReason::FileGone,
    ]);
    let content = (personal(), personal(), prop::option::of(file()));
    let queued = (message(), workspace(), account(), chat(), content, any::<(u32, u64)>(), origin, moment());
    prop_oneof![
        queued.prop_map(|(message, workspace, account, chat, (to, text, file), numbers, origin, at)| {
            let (report_bytes, cost) = numbers;
            MessageQueued { message, workspace, account, chat, to, text, file, report_bytes, cost, origin, at }.into()
        }),
        (message(), account(), any::<(u64, String)>()).prop_map(|(message, account, (size, mime))| FileFetched {
            message,
            account,
            size,
            mime
        }
        .into()),
        (message(), account(), chat(), any::<(u32, String, String)>(), moment(), prop::option::of(moment())).prop_map(
            |(message, account, chat, (fetch_number, code, detail), at, again_at)| {
                let detail = detail.into();
                FetchFailed { message, account, chat, fetch_number, code, detail, at, again_at }.into()
            }
        ),
        (message(), account(), any::<u32>()).prop_map(|(message, account, try_number)| SendStarted {
            message,
            account,
            try_number
        }
        .into()),
        (message(), account(), any::<u32>(), reason, moment(), moment()).prop_map(
            |(message, account, try_number, reason, at, not_before)| {
                SendDeferred { message, account, try_number, reason, at, not_before }.into()
            }
        ),
        (message(), account(), any::<u32>(), moment()).prop_map(|(message, account, try_number, at)| SendUncertain {
            message,
            account,
            try_number,
            at
        }
        .into()),
    ]
}

fn of_outcomes() -> impl Strategy<Value = Event> {
    let verdict = prop::sample::select(vec![SettledAs::Sent, SettledAs::Failed]);
    let how = prop::sample::select(vec![SettledHow::Owner, SettledHow::Status]);
    let settled = (message(), account(), chat(), verdict, how, any::<(String, String)>(), moment(), owed());
    prop_oneof![
        (message(), account(), chat(), any::<u32>(), wire_id(), moment(), owed()).prop_map(
            |(message, account, chat, try_number, wire_id, at, owed)| {
                MessageSent { message, account, chat, try_number, wire_id, at, owed }.into()
            }
        ),
        (message(), account(), chat(), any::<u32>(), wire_id(), moment()).prop_map(
            |(message, account, chat, try_number, wire_id, at)| {
                MessageAccepted { message, account, chat, try_number, wire_id, at }.into()
            }
        ),
        (message(), account(), chat(), any::<String>(), moment())
            .prop_map(|(message, account, chat, code, at)| MessageFailed { message, account, chat, code, at }.into()),
        settled.prop_map(|(message, account, chat, settled_as, how, (by, reason), at, owed)| {
            MessageSettled { message, account, chat, settled_as, how, by: who(&by), reason: reason.into(), at, owed }
                .into()
        }),
    ]
}

/// Derives any originator from a random text.
pub fn who(text: &str) -> Who {
    let number = text.chars().map(u32::from).fold(0, u32::wrapping_add);
    match text.len() % 9 {
        0 => Who::System,
        1 => Who::Operator,
        2 => Who::Inbound,
        3 => Who::Transport,
        4 => Who::Receiver,
        5 => Who::Mail,
        6 => Who::Restore,
        7 => Who::Person(number),
        _ => Who::Key(number),
    }
}

/// Any record of one to four events.
pub fn record() -> impl Strategy<Value = Record> {
    let idempotency = (any::<[u8; 16]>(), digest()).prop_map(|(key, body)| Idempotency { key: ShortDigest(key), body });
    let trigger = prop_oneof![
        Just(Trigger::Outside),
        idempotency.prop_map(Trigger::Keyed),
        any::<u64>().prop_map(Trigger::Event)
    ];
    let cause =
        (any::<(u64, String)>(), trigger).prop_map(|((command, by), trigger)| Cause { command, by: who(&by), trigger });
    let of_a_workspace = (workspace(), prop::collection::vec(event(), 1..5));
    let of_the_log = prop::collection::vec(of_the_log(), 1..3).prop_map(|events| (WorkspaceId::LOG, events));
    let what = prop_oneof![9 => of_a_workspace, 1 => of_the_log];
    (any::<u64>(), moment(), what, cause).prop_map(|(first, recorded_at, (workspace, events), cause)| Record {
        first,
        recorded_at,
        workspace,
        cause,
        events,
    })
}

fn of_the_log() -> impl Strategy<Value = Event> {
    (any::<String>(), moment()).prop_map(|(checkpoint_key, at)| CheckpointKeyChanged { checkpoint_key, at }.into())
}
