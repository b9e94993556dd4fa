//! Random events and records of every type.

#[path = "random_webhooks.rs"]
mod webhooks;

use events::account::{
    DeferReason, FetchFailed, File, FileFetched, MessageFailed, MessageQueued, MessageSent, MessageSettled, Origin,
    SendDeferred, SendStarted, SendUncertain, SettledAs, SettledHow,
};
use events::chat::{
    ChatAssigned, ChatOpened, ChatRenamed, MessageDelivered, MessageRead, MessageReceived, ReceivedFile, Responsible,
};
use events::event::Event;
use events::ids::{AccountId, ChatId, ID_MAX, MessageId, WebhookId, WorkspaceId};
use events::personal::{Digest, Personal};
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

fn workspace() -> impl Strategy<Value = WorkspaceId> {
    (1..=ID_MAX).prop_map(|number| WorkspaceId::new(number).unwrap())
}

fn account() -> impl Strategy<Value = AccountId> {
    (1..=ID_MAX).prop_map(|number| AccountId::new(number).unwrap())
}

fn chat() -> impl Strategy<Value = ChatId> {
    (1..=ID_MAX).prop_map(|number| ChatId::new(number).unwrap())
}

fn message() -> impl Strategy<Value = MessageId> {
    any::<u64>().prop_map(MessageId::from_bits)
}

fn personal() -> impl Strategy<Value = Personal> {
    any::<String>().prop_map(Personal::from)
}

fn webhook() -> impl Strategy<Value = WebhookId> {
    (1..=ID_MAX).prop_map(|number| WebhookId::new(number).unwrap())
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
        of_chats(),
        of_titles(),
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
        any::<(bool, u32, u32, String)>(),
    );
    prop_oneof![
        (workspace(), personal(), personal(), personal(), any::<String>()).prop_map(
            |(workspace, name, owner_name, owner_email, language)| {
                WorkspaceCreated { workspace, name, owner_name, owner_email, language }.into()
            }
        ),
        (workspace(), any::<(u64, String, String)>())
            .prop_map(|(workspace, (amount, reason, by))| CreditsGranted { workspace, amount, reason, by: who(&by) }.into()),
        (workspace(), message(), any::<u64>())
            .prop_map(|(workspace, message, amount)| CreditCharged { workspace, message, amount }.into()),
        (workspace(), message(), any::<(u64, String)>()).prop_map(|(workspace, message, (amount, reason))| {
            CreditRefunded { workspace, message, amount, reason }.into()
        }),
        connected.prop_map(|(workspace, account, phone, full_name, email, transport, (own_message_id, min, max, by))| {
            AccountConnected {
                workspace,
                account,
                phone,
                full_name,
                email,
                transport,
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
                name,
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
            reason
        }
        .into()),
        (workspace(), any::<(String, String)>()).prop_map(|(workspace, (by, reason))| InboundDisabled {
            workspace,
            by: who(&by),
            reason
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
            AccountDisconnected { workspace, account, by: who(&by), reason, at }.into()
        }),
        act().prop_map(|(workspace, account, (by, reason))| {
            AccountPaused { workspace, account, by: who(&by), reason }.into()
        }),
        act().prop_map(|(workspace, account, (by, reason))| {
            AccountResumed { workspace, account, by: who(&by), reason }.into()
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
    let queued = (message(), workspace(), account(), chat(), content, any::<u64>(), origin, moment());
    prop_oneof![
        queued.prop_map(|(message, workspace, account, chat, (to, text, file), cost, origin, at)| {
            MessageQueued { message, workspace, account, chat, to, text, file, cost, origin, at }.into()
        }),
        (message(), account(), any::<(u64, String)>()).prop_map(|(message, account, (size, mime))| FileFetched {
            message,
            account,
            size,
            mime
        }
        .into()),
        (message(), account(), any::<(u32, String, String)>(), moment(), prop::option::of(moment())).prop_map(
            |(message, account, (fetch_number, code, detail), at, again_at)| {
                let detail = detail.into();
                FetchFailed { message, account, fetch_number, code, detail, at, again_at }.into()
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
        (message(), account(), chat(), any::<u32>(), moment(), owed()).prop_map(
            |(message, account, chat, try_number, at, owed)| {
                MessageSent { message, account, chat, try_number, at, owed }.into()
            }
        ),
        (message(), account(), chat(), any::<String>(), moment())
            .prop_map(|(message, account, chat, code, at)| MessageFailed { message, account, chat, code, at }.into()),
        settled.prop_map(|(message, account, chat, settled_as, how, (by, reason), at, owed)| {
            MessageSettled { message, account, chat, settled_as, how, by: who(&by), reason, at, owed }.into()
        }),
    ]
}

fn of_chats() -> impl Strategy<Value = Event> {
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

fn of_titles() -> impl Strategy<Value = Event> {
    let responsible = (personal(), personal()).prop_map(|(full_name, email)| Responsible { full_name, email });
    let file = (personal(), any::<(u64, String)>()).prop_map(|(name, (size, mime))| ReceivedFile { name, size, mime });
    let said = (personal(), personal(), personal(), prop::option::of(file));
    let heard = (message(), workspace(), account(), chat(), any::<bool>(), said, moment(), owed());
    prop_oneof![
        (workspace(), chat(), personal(), personal(), any::<String>()).prop_map(
            |(workspace, chat, previous, name, by)| ChatRenamed { workspace, chat, previous, name, by: who(&by) }
                .into()
        ),
        (workspace(), chat(), prop::option::of(responsible), any::<String>()).prop_map(
            |(workspace, chat, responsible, by)| ChatAssigned { workspace, chat, responsible, by: who(&by) }.into()
        ),
        heard.prop_map(|(message, workspace, account, chat, from_me, (sender, sender_name, text, file), at, owed)| {
            MessageReceived { message, workspace, account, chat, from_me, sender, sender_name, text, file, at, owed }
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
    let idempotency = (any::<String>(), digest()).prop_map(|(key, body)| Idempotency { key, body });
    let trigger = prop_oneof![
        Just(Trigger::Outside),
        idempotency.prop_map(Trigger::Keyed),
        any::<u64>().prop_map(Trigger::Event)
    ];
    let cause =
        (any::<(u64, String)>(), trigger).prop_map(|((command, by), trigger)| Cause { command, by: who(&by), trigger });
    let events = prop::collection::vec(event(), 1..5);
    (any::<u64>(), moment(), workspace(), cause, events).prop_map(|(first, recorded_at, workspace, cause, events)| {
        Record { first, recorded_at, workspace, cause, events }
    })
}
