//! A message's whole life on one page, in plain words: how it came, what it cost, why it waited, each try to send it, and
//! how it was reported to the CRM.

mod reporting;
mod step;
mod waiting;
mod words;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use events::event::Event;
use events::history::{History, Of};
use events::ids::{AccountId, ChatId, MessageId, StreamId, WorkspaceId};
use events::index::{AccountEntry, ChatEntry, ErasedEntry, IndexKey};
use events::log::ReadError;
use events::personal::Personal;
use events::record::{Position, Record};
use events::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub use reporting::TracedReport;
pub use step::{Step, StepKind};

use super::messages::{self, Folded, MessageView};
use super::refusal::Refusal;
use super::schema::Moment;
use super::{message_story, recent};
use crate::gateway::Gateway;
use crate::outbound::{Try, TryView};
use crate::recent::attempts::{Attempt, AttemptView};
use crate::recent::saved;

/// A message's whole life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TraceView {
    /// The message as it is now.
    #[schema(value_type = MessageView)]
    message: Value,
    workspace_id: u64,
    account_id: u64,
    /// Title of the chat, and the number of its person where it is known.
    chat_name: String,
    chat_phone: Option<String>,
    /// Since when the chat is erased: no texts are shown.
    #[schema(value_type = Option<Moment>)]
    erased_at: Option<String>,
    /// The report to the CRM that contains the message, once there is one.
    report: Option<TracedReport>,
    /// What happened, the oldest first.
    steps: Vec<Step>,
    /// What could not be shown, and why.
    notes: Vec<String>,
}

/// The requests and answers that are still kept beside the log.
#[derive(Debug, Default)]
pub struct KeptRequests {
    pub attempts: Vec<AttemptView>,
    pub tries: Vec<TryView>,
}

impl KeptRequests {
    /// Reads what a log that no gateway uses holds of them.
    pub fn saved(history: &History, workspace: WorkspaceId) -> Result<Self, ReadError> {
        let attempts = saved::<Attempt>(history, workspace)?.into_iter().map(|(_, view)| view).collect();
        let tries = saved::<Try>(history, workspace)?.into_iter().map(|(_, view)| view).collect();
        Ok(Self { attempts, tries })
    }

    fn live(gateway: &Gateway, workspace: WorkspaceId) -> Result<Self, ReadError> {
        let history = gateway.shard.history();
        let attempts = recent::kept::<Attempt>(gateway, history, workspace)?;
        Ok(Self { attempts, tries: recent::kept::<Try>(gateway, history, workspace)? })
    }
}

/// Traces a message of any workspace.
pub async fn show(gateway: &Gateway, id: &str) -> Result<TraceView, Refusal> {
    let not_found = || Refusal::new("message_not_found", "Message not found");
    let message: MessageId = id.parse().map_err(|_| not_found())?;
    let to = gateway.shard.watermark().settled().await;
    let traced = gateway.read(move |gateway| {
        let kept = |workspace| KeptRequests::live(gateway, workspace);
        trace(gateway.shard.history(), message, to, kept)
    });
    traced.await?.ok_or_else(not_found)
}

