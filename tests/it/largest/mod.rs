//! The largest event that each command can cause, in characters of four bytes, goes through every log, the index, the
//! snapshots, reports and a restart.
//!
//! The lists of commands are complete: a command that `kinds!` does not name does not compile, and a named one that
//! no case causes fails the test.

mod desk;
mod story;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use actors::decider::Decider;
use actors::{account, chat, webhook, workspace};
use events::codec::Opening;
use events::event::Event;
use events::history::{History, Of, ReadMode};
use events::ids::StreamId;
use events::index::{AccountEntry, ChatEntry, Index, IndexKey, Series};
use events::log::{Batch, Log, NOTE_BYTES_MAX};
use events::personal::Personal;
use events::record::{Position, Record};
use events::snapshot::{self, Place};
use events::store::data_dir::{DataDir, DataDirError, DataDirOptions};
use events::store::memory_log::MemoryLog;
use events::store::sled_log::OpenError;
use events::time::Timestamp;
use events::vault::{MemoryVault, Vault};
use events::verify::verify;
use serde_json::Value;
use tidings::outbound::{body, rebuild};

use desk::Desk;

/// Names every command once, so that the compiler and the test know all of them.
macro_rules! kinds {
    ($list:ident, $name:ident, $command:ty: $($pattern:pat => $kind:literal),+ $(,)?) => {
        pub const $list: &[&str] = &[$($kind),+];

        pub fn $name(command: &$command) -> &'static str {
            match command { $($pattern => $kind),+ }
        }
    };
}

use account::Command as OfAccount;
use chat::Command as OfChat;
use webhook::Command as OfWebhook;
use workspace::{AccountCommand, Command as OfWorkspace};

kinds!(WORKSPACE, kind_of_workspace, OfWorkspace:
    OfWorkspace::Create(_) => "create",
    OfWorkspace::ChangeOwner(_) => "change owner",
    OfWorkspace::Grant(_) => "grant",
    OfWorkspace::Connect(_) => "connect",
    OfWorkspace::Account(_, AccountCommand::Pause { .. }) => "pause",
    OfWorkspace::Account(_, AccountCommand::Resume { .. }) => "resume",
    OfWorkspace::Account(_, AccountCommand::Disconnect { .. }) => "disconnect",
    OfWorkspace::Account(_, AccountCommand::Connection { .. }) => "connection",
    OfWorkspace::ChangePacing(..) => "change pacing",
    OfWorkspace::AddTeammate(..) => "add teammate",
    OfWorkspace::RemoveTeammate(..) => "remove teammate",
    OfWorkspace::CreateKey(_) => "create key",
    OfWorkspace::RevokeKey(..) => "revoke key",
    OfWorkspace::SetInbound(_) => "set inbound",
    OfWorkspace::ReplaceToken(..) => "replace token",
    OfWorkspace::ChangeChat(_) => "change chat",
    OfWorkspace::Submit(_) => "submit",
    OfWorkspace::Receive(_) => "receive",
);
kinds!(ACCOUNT, kind_of_account, OfAccount:
    OfAccount::WakeUp { .. } => "wake account",
    OfAccount::Tried { .. } => "tried to send",
    OfAccount::NoFile { .. } => "no file",
    OfAccount::Interrupted { .. } => "interrupted",
    OfAccount::Fetched { .. } => "fetched",
    OfAccount::NotFetched { .. } => "not fetched",
    OfAccount::Seen { .. } => "seen",
    OfAccount::FailedLater { .. } => "failed later",
    OfAccount::Settle { .. } => "settle",
    OfAccount::Notified { .. } => "notified of account",
);
kinds!(CHAT, kind_of_chat, OfChat:
    OfChat::WakeUp(_) => "wake chat",
    OfChat::Receipt { .. } => "receipt",
    OfChat::Close { .. } => "close",
    OfChat::Erase { .. } => "erase",
    OfChat::Forgotten => "forgotten",
);
kinds!(WEBHOOK, kind_of_webhook, OfWebhook:
    OfWebhook::WakeUp => "wake webhook",
    OfWebhook::Configure(_) => "configure",
    OfWebhook::Tried(_) => "tried to report",
    OfWebhook::Asked => "asked",
    OfWebhook::Flush { .. } => "flush",
    OfWebhook::Resend { .. } => "resend",
    OfWebhook::Recover { .. } => "recover",
    OfWebhook::ResetErrors { .. } => "reset errors",
    OfWebhook::KeyRotated { .. } => "key rotated",
    OfWebhook::Listen { .. } => "listen",
    OfWebhook::ListenersGone { .. } => "listeners gone",
    OfWebhook::Notified { .. } => "notified of webhook",
    OfWebhook::Discard(_) => "discard",
    OfWebhook::ToldOfParked { .. } => "told of parked",
);

/// Commands that never cause an event.
const SILENT: [&str; 2] = ["asked", "not fetched"];
/// The command after which a data directory has no key of the chat any more, so that no text of it can be compared.
const FORGETTING: &str = "forgotten";

/// Everything that the index holds about the streams of the story.
fn picture(index: &Index) -> Vec<String> {
    let (account, chat) = (desk::account(), desk::chat());
    let find = |lookup| index.find::<AccountEntry>(&lookup).unwrap();
    let responsible = index.find::<Option<events::chat::Responsible>>(&IndexKey::Responsible(chat)).unwrap();
    let name = responsible.flatten().map(|found| found.full_name.reveal().to_owned());
    let chats = |chat: ChatEntry| [chat.name, chat.to].map(|text: Personal| text.reveal().to_owned()).concat();
    let mut seen = vec![
        find(IndexKey::Account(account)).map(|entry| entry.full_name.reveal().to_owned()).unwrap_or_default(),
        name.unwrap_or_default(),
        index.chat(chat).unwrap().map(chats).unwrap_or_default(),
        format!("{:?}", index.holders(desk::PHONE).unwrap()),
        format!("{:?}", index.named(desk::workspace(), &story::long(250), 9).unwrap()),
    ];
    for stream in desk::streams() {
        seen.push(format!("{:?}", index.positions(Series::Stream(stream), 1, Position::MAX, usize::MAX).unwrap()));
    }
    seen
}

