//! Events of messages: queued, tried, settled, delivered, received.

use events::account::{
    DeferReason, FetchFailed, File, FileFetched, MessageAccepted, MessageFailed, MessageQueued, MessageSent,
    MessageSettled, Origin, SendDeferred, SendStarted, SendUncertain, SettledAs, SettledHow,
};
use events::chat::{MessageDelivered, MessageKind, MessageRead, MessageReceived, ReceivedFile};
use events::event::Event;

use super::pick::{Pick, first_chat, workspace};

const REASONS: [DeferReason; 8] = [
    DeferReason::ServerError,
    DeferReason::OutcomeUnknown,
    DeferReason::NotConnected,
    DeferReason::PairRateLimited,
    DeferReason::AccountRateLimited,
    DeferReason::AccountStopped,
    DeferReason::Interrupted,
    DeferReason::FileGone,
];

pub fn event(p: &mut Pick) -> Event {
    match p.below(4) {
        0 => waiting(p),
        1 => tried(p),
        2 => of_ends(p),
        _ => of_chats(p),
    }
}

pub fn waiting(p: &mut Pick) -> Event {
    let (message, account) = (p.message(), p.account());
    match p.below(4) {
        0 => {
            let (size, mime) = (1_000 * p.below(50), "application/pdf".to_owned());
            FileFetched { message, account, size, mime }.into()
        }
        1 => {
            let (fetch_number, code, at, again_at) = (p.count(), p.code(), p.now(), p.soon());
            let (detail, again_at) = ("The file's server says so".into(), p.maybe(again_at));
            FetchFailed { message, account, chat: first_chat(), fetch_number, code, detail, at, again_at }.into()
        }
        _ => {
            let file = File { url: "https://kite.example/price.pdf".into(), name: "price.pdf".into() };
            let (chat, to, text, file) = (p.chat(), p.phone().into(), p.name(), p.maybe(file));
            MessageQueued {
                message,
                workspace: workspace(),
                account,
                chat,
                to,
                report_bytes: bytes(&text, file.is_some()),
                text: text.into(),
                file,
                cost: 1 + p.below(2),
                origin: p.of(&[Origin::Inbound, Origin::Api]),
                at: p.now(),
            }
            .into()
        }
    }
}

pub fn tried(p: &mut Pick) -> Event {
    let (message, account, try_number) = (p.message(), p.account(), p.count());
    match p.below(4) {
        0 | 1 => SendStarted { message, account, try_number }.into(),
        2 => {
            let (reason, at, not_before) = (p.of(&REASONS), p.now(), p.soon());
            SendDeferred { message, account, try_number, reason, at, not_before }.into()
        }
        _ => SendUncertain { message, account, try_number, at: p.now() }.into(),
    }
}

/// The transport took it.
pub fn accepted(p: &mut Pick) -> Event {
    let (message, account, chat, try_number) = (p.message(), p.account(), p.chat(), p.count());
    let wire_id = p.maybe("wamid.HBgLMTIwMjU1NTAxMDEVAgARGBI5".into());
    MessageAccepted { message, account, chat, try_number, wire_id, at: p.now() }.into()
}

fn of_ends(p: &mut Pick) -> Event {
    let (message, account, chat) = (p.message(), p.account(), p.chat());
    match p.below(3) {
        0 => {
            let (try_number, at) = (p.count(), p.now());
            MessageSent { message, account, chat, try_number, wire_id: None, at, owed: p.owed() }.into()
        }
        1 => MessageFailed { message, account, chat, code: p.code(), at: p.now() }.into(),
        _ => MessageSettled {
            message,
            account,
            chat,
            settled_as: p.of(&[SettledAs::Sent, SettledAs::Failed]),
            how: p.of(&[SettledHow::Owner, SettledHow::Status]),
            by: p.who(),
            reason: p.code().into(),
            at: p.now(),
            owed: p.owed(),
        }
        .into(),
    }
}

fn of_chats(p: &mut Pick) -> Event {
    let (message, chat) = (p.message(), p.chat());
    match p.below(3) {
        0 => MessageDelivered { message, chat, at: p.now(), owed: p.owed() }.into(),
        1 => MessageRead { message, chat, at: p.now(), owed: p.owed() }.into(),
        _ => {
            let file =
                ReceivedFile { name: "cat.png".into(), size: 70_000, mime: "image/png".to_owned(), reference: None };
            let (account, from_me, sender) = (p.account(), p.chance(), p.phone().into());
            let (sender_name, text, file) = (p.name().into(), p.name(), p.maybe(file));
            MessageReceived {
                message,
                workspace: workspace(),
                account,
                chat,
                from_me,
                kind: MessageKind::Text,
                sender,
                address: None,
                sender_name,
                report_bytes: bytes(&text, file.is_some()),
                text: text.into(),
                particulars: None,
                file,
                wire_id: None,
                reply_to: None,
                at: p.now(),
                owed: p.owed(),
            }
            .into()
        }
    }
}

/// About as many bytes as a report needs, whatever the rules reckon today.
fn bytes(text: &str, with_file: bool) -> u32 {
    u32::try_from(2 * text.len()).unwrap() + if with_file { 500 } else { 0 }
}
