//! Exports, checkpoints and proofs, for auditors and for a workspace's own messages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use events::history::History;
use events::ids::Position;
use events::index::Series;
use events::log::ReadError;
use events::personal::Digest;
use events::proof::prover::Prover;
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::ToSchema;

use super::as_of::AsOf;
use super::messages;
use super::refusal::Refusal;
use super::scope::Scope;
use crate::audit::export::{Exporter, Selected, Selection};
use crate::audit::proofs::{Ended, Proofs, Signed};
use crate::gateway::Gateway;

/// The most exports at once: each holds up to a quarter of a MiB and reads the log.
const EXPORTS_MAX: usize = 8;
static TURNS: Semaphore = Semaphore::const_new(EXPORTS_MAX);
/// The most lines of one message's proof: tries are bounded, deferrals are not.
const LINES_MAX: usize = 10_000;

impl From<Ended> for Refusal {
    fn from(error: Ended) -> Self {
        Self::fault(&error)
    }
}

/// The events to export.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The first position, or the first event at a time or later.
    pub from: Option<AsOf>,
    /// The last position, or the last event up to a time.
    pub to: Option<AsOf>,
    pub of: Selected,
    /// True if each line is followed by its proof, and all of them by the checkpoint that the proofs lead to.
    pub with_proofs: bool,
}

impl Wanted {
    /// Resolves times; `head` is the last position that may be exported.
    pub fn selection(&self, history: &History, head: Position) -> Result<Selection, ReadError> {
        let from = self.from.map_or(Ok(1), |from| from.first(history, head))?;
        let to = self.to.map_or(Ok(head), |to| to.position(history, head))?;
        Ok(Selection { from, to, of: self.of })
    }
}

/// Prepares an export of what is durable now, and takes a turn for it.
pub async fn export(gateway: &Gateway, wanted: Wanted) -> Result<(Exporter, SemaphorePermit<'static>), Refusal> {
    let turn = TURNS.try_acquire();
    let turn = turn.map_err(|_| Refusal::unavailable(format!("{EXPORTS_MAX} exports are under way already")))?;
    let head = gateway.shard.watermark().settled().await;
    let signed = gateway.proofs.checkpoint(head).await?;
    let selection = gateway.shard.history().run(move |history| wanted.selection(history, head)).await?;
    let signed = Some(signed).filter(|_| wanted.with_proofs);
    Ok((Exporter::new(gateway.proofs.log_id(), selection, signed), turn))
}

/// Returns the pieces of an export as they are read; the turn ends with them.
pub fn pieces(
    gateway: &Gateway,
    (exporter, turn): (Exporter, SemaphorePermit<'static>),
) -> impl Stream<Item = Result<Bytes, ReadError>> + use<> {
    let begun = (exporter, turn, gateway.shard.history().clone());
    stream::try_unfold(begun, |(mut exporter, turn, history)| async move {
        let read = history.run(move |history| exporter.piece(history).map(|piece| (exporter, piece))).await?;
        let (exporter, piece) = read;
        Ok(piece.map(|piece| (Bytes::from(piece), (exporter, turn, history))))
    })
}

/// The proof that a line is in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProofRow {
    /// The line's place in the tree, from 0: its position less 1.
    pub(crate) leaf: u64,
    /// Number of leaves of the tree.
    pub(crate) size: u64,
    /// Hashes from the leaf upwards, in base64.
    pub(crate) path: Vec<String>,
}

/// The lines of a message with their proofs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageProof {
    pub(crate) message_id: String,
    /// The lines as an export has them.
    pub(crate) lines: Vec<String>,
    /// One for each line.
    pub(crate) proofs: Vec<ProofRow>,
    /// The signed note that names the tree's root.
    pub(crate) checkpoint: String,
    /// The key that verifies the note: `name+id+base64`.
    pub(crate) key: String,
}

/// Proves what happened to a message of the workspace.
pub async fn message(scope: Scope<'_>, id: &str) -> Result<MessageProof, Refusal> {
    let message = messages::find(scope, id).await?.id;
    let Scope { gateway, .. } = scope;
    let to = gateway.shard.watermark().settled().await;
    let Signed { size, note } = gateway.proofs.checkpoint(to).await?;
    let id = gateway.proofs.log_id();
    let read = gateway.shard.history().run(move |history| {
        let positions = history.index().positions(Series::Message(message), 1, to, LINES_MAX)?;
        let to = positions.last().copied().unwrap_or_default();
        let selection = Selection { from: 1, to, of: Selected::Message(message) };
        let (mut exporter, mut text) = (Exporter::new(id, selection, None), String::new());
        while let Some(piece) = exporter.piece(history)? {
            text.push_str(&piece);
        }
        let mut prover = Prover::new(history.log(), id)?;
        let proofs = positions.iter().map(|position| proof(&mut prover, *position, size));
        Ok((text.lines().map(str::to_owned).collect(), proofs.collect::<Result<_, ReadError>>()?))
    });
    let (lines, proofs) = read.await?;
    let key = gateway.proofs.key().to_string();
    Ok(MessageProof { message_id: message.to_string(), lines, proofs, checkpoint: note.to_string(), key })
}

fn proof(prover: &mut Prover<'_>, position: Position, size: Position) -> Result<ProofRow, ReadError> {
    let path = prover.inclusion(position, size)?;
    Ok(ProofRow { leaf: position.saturating_sub(1), size, path: path.iter().map(base64).collect() })
}

fn base64(hash: &Digest) -> String {
    STANDARD.encode(hash.0)
}

/// The proof that one tree is the beginning of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsistencyProof {
    /// Number of leaves of the smaller tree.
    from: u64,
    /// Number of leaves of the larger tree.
    to: u64,
    /// Hashes as in RFC 6962, section 2.1.2, in base64.
    path: Vec<String>,
}

/// Proves that the first `from` events are the beginning of the first `to`, by default all.
pub async fn consistency(
    gateway: &Gateway,
    from: Option<Position>,
    to: Option<Position>,
) -> Result<ConsistencyProof, Refusal> {
    let head = gateway.shard.watermark().settled().await;
    let from = from.ok_or_else(|| Refusal::invalid("from", "from must be the size of the older checkpoint"))?;
    let to = to.unwrap_or(head);
    if to > head {
        return Err(Refusal::invalid("to", format!("to must be at most {head}, the number of events")));
    }
    if from > to {
        return Err(Refusal::invalid("from", "from must not be larger than to"));
    }
    gateway.proofs.checkpoint(to).await?;
    let id = gateway.proofs.log_id();
    let read = gateway.shard.history().run(move |history| Prover::new(history.log(), id)?.consistency(from, to));
    Ok(ConsistencyProof { from, to, path: read.await?.iter().map(base64).collect() })
}

/// Returns the newest checkpoint.
pub async fn checkpoint(proofs: &Proofs) -> Result<Signed, Refusal> {
    Ok(proofs.newest().await?)
}
