//! Writes owed deliveries straight into a log, commit by commit as chats do. It knows nothing of what is measured.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use events::chat::{ChatOpened, MessageKind, MessageReceived};
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId, StreamId, WebhookId, WorkspaceId};
use events::index::{Index, Series};
use events::log::Log;
use events::record::{Cause, Position};
use events::sequencer::{Inbox, NewCommit, Sequencer};
use events::store::data_dir::{DataDir, DataDirOptions};
use events::time::Timestamp;
use events::watermark::Watermark;
use events::webhook::{BUNDLE_BYTES, BundleAccount, BundleFlushed, BundleOpened};
use events::who::Who;
use events::writer::Writer;

const CACHE_MB: u64 = 256;
/// After this many deliveries the index stores its state and the writer catches up, as at a checkpoint.
const CHECKPOINT: u64 = 10_000;
/// The id of the first message, in a range that nothing else uses.
const FIRST_MESSAGE: u64 = 1 << 40;

/// The owner of the messages.
pub struct Whose {
    /// The workspace's number.
    pub workspace: u64,
    /// Its account's number.
    pub account: u64,
    /// Number of chats, all of them new.
    pub chats: u64,
}

type Failed = Box<dyn Error + Send + Sync>;

/// Adds this many reports of one message each, the chats in turn. Everything is durable on return.
pub fn owe(directory: &Path, whose: &Whose, reports: u64) -> Result<(), Failed> {
    let mut desk = Desk::open(directory, whose)?;
    for nth in 0..reports {
        desk.say(nth)?;
        if nth % CHECKPOINT == CHECKPOINT - 1 {
            desk.catch_up(false)?;
        }
    }
    desk.catch_up(true)?;
    let Desk { sequencer, writing, .. } = desk;
    drop(sequencer);
    writing.join().map_err(|_| "the writer broke")?
}

/// Appends commits to the webhook's stream.
struct Desk {
    sequencer: Sequencer,
    writing: std::thread::JoinHandle<Result<(), Failed>>,
    inbox: Inbox,
    revision: u64,
    at: Timestamp,
    workspace: WorkspaceId,
    account: AccountId,
    webhook: WebhookId,
    chats: u64,
}

impl Desk {
    fn open(directory: &Path, whose: &Whose) -> Result<Self, Failed> {
        let options = DataDirOptions {
            cache_mb: CACHE_MB,
            master_key_file: None,
            now: Timestamp::default(),
            without_vault: false,
        };
        let DataDir { log, vault, .. } = DataDir::open(directory, options)?;
        let workspace = WorkspaceId::new(whose.workspace).ok_or("no workspace")?;
        vault.extend(&[(workspace, whose.chats)])?;
        let log: Arc<dyn Log> = log;
        let index = Arc::new(Index::open(Arc::clone(&log), vault)?);
        let watermark = Watermark::at(log.head().position);
        let (work, given) = tokio::sync::mpsc::unbounded_channel();
        let writer = Writer::new(Arc::clone(&log), Arc::clone(&index), watermark.clone());
        let writing = std::thread::spawn(move || writer.run(given).map_err(Failed::from));
        let account = AccountId::new(whose.account).ok_or("no account")?;
        let webhook = WebhookId::of(workspace);
        let stream = StreamId::Webhook(webhook);
        let revision = index.positions(Series::Stream(stream), 1, Position::MAX, usize::MAX)?.len();
        let (mut sequencer, inbox) = (Sequencer::new(index, watermark, work), Inbox::default());
        sequencer.register(stream, inbox.clone());
        let revision = u64::try_from(revision)?;
        sequencer.replayed(stream, revision);
        let at = log.head().recorded_at;
        Ok(Self { sequencer, writing, inbox, revision, at, workspace, account, webhook, chats: whose.chats })
    }

    /// Records that a contact writes; its chat opens a window and closes it.
    fn say(&mut self, nth: u64) -> Result<(), Failed> {
        let chat = ChatId::nth(self.workspace, nth % self.chats + 1).ok_or("no chat")?;
        let phone = format!("+1202555{:04}", nth % self.chats);
        let (message, window) = (MessageId::from_bits(FIRST_MESSAGE + nth), nth / self.chats + 1);
        let mut said = Vec::new();
        if window == 1 {
            said.push(self.opened(chat, &phone));
        }
        said.push(self.received(chat, &phone, message, nth));
        let (webhook, at, room_bytes) = (self.webhook, self.at, BUNDLE_BYTES);
        said.push(BundleOpened { webhook, chat, window, message, at, room_bytes, line_bytes: 0 }.into());
        self.commit(said)?;
        let flushed = self.flushed(chat, &phone, message, window);
        self.commit(vec![flushed])
    }

    fn commit(&mut self, events: Vec<Event>) -> Result<(), Failed> {
        let stream = StreamId::Webhook(self.webhook);
        let concerned = events.iter().filter(|event| event.concerns(stream)).count();
        let commit =
            NewCommit { workspace: self.workspace, recorded_at: self.at, cause: Cause::outside(Who::System), events };
        self.sequencer.append(stream, self.revision, commit)?;
        self.revision += u64::try_from(concerned)?;
        self.inbox.borrow_mut().clear();
        Ok(())
    }

    fn catch_up(&self, all: bool) -> Result<(), Failed> {
        self.sequencer.store_index(all)?;
        Ok(self.sequencer.settle()?.blocking_recv()?)
    }

    fn opened(&self, chat: ChatId, phone: &str) -> Event {
        ChatOpened {
            workspace: self.workspace,
            account: self.account,
            chat,
            peer: phone.into(),
            to: phone.into(),
            name: "Mary Major".into(),
            phone: Some(phone.into()),
            is_group: false,
        }
        .into()
    }

    fn received(&self, chat: ChatId, phone: &str, message: MessageId, nth: u64) -> Event {
        MessageReceived {
            message,
            workspace: self.workspace,
            account: self.account,
            chat,
            from_me: false,
            kind: MessageKind::Text,
            sender: phone.into(),
            address: None,
            sender_name: "Mary Major".into(),
            text: format!("report {nth}").into(),
            particulars: None,
            file: None,
            report_bytes: 64,
            wire_id: None,
            reply_to: None,
            at: self.at,
            owed: Some(self.webhook),
        }
        .into()
    }

    fn flushed(&self, chat: ChatId, phone: &str, message: MessageId, window: u64) -> Event {
        BundleFlushed {
            workspace: self.workspace,
            webhook: self.webhook,
            chat,
            window,
            messages: vec![message],
            aggregated: false,
            account: BundleAccount {
                full_name: "Acme Sales".into(),
                email: "sales@acme.example".into(),
                phone: "+12025559000".into(),
            },
            chat_name: "Mary Major".into(),
            chat_phone: Some(phone.into()),
            is_group: false,
            is_new_chat: window == 1,
            responsible: None,
            at: self.at,
        }
        .into()
    }
}
