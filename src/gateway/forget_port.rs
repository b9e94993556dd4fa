//! The port of chats: destroys the key of an erased chat, and drops what is kept of it beside the log.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use actors::chat::{Command, Effect};
use actors::runtime::port::Port;
use actors::runtime::shard::ShardHandle;
use events::event::Event;
use events::history::{History, Of};
use events::ids::{ChatId, DeliveryId, MessageId, Position, StreamId, WorkspaceId};
use events::log::ReadError;
use events::vault::{Owner, Turn, Vault, VaultError};
use futures_util::future::LocalBoxFuture;
use tokio::sync::Mutex;

use super::VaultFailed;
use crate::outbound::{Tries, TryView};
use crate::recent::attempts::{AttemptView, Attempts};
use crate::recent::reseal::SavingLock;
use crate::recent::traces::Traces;

/// Pause before another try, if the disk failed.
const AGAIN: Duration = Duration::from_secs(1);
/// Of a chat's events, the first and the last so many are searched for what its contact is known by. Rows are the last
/// hundred, so that names which are older than that stand in none.
const FIRST_EVENTS: usize = 64;
const LAST_EVENTS: usize = 2_048;

/// The port. Clones share its state.
#[derive(Clone)]
pub(super) struct ForgetPort {
    pub(super) shard: ShardHandle,
    pub(super) vault: Arc<dyn Vault>,
    pub(super) vault_failed: VaultFailed,
    pub(super) attempts: Attempts,
    pub(super) tries: Tries,
    /// Held while the seeds of a workspace take turns.
    pub(super) turning: Arc<Mutex<()>>,
}

impl Port<Effect, Command> for ForgetPort {
    fn perform(&self, Effect::Forget { chat }: Effect) -> LocalBoxFuture<'static, Command> {
        let port = self.clone();
        Box::pin(async move {
            loop {
                match port.forget(chat).await {
                    Ok(()) => return Command::Forgotten,
                    Err(error) => tracing::error!(chat_id = %chat, %error, "a chat cannot be erased yet"),
                }
                tokio::time::sleep(AGAIN).await;
            }
        })
    }
}

impl ForgetPort {
    /// Drops the rows about the chat, then destroys its key. Doing it twice is harmless.
    async fn forget(&self, chat: ChatId) -> Result<(), ReadError> {
        // The two seeds of a workspace take turns for one chat after the other.
        let _alone = self.turning.lock().await;
        let (history, workspace) = (self.shard.history(), chat.workspace());
        let traces = Arc::new(history.run(move |history| traces(history, chat)).await?);
        let about = About { chat, traces, history: history.clone() };
        let held = (self.attempts.hold().await, self.tries.hold().await);
        let under = self.attempts.under(history, workspace).await?.or(self.tries.under(history, workspace).await?);
        let turn = if let Some(turn) = under.only() {
            turn
        } else {
            // Broken off. What is under either seed may be about somebody: all rows go under one, then under the other.
            self.reseal(&held, &about, Turn::A).await?;
            Turn::A
        };
        // Nothing is under the other seed that is still wanted, but the disk may keep what once was.
        self.renew(workspace, turn.other()).await?;
        self.reseal(&held, &about, turn.other()).await?;
        self.renew(workspace, turn).await?;
        self.change(move |vault| vault.destroy(Owner::Chat(chat))).await?;
        self.attempts.drop_from_memory(workspace, |row| about.attempt(row));
        self.tries.drop_from_memory(workspace, |row| about.delivery(row));
        self.shard.tail().forget();
        Ok(())
    }

    /// Saves all rows but those about the chat under this seed.
    async fn reseal(
        &self,
        (attempts, tries): &(SavingLock<'_>, SavingLock<'_>),
        about: &About,
        turn: Turn,
    ) -> Result<(), ReadError> {
        let place = (about.chat.workspace(), turn);
        let [of_attempts, of_tries] = [about.clone(), about.clone()];
        let saved = self.attempts.reseal(attempts, &self.shard, place, move |row| of_attempts.attempt(row)).await?
            && self.tries.reseal(tries, &self.shard, place, move |row| of_tries.delivery(row)).await?;
        if saved { Ok(()) } else { Err(ReadError::Store(std::io::Error::other("the log is closed"))) }
    }