/// Traces a message up to a position; `None` if no event is about it.
pub fn trace(
    history: &History,
    message: MessageId,
    to: Position,
    kept: impl FnOnce(WorkspaceId) -> Result<KeptRequests, ReadError>,
) -> Result<Option<TraceView>, ReadError> {
    let Some(folded) = messages::fold(&history.shut(), message, to)? else { return Ok(None) };
    let (workspace, account, chat) = (folded.workspace, folded.account, folded.chat);
    let erased: Option<ErasedEntry> = history.index().find_durable(&IndexKey::Erased(chat), to)?;
    // Of an erased chat no text is opened, even if its key is not destroyed yet.
    let opened = if erased.is_some() { history.shut() } else { history.clone() };
    let phones = phones(history, account)?;
    let shown = messages::fold(&opened, message, to)?.map(|folded| folded.view(&phones));
    let chat_entry = if erased.is_some() { None } else { history.index().find::<ChatEntry>(&IndexKey::Chat(chat))? };
    let title: Option<Personal> = if erased.is_some() { None } else { history.index().find(&IndexKey::Title(chat))? };
    let mut life = Life::of(&opened, message, to)?;
    life.finish(&opened, (account, chat), &kept(workspace)?, to)?;
    life.notes.extend(life.unreported(&folded));
    let phone = chat_entry.as_ref().and_then(|entry| entry.phone.as_ref());
    Ok(Some(TraceView {
        message: serde_json::to_value(shown).unwrap_or_default(),
        workspace_id: workspace.number(),
        account_id: account.number(),
        chat_name: title
            .or(chat_entry.as_ref().map(|entry| entry.name.clone()))
            .map_or_else(|| Personal::ERASED.to_owned(), |name| name.reveal().to_owned()),
        chat_phone: phone.and_then(Personal::readable).filter(|phone| !phone.is_empty()).map(str::to_owned),
        erased_at: erased.map(|entry| entry.at.to_string()),
        report: life.report,
        steps: life.steps,
        notes: life.notes,
    }))
}

fn phones(history: &History, account: AccountId) -> Result<messages::Phones, ReadError> {
    let entry = history.index().find::<AccountEntry>(&IndexKey::Account(account))?;
    Ok(entry.into_iter().map(|entry| (account, entry.phone.reveal().to_owned())).collect())
}

/// A message's steps while they are gathered.
struct Life {
    message: MessageId,
    by_position: BTreeMap<Position, Step>,
    queued: Option<(Position, Timestamp)>,
    started: Option<(Position, Timestamp)>,
    /// Where it was sent or failed.
    ended: Option<Position>,
    tries: reporting::Reporting,
    /// Whether it must be reported to the CRM.
    is_owed: bool,
    report: Option<TracedReport>,
    steps: Vec<Step>,
    notes: Vec<String>,
}

