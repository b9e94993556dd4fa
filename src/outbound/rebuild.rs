//! Rebuilds a delivery from the log: the bundle as it was made, and its messages as they were then.

use std::ops::ControlFlow;

use events::event::Event;
use events::history::{History, Of};
use events::ids::{DeliveryId, MessageId};
use events::log::ReadError;
use events::personal::Personal;
use events::time::Timestamp;
use events::webhook::BundleFlushed;

use crate::files::{NAMELESS, base_name};

use super::bundle::{AccountSide, Attachment, Bundle, ChatSide, Direction, Said};

/// The bundle of a delivery, the same at every try, and the event that made it; `None` if there is no such delivery.
pub fn rebuild(history: &History, delivery: DeliveryId) -> Result<Option<(BundleFlushed, Bundle)>, ReadError> {
    let Some(flushed) = flushed(history, delivery)? else { return Ok(None) };
    let mut messages = Vec::with_capacity(flushed.messages.len());
    for message in &flushed.messages {
        messages.extend(said(history, *message)?);
    }
    let bundle = bundle(&flushed, messages);
    Ok(Some((flushed, bundle)))
}

fn flushed(history: &History, delivery: DeliveryId) -> Result<Option<BundleFlushed>, ReadError> {
    let mut found = None;
    each(history, delivery.first(), |event| {
        if let Event::BundleFlushed(e) = event {
            found = Some(e.clone());
        }
        found.is_none()
    })?;
    Ok(found)
}