    /// Makes a seed anew, so that nothing opens any more that was sealed under it.
    async fn renew(&self, workspace: WorkspaceId, turn: Turn) -> Result<(), ReadError> {
        self.change(move |vault| vault.renew(Owner::Ring(workspace, turn))).await
    }

    /// Changes the vault. After a failed write nobody knows what is on the disk, as with the log: the next start reads it,
    /// and goes on with the erasure.
    async fn change(
        &self,
        change: impl FnOnce(&dyn Vault) -> Result<(), VaultError> + Send + 'static,
    ) -> Result<(), ReadError> {
        let (vault, failed) = (Arc::clone(&self.vault), Arc::clone(&self.vault_failed));
        let changed = move |_: &History| {
            let changed = change(vault.as_ref());
            changed
                .inspect_err(|error| {
                    if error.is_write() {
                        failed(error);
                    }
                })
                .map_err(unwritten)
        };
        self.shard.history().run(changed).await
    }
}

fn unwritten(error: VaultError) -> ReadError {
    ReadError::Store(std::io::Error::other(error))
}

/// Tells which rows are about a chat.
#[derive(Clone)]
struct About {
    chat: ChatId,
    traces: Arc<Traces>,
    history: History,
}

impl About {
    fn attempt(&self, row: &AttemptView) -> bool {
        let message = row.message_id.as_deref().and_then(|id| id.parse().ok());
        message.is_some_and(|message| self.is_of_chat(message)) || self.traces.are_in(row)
    }

    fn delivery(&self, row: &TryView) -> bool {
        let delivery: Option<DeliveryId> = row.delivery_id.parse().ok();
        delivery.is_some_and(|delivery| self.is_of_chat(delivery.first())) || self.traces.are_in(row)
    }

    /// True also if that cannot be read: rather one row less.
    fn is_of_chat(&self, message: MessageId) -> bool {
        match self.history.shut().first(message) {
            Ok(first) => first.is_some_and(|event| event.concerns(StreamId::Chat(self.chat))),
            Err(_) => true,
        }
    }
}

/// Reads what the contact of a chat is known by; nothing if its key is destroyed already.
fn traces(history: &History, chat: ChatId) -> Result<Traces, ReadError> {
    let (mut traces, of, to) = (Traces::default(), Of::Stream(StreamId::Chat(chat)), history.head().position);
    traces.word(&chat.to_string());
    let mut left = FIRST_EVENTS;
    let mut gather = |_: Position, _: &events::record::Record, event: &Event| {
        tell(&mut traces, event);
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    history.walk(of, 1..=to, &mut gather)?;
    let mut left = LAST_EVENTS;
    history.walk_back(of, 1..=to, |_, _, event| {
        tell(&mut traces, event);
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(traces)
}

fn tell(traces: &mut Traces, event: &Event) {
    let words = match event {
        Event::ChatOpened(e) => {
            if let Some(phone) = e.phone.as_ref().and_then(|phone| phone.readable()) {
                traces.phone(phone);
            }
            vec![&e.peer, &e.to, &e.name]
        }
        Event::ChatRenamed(e) => vec![&e.previous, &e.name],
        Event::ChatAddressLearnt(e) => {
            if let Some(phone) = e.address.readable().filter(|_| e.kind.is_phone()) {
                traces.phone(phone);
            }
            vec![&e.address]
        }
        Event::MessageReceived(e) if !e.from_me => vec![&e.sender_name],
        _ => Vec::new(),
    };
    for word in words.into_iter().filter_map(|word| word.readable()) {
        traces.word(word);
    }
}