/// Rebuilds a state from the log.
fn replayed<D: Decider>(history: &History, stream: StreamId) -> D::State {
    let mut state = D::State::default();
    let apply = |_, _: &Record, event: &Event| {
        D::apply(&mut state, event);
        ControlFlow::Continue(())
    };
    history.walk(Of::Stream(stream), 1..=Position::MAX, apply).unwrap();
    state
}

/// Checks that a state is the same when rebuilt from the log and when loaded from a snapshot.
fn is_kept<D: Decider>(history: &History, stream: StreamId, state: &D::State) {
    assert!(replayed::<D>(history, stream) == *state, "{stream} is another one when it is made again");
    let (log, vault) = (history.log(), history.vault());
    let (position, revision) = (log.head().position, 1);
    let (pending, _) = snapshot::prepare(Place { stream, rules: 1, position, revision }, state, None).unwrap();
    let notes = pending.notes(vault).unwrap();
    log.write(&Batch { after: position, notes, ..Batch::default() }).unwrap();
    let head = snapshot::head(log, stream).unwrap().unwrap();
    let kept: Option<D::State> = snapshot::load(log, vault, stream, &head, 1, position).unwrap();
    assert!(kept.as_ref() == Some(state), "{stream} is another one in its snapshot");
}

/// Checks that every report that the log owes has a body, and returns their number.
fn is_reported(history: &History) -> usize {
    let mut deliveries = BTreeSet::new();
    for stored in history.log().read(1) {
        for event in history.decode(&stored.unwrap()).unwrap().events {
            if let Event::BundleFlushed(flushed) = event {
                deliveries.extend(flushed.delivery());
            }
        }
    }
    for delivery in &deliveries {
        let (flushed, bundle) = rebuild(history, *delivery).unwrap().unwrap();
        assert_eq!(flushed.messages.len(), bundle.messages.len());
        let body: Value = serde_json::from_slice(&body::json(&bundle, "https://tidings.example").unwrap()).unwrap();
        assert_eq!(body["whatsapp_account"]["full_name"], story::long(250));
    }
    deliveries.len()
}

/// Runs the whole story on a log beside its vault, then reopens both.
fn tell(
    (log, vault): (Arc<dyn Log>, Arc<dyn Vault>),
    forgets: bool,
    reopen: impl FnOnce() -> (Arc<dyn Log>, Arc<dyn Vault>),
) {
    let mut desk = Desk::on(log, vault);
    story::tell(&mut desk);
    if forgets {
        story::forget(&mut desk);
    }
    let all = [WORKSPACE, ACCOUNT, CHAT, WEBHOOK].concat();
    let is_silent = |kind: &str| SILENT.contains(&kind) || (kind == FORGETTING && !forgets);
    let missing: Vec<_> = all.iter().filter(|kind| !is_silent(kind) && !desk.caused.contains(*kind)).collect();
    assert!(missing.is_empty(), "no case causes an event by: {missing:?}");
    let gathered = picture(&desk.index);
    desk.store_index();
    assert!(picture(&desk.index) == gathered, "the index says something else once it is stored");
    let states = desk.end();

    let (log, vault) = reopen();
    let index = Index::open(Arc::clone(&log), Arc::clone(&vault)).unwrap();
    assert!(picture(&index) == gathered, "the index says something else after a new start");
    let history = History::new(Arc::clone(&log), Arc::new(index), ReadMode::Inline);
    assert_eq!(verify(log.as_ref(), Opening::With(vault.as_ref()), |_| ()).unwrap(), log.head());
    let [of_workspace, of_account, of_chat, of_webhook] = desk::streams();
    is_kept::<workspace::Workspace>(&history, of_workspace, &states.workspace);
    is_kept::<account::Account>(&history, of_account, &states.account);
    is_kept::<chat::Chat>(&history, of_chat, &states.chat);
    is_kept::<webhook::Webhook>(&history, of_webhook, &states.webhook);
    assert!(is_reported(&history) > 1);
    let notes = log.notes(b"", b"", usize::MAX).unwrap();
    assert!(notes.iter().all(|(_, value)| value.len() <= NOTE_BYTES_MAX));
}

// Guards against limits that one layer counts in characters, entries or items and the next one in bytes.
#[test]
fn the_largest_that_each_command_can_cause_passes_through_everything_in_memory() {
    let (log, vault): (Arc<dyn Log>, Arc<dyn Vault>) =
        (Arc::new(MemoryLog::default()), Arc::new(MemoryVault::endless()));
    tell((Arc::clone(&log), Arc::clone(&vault)), true, || (log, vault));
}

#[test]
fn the_largest_that_each_command_can_cause_passes_through_everything_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let options =
        DataDirOptions { cache_mb: 8, master_key_file: None, now: Timestamp::default(), without_vault: false };
    let open = || -> (Arc<dyn Log>, Arc<dyn Vault>) {
        loop {
            // sled releases its files a moment after it was dropped.
            match DataDir::open(folder.path(), options) {
                Err(DataDirError::Log(OpenError::InUse)) => std::thread::yield_now(),
                opened => {
                    let DataDir { log, vault, .. } = opened.unwrap();
                    return (log, vault);
                }
            }
        }
    };
    tell(open(), false, open);
}
