//! The last e-mails of each workspace, stored beside the log's records.

use events::history::History;
use events::ids::WorkspaceId;
use events::log::{Note, ReadError};
use events::notes::Space;
use events::vault::Vault;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Fault, Mail};
use crate::recent::slots::{self, Seed, Slot, Store, Stored, Unsaved};

/// Number of e-mails kept for each workspace.
pub const KEPT: usize = 100;

/// An e-mail as the API shows it and as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailView {
    /// What stands before the `@` of its Message-ID.
    pub id: String,
    /// When what it tells of happened: RFC 3339, UTC.
    pub at: String,
    /// The recipient's address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// For those who read no HTML.
    pub text: String,
    /// The same as a page.
    pub html: String,
    /// What became of it.
    pub state: MailState,
    /// Since when it is in that state, or when it was last tried: RFC 3339, UTC.
    pub state_at: String,
    /// Why it could not be handed over the last time.
    pub error: Option<String>,
}

/// What became of an e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// It is here and nowhere else.
    Kept,
    /// The mail server has taken it.
    HandedOver,
    /// The mail server did not take it.
    Failing,
}

impl MailView {
    pub(super) fn new(mail: &Mail, state: MailState, state_at: String, error: Option<String>) -> Self {
        Self {
            id: mail.id.clone(),
            at: mail.at.to_string(),
            to: mail.to.address.clone(),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            html: mail.html.clone(),
            state,
            state_at,
            error,
        }
    }
}

/// Reads all e-mails of a workspace, by slot.
pub(super) fn read(history: &History, workspace: WorkspaceId) -> Result<Vec<Stored<MailView>>, ReadError> {
    slots::read(Store::of(history), (Space::Mails, workspace))
}

/// Returns the notes that store an e-mail: in its own slot if it has one, else in a free one, else in the oldest one's.
pub(super) fn notes(
    vault: &dyn Vault,
    workspace: WorkspaceId,
    kept: &[Stored<MailView>],
    view: &MailView,
) -> Result<Vec<Note>, Fault> {
    let (slot, held) = place(kept, &view.id);
    let seed = (vault, Seed::Workspace);
    match slots::notes(seed, (Space::Mails, workspace), (slot, held.number), view, held.parts) {
        Ok((notes, _)) => Ok(notes),
        Err(Unsaved::TooLong) => Err(Fault::Unfit),
        Err(error) => {
            tracing::warn!(workspace_id = %workspace, %error, "an e-mail cannot be sealed");
            Err(Fault::NotKept)
        }
    }
}

/// Chooses the slot for an e-mail; returns it with the e-mail's number and the number of parts stored there now.
fn place(kept: &[Stored<MailView>], id: &str) -> (u8, Slot) {
    let is_this = |stored: &&Stored<MailView>| stored.value.as_ref().is_some_and(|view| view.id == id);
    if let Some(Stored { slot, held, .. }) = kept.iter().find(is_this) {
        return (*slot, *held);
    }
    let number = kept.iter().map(|stored| stored.held.number).max().map_or(1, |newest| newest.saturating_add(1));
    let mut slots = (0..=u8::MAX).take(KEPT);
    let free = slots.find(|slot| kept.iter().all(|stored| stored.slot != *slot));
    let oldest = kept.iter().min_by_key(|stored| stored.held.number).map(|stored| (stored.slot, stored.held.parts));
    let (slot, parts) = free.map(|slot| (slot, 0)).or(oldest).unwrap_or_default();
    (slot, Slot { number, parts })
}