impl Life {
    fn of(history: &History, message: MessageId, to: Position) -> Result<Self, ReadError> {
        let mut life = Self {
            message,
            by_position: BTreeMap::new(),
            queued: None,
            started: None,
            ended: None,
            tries: reporting::Reporting::default(),
            is_owed: false,
            report: None,
            steps: Vec::new(),
            notes: Vec::new(),
        };
        let owed = message_story::walk(history, message, to, |position, record, event| {
            life.take(position, record, event);
            let is_full = life.by_position.len() >= message_story::EVENTS_MAX;
            if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        life.is_owed = owed.is_some();
        if let Some(owed) = owed {
            let window = life.tries.flushed.as_ref().map(|flushed| flushed.window);
            if let Some(position) = message_story::opened(history, owed, window, to)? {
                life.take_at(history, position)?;
            }
        }
        Ok(life)
    }

    fn take(&mut self, position: Position, record: &Record, event: &Event) {
        match event {
            Event::MessageQueued(_) => self.queued = Some((position, record.recorded_at)),
            Event::SendStarted(_) => self.started = self.started.or(Some((position, record.recorded_at))),
            Event::MessageSent(_) | Event::MessageFailed(_) | Event::SendUncertain(_) => {
                self.ended = self.ended.or(Some(position));
            }
            _ => self.tries.take(position, record.recorded_at, event, self.message),
        }
        if !self.by_position.contains_key(&position) {
            // A bundle is named after its first message; the others' events are in the same place.
            if let Some((kind, text)) = words::of(event, self.message) {
                self.by_position.insert(position, Step::of(position, record, kind, text));
            }
        }
    }

    fn take_at(&mut self, history: &History, position: Position) -> Result<(), ReadError> {
        history.walk(Of::All, position..=position, |position, record, event| {
            self.take(position, record, event);
            ControlFlow::Continue(())
        })
    }

    /// Adds what happened around the message, and puts everything in order.
    fn finish(
        &mut self,
        history: &History,
        (account, chat): (AccountId, ChatId),
        kept: &KeptRequests,
        to: Position,
    ) -> Result<(), ReadError> {
        let mut paced = None;
        if let Some(queued) = self.queued {
            let until = self.started.map(|(position, _)| position).or(self.ended).unwrap_or(to);
            let waited = waiting::of(history, account, self.message, (queued, until))?;
            paced = self.started.and_then(|started| waited.paced(queued.1, started.1));
            self.by_position.extend(waited.account_steps);
            self.notes.extend(waited.note);
        }
        self.by_position.extend(self.tries.around(history, to)?);
        self.by_position.extend(erasure(history, chat, to)?);
        self.report = self.tries.report(self.message);
        let first_start = self.started.map(|(position, _)| position);
        for (position, step) in std::mem::take(&mut self.by_position) {
            if Some(position) == first_start {
                self.steps.extend(paced.take());
            }
            self.steps.push(step);
        }
        let missing = self.tries.add_kept(&mut self.steps, &kept.tries);
        self.notes.extend(missing);
        self.add_attempt(&kept.attempts);
        Ok(())
    }

    /// Says why nothing is reported to the CRM; `None` if something is.
    fn unreported(&self, message: &Folded) -> Option<String> {
        if self.is_owed {
            return None;
        }
        let why = match (message.has_failed(), message.sent_at.is_some()) {
            (true, _) => "it failed, and only what was sent or received is reported",
            (false, false) => "it has not been sent yet",
            (false, true) if message.has_file() => "no URL for reports was set then, or they leave out files",
            (false, true) => "no URL for reports was set then",
        };
        Some(format!("Nothing of it is reported to the CRM: {why}."))
    }

    fn add_attempt(&mut self, attempts: &[AttemptView]) {
        let id = self.message.to_string();
        let of_it = || attempts.iter().filter(|attempt| attempt.message_id.as_deref() == Some(&*id));
        // A repeated request gets the first answer again: the first one brought it.
        match of_it().min_by(|one, other| one.at.cmp(&other.at)) {
            Some(attempt) => {
                // It is noted once it is answered, but came no later than what it caused.
                // A report that it joined may have begun long before.
                let place = self.steps.iter().position(Step::came_by_webhook).unwrap_or(0);
                let at = self.steps.get(place).map_or(&attempt.at, |first| (&attempt.at).min(&first.at)).clone();
                self.steps.insert(place, Step { at, ..Step::attempt(attempt) });
                if let Some(again) = of_it().count().checked_sub(1).filter(|again| *again > 0) {
                    let times = if again == 1 { "once more".to_owned() } else { format!("{again} times more") };
                    self.notes.push(format!(
                        "The same request came {times} and got the same answer; nothing was done for it."
                    ));
                }
            }
            None if self.steps.iter().any(Step::came_by_webhook) => self.notes.push(
                "The request that brought it is not kept any more: of a workspace the last 100 are, and none of an erased \
                 chat."
                    .to_owned(),
            ),
            None => {}
        }
    }
}

/// Finds the erasure of a chat.
fn erasure(history: &History, chat: ChatId, to: Position) -> Result<Option<(Position, Step)>, ReadError> {
    if history.index().find_durable::<ErasedEntry>(&IndexKey::Erased(chat), to)?.is_none() {
        return Ok(None);
    }
    let mut found = None;
    // The reason belongs to the workspace and can be read on.
    history.walk_back(Of::Stream(StreamId::Chat(chat)), 1..=to, |position, record, event| {
        if let Event::ChatErased(e) = event {
            let text = format!("{} had the chat erased: no text of it can be read any more", words::who(e.by));
            found = Some((position, Step::of(position, record, StepKind::ChatErased, text)));
        }
        if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(found)
}
