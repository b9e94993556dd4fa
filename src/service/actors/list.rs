//! Lists the actors: awake ones as they are, sleeping ones as the index knows them.

use std::ops::Bound;

use ::actors::runtime::shell::Gauge;
use events::ids::{Position, Revision, StreamId, StreamKind};
use events::index::StreamRange;
use events::log::ReadError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::gateway::Gateway;
use crate::service::page::Paged;
use crate::service::refusal::Refusal;
use crate::service::schema::Moment;

/// Streams read at once while those that sleep are searched.
const AT_ONCE: usize = 500;

/// An actor, and what waits in it. Nothing waits in one that is asleep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActorRow {
    /// Its stream, such as `account/10010001`.
    stream: String,
    /// `workspace`, `account`, `chat` or `webhook`.
    kind: String,
    workspace: u64,
    /// Number of its events.
    #[schema(value_type = u64)]
    revision: Revision,
    /// True if its state is in memory, or is being read into it.
    pub(super) awake: bool,
    /// Messages or reports that wait in it.
    waiting: u64,
    /// Things to be done that are in progress or about to start.
    outstanding: usize,
    /// Those in progress, such as a try to send.
    in_flight: usize,
    /// Commits of others that it has not applied yet.
    inbox: usize,
    /// When its timer goes off next.
    #[schema(value_type = Option<Moment>)]
    next_due: Option<String>,
}

impl ActorRow {
    pub(super) fn of(stream: StreamId, revision: Revision, gauge: Option<Gauge>) -> Self {
        let Gauge { inbox, outstanding, in_flight, waiting, next_due } = gauge.unwrap_or_default();
        Self {
            stream: stream.to_string(),
            kind: stream.kind().name().to_owned(),
            workspace: stream.workspace().number(),
            revision,
            awake: gauge.is_some(),
            waiting,
            outstanding,
            in_flight,
            inbox,
            next_due: next_due.map(|at| at.to_string()),
        }
    }
}

/// The part of the list that a caller wants.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Only actors of this kind.
    pub kind: Option<StreamKind>,
    /// Only those that are awake, or only those that are asleep.
    pub awake: Option<bool>,
    /// Begin after this stream.
    pub after: Option<StreamId>,
    /// End before this stream.
    pub before: Option<StreamId>,
    /// The largest number of rows.
    pub limit: usize,
}

impl Wanted {
    fn range(&self) -> StreamRange {
        let of_all = (*StreamKind::Workspace.streams().start(), *StreamKind::Webhook.streams().end());
        let (first, last) = self.kind.map_or(of_all, |kind| kind.streams().into_inner());
        let start = self.after.filter(|after| *after >= first).map_or(Bound::Included(first), Bound::Excluded);
        let end = self.before.filter(|before| *before <= last).map_or(Bound::Included(last), Bound::Excluded);
        (start, end)
    }

    fn is_backwards(&self) -> bool {
        self.before.is_some() && self.after.is_none()
    }
}

/// Lists actors, ordered by kind and number. Only those that are awake are asked, all at once; none is woken.
pub async fn list(gateway: &Gateway, wanted: Wanted) -> Result<Paged<ActorRow>, Refusal> {
    let found = match wanted.awake {
        Some(true) => gateway.shard.awake_streams(wanted.range(), wanted.is_backwards(), wanted.limit + 1),
        _ => gateway.read(move |gateway| from_the_index(gateway, wanted)).await?,
    };
    let around = [wanted.after.is_some(), wanted.is_backwards()];
    let Paged { data: streams, page } = Paged::cut_by(found, wanted.limit, around, ToString::to_string);
    // Only now: everything that the index knew of them is durable after this.
    let head = gateway.shard.watermark().settled().await;
    let asked = streams.clone();
    let revisions = gateway.read(move |gateway| revisions(gateway, &asked, head)).await?;
    let gauges = gateway.shard.measure(streams.clone()).await;
    let rows = streams.into_iter().zip(revisions).zip(gauges).filter(|((_, revision), _)| *revision > 0);
    let data = rows.map(|((stream, revision), gauge)| ActorRow::of(stream, revision, gauge)).collect();
    Ok(Paged { data, page })
}

fn revisions(gateway: &Gateway, streams: &[StreamId], head: Position) -> Result<Vec<Revision>, ReadError> {
    streams.iter().map(|stream| gateway.shard.index().revision_at(*stream, head)).collect()
}

/// Returns the wanted streams that have events, one more than the limit if there are more, ascending.
fn from_the_index(gateway: &Gateway, wanted: Wanted) -> Result<Vec<StreamId>, ReadError> {
    let index = gateway.shard.index();
    let (mut range, most) = (wanted.range(), wanted.limit + 1);
    let is_backwards = wanted.is_backwards();
    let mut found = Vec::new();
    while found.len() < most {
        let at_once = if wanted.awake.is_none() { most - found.len() } else { AT_ONCE };
        let streams = if is_backwards { index.streams_back(range, at_once) } else { index.streams(range, at_once) }?;
        let Some(last) = streams.last() else { break };
        let rest = Bound::Excluded(*last);
        range = if is_backwards { (range.0, rest) } else { (rest, range.1) };
        let is_wanted = |stream: &StreamId| wanted.awake.is_none_or(|awake| gateway.shard.is_awake(*stream) == awake);
        found.extend(streams.into_iter().filter(is_wanted).take(most - found.len()));
    }
    if is_backwards {
        found.reverse();
    }
    Ok(found)
}