/// Passes a message's events to `wants_more`, from the first one on, until it returns false. Reads only what is on
/// disk: any event that is not, such as a receipt, was sequenced after the delivery and adds nothing to it.
fn each(history: &History, message: MessageId, mut wants_more: impl FnMut(&Event) -> bool) -> Result<(), ReadError> {
    // Everything that a delivery needs is already in the log.
    history.walk(Of::Message(message), 1..=history.head().position, |_, _, event| {
        if wants_more(event) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
}

fn bundle(flushed: &BundleFlushed, messages: Vec<Said>) -> Bundle {
    let account = &flushed.account;
    Bundle {
        aggregated: flushed.aggregated,
        account: AccountSide {
            full_name: account.full_name.clone(),
            email: account.email.clone(),
            phone: account.phone.clone(),
        },
        chat: ChatSide {
            id: flushed.chat,
            full_name: flushed.chat_name.clone(),
            phone: flushed.chat_phone.clone().unwrap_or_default(),
            is_group: flushed.is_group,
            is_new_chat: flushed.is_new_chat,
            responsible: flushed.responsible.clone(),
        },
        messages,
    }
}

/// A message as it is reported, from its events up to the one that made its report due (`owed`).
fn said(history: &History, message: MessageId) -> Result<Option<Said>, ReadError> {
    let mut said = None;
    each(history, message, |event| tell(&mut said, event))?;
    Ok(said)
}

/// Applies an event; returns true if later events may still matter.
fn tell(said: &mut Option<Said>, event: &Event) -> bool {
    let mut owed_at = |at: Timestamp| {
        if let Some(said) = said {
            said.at = at;
        }
        false
    };
    match event {
        Event::MessageSent(e) if e.owed.is_some() => owed_at(e.at),
        Event::MessageSettled(e) if e.owed.is_some() => owed_at(e.at),
        Event::MessageDelivered(e) if e.owed.is_some() => owed_at(e.at),
        Event::MessageRead(e) if e.owed.is_some() => owed_at(e.at),
        Event::MessageQueued(e) => {
            let file = e.file.as_ref();
            let file = file.map(|file| attachment(&file.name, 0, String::new(), Some(file.url.clone())));
            *said = Some(line(e.message, Direction::Sent, e.at, &e.text, file));
            true
        }
        Event::FileFetched(e) => {
            if let Some(file) = said.as_mut().and_then(|said| said.file.as_mut()) {
                (file.size, file.mime) = (e.size, e.mime.clone());
            }
            true
        }
        Event::MessageReceived(e) => {
            let direction = if e.from_me { Direction::Sent } else { Direction::Received };
            let file = e.file.as_ref().map(|file| attachment(&base(&file.name), file.size, file.mime.clone(), None));
            *said = Some(line(e.message, direction, e.at, &e.text, file));
            false
        }
        _ => true,
    }
}

fn line(id: MessageId, direction: Direction, at: Timestamp, text: &Personal, file: Option<Attachment>) -> Said {
    Said { id, direction, at, sent_by: None, text: text.clone(), file }
}

/// The base name of a received file; older events hold the name as it came.
fn base(name: &Personal) -> Personal {
    base_name(name.reveal()).unwrap_or_else(|| NAMELESS.to_owned()).into()
}

fn attachment(name: &Personal, size: u64, mime: String, url: Option<Personal>) -> Attachment {
    Attachment { name: name.clone(), size, mime, url }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use events::chat::{MessageKind, MessageRead, MessageReceived};
    use events::history::ReadMode;
    use events::ids::{AccountId, ChatId, StreamId, WebhookId, WorkspaceId};
    use events::index::Index;
    use events::log::Log;
    use events::record::Cause;
    use events::sequencer::{Inbox, NewCommit, Sequencer};
    use events::store::memory_log::MemoryLog;
    use events::vault::MemoryVault;
    use events::watermark::Watermark;
    use events::webhook::BundleAccount;
    use events::who::Who;
    use events::writer::{Work, Writer};
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    const HEARD: MessageId = MessageId::from_bits(7);

    /// Sequences commits, and writes them when the test says so.
    struct Desk {
        log: Arc<MemoryLog>,
        index: Arc<Index>,
        sequencer: Sequencer,
        writer: Writer,
        work: UnboundedReceiver<Work>,
        revision: u64,
    }

    impl Desk {
        fn empty() -> Self {
            let log = Arc::new(MemoryLog::default());
            let vault = Arc::new(MemoryVault::endless());
            let index = Arc::new(Index::open(Arc::clone(&log) as Arc<dyn Log>, vault).unwrap());
            let (watermark, (sender, work)) = (Watermark::at(0), unbounded_channel());
            let mut sequencer = Sequencer::new(Arc::clone(&index), watermark.clone(), sender);
            sequencer.register(StreamId::Chat(chat()), Inbox::default());
            sequencer.replayed(StreamId::Chat(chat()), 0);
            let writer = Writer::new(Arc::clone(&log) as Arc<dyn Log>, Arc::clone(&index), watermark);
            Self { log, index, sequencer, writer, work, revision: 0 }
        }

        fn history(&self) -> History {
            History::new(Arc::clone(&self.log) as Arc<dyn Log>, Arc::clone(&self.index), ReadMode::Inline)
        }

        fn sequence(&mut self, event: impl Into<Event>) {
            let (recorded_at, cause, events) =
                (Timestamp::from_ms(1_000), Cause::outside(Who::System), vec![event.into()]);
            let commit = NewCommit { workspace: workspace(), recorded_at, cause, events };
            self.sequencer.append(StreamId::Chat(chat()), self.revision, commit).unwrap();
            self.revision += 1;
        }

        fn write(&mut self) {
            let first = self.work.try_recv().ok();
            let prepared = self.writer.prepare(first, &mut self.work).unwrap();
            self.writer.write(&prepared).unwrap();
        }
    }

    fn workspace() -> WorkspaceId {
        WorkspaceId::nth(0)
    }

    fn chat() -> ChatId {
        ChatId::nth(workspace(), 1).unwrap()
    }

    fn heard() -> MessageReceived {
        MessageReceived {
            message: HEARD,
            workspace: workspace(),
            account: AccountId::nth(workspace(), 1).unwrap(),
            chat: chat(),
            from_me: false,
            kind: MessageKind::Text,
            sender: "+12025550101".into(),
            address: None,
            sender_name: "Mary Major".into(),
            text: "hello".into(),
            particulars: None,
            file: None,
            report_bytes: 5,
            wire_id: None,
            reply_to: None,
            at: Timestamp::from_ms(1_000),
            owed: Some(WebhookId::of(workspace())),
        }
    }

    fn flushed() -> BundleFlushed {
        let account =
            BundleAccount { full_name: "Acme".into(), email: "a@acme.example".into(), phone: "+12025550100".into() };
        BundleFlushed {
            workspace: workspace(),
            webhook: WebhookId::of(workspace()),
            chat: chat(),
            window: 1,
            messages: vec![HEARD],
            aggregated: false,
            account,
            chat_name: "Mary Major".into(),
            chat_phone: None,
            is_group: false,
            is_new_chat: true,
            responsible: None,
            at: Timestamp::from_ms(1_000),
        }
    }

    #[test]
    fn a_receipt_that_is_not_written_yet_does_not_hinder_a_delivery() {
        let mut desk = Desk::empty();
        desk.sequence(heard());
        desk.sequence(flushed());
        desk.write();
        desk.sequence(MessageRead { message: HEARD, chat: chat(), at: Timestamp::from_ms(1_000), owed: None });

        let (_, bundle) = rebuild(&desk.history(), DeliveryId::of(HEARD)).unwrap().unwrap();

        assert_eq!(bundle.messages.iter().map(|said| said.text.reveal()).collect::<Vec<_>>(), ["hello"]);
    }
}
