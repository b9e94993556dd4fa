//! The replay beside a running gateway: actors that are awake are compared as they are.

use actors::account::Account;
use actors::chat::Chat;
use actors::runtime::registry::Kind;
use actors::runtime::replay::replay;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::ids::StreamId;
use events::log::ReadError;
use events::record::Position;
use events::snapshot;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::compared::{Compared, json};
use super::{ReplayView, STREAMS_AT_ONCE, at_rest};
use crate::gateway::Gateway;
use crate::service::as_of::AsOf;
use crate::service::gone::{Caller, Presence};
use crate::service::refusal::Refusal;

/// A larger state is not written out by its actor: others would wait for that.
const LIVE_BYTES_MAX: u64 = 1 << 20;
const TOO_LARGE: &str = "it is awake and its state is above 1 MiB: compared with its snapshot only";

/// One replay at a time: it reads the whole log.
static TURN: Semaphore = Semaphore::const_new(1);

/// Folds every stream of the durable log up to a moment, or up to now, and compares it if that is wanted. Ends early if
/// its caller goes.
pub async fn run(gateway: &Gateway, to: Option<AsOf>, compare: bool) -> Result<ReplayView, Refusal> {
    let _turn = TURN.acquire().await.map_err(|closed| Refusal::fault(&closed))?;
    at_once(gateway, to, compare).await
}

/// Like [`run`], also while another replay goes on.
pub async fn at_once(gateway: &Gateway, to: Option<AsOf>, compare: bool) -> Result<ReplayView, Refusal> {
    let caller = Caller::default();
    let head = gateway.shard.watermark().settled().await;
    let history = gateway.shard.history();
    let moment = history.run(move |history| AsOf::moment(to, history, head)).await?;
    // States of the past are not those of actors that are awake.
    let replay = Live { gateway, to: moment, compare, is_now: to.is_none(), presence: caller.presence() };
    replay.all().await
}

struct Live<'a> {
    gateway: &'a Gateway,
    to: Position,
    compare: bool,
    is_now: bool,
    presence: Presence,
}

impl Live<'_> {
    async fn all(&self) -> Result<ReplayView, Refusal> {
        let mut view = ReplayView { to: self.to, ..ReplayView::default() };
        let mut after = None;
        loop {
            let listed =
                self.gateway.shard.history().run(move |history| history.index().streams_behind(after, STREAMS_AT_ONCE));
            let streams = listed.await?;
            after = streams.last().copied();
            let is_last = streams.len() < STREAMS_AT_ONCE;
            let (awake, asleep): (Vec<_>, Vec<_>) = streams.into_iter().partition(|stream| self.is_live(*stream));
            for (stream, compared) in self.asleep(asleep).await? {
                view.take(stream, compared);
            }
            for stream in awake {
                let compared = self.awake(stream).await?;
                view.take(stream, compared);
            }
            if is_last {
                return Ok(view);
            }
        }
    }

    fn is_live(&self, stream: StreamId) -> bool {
        self.compare && self.is_now && self.gateway.shard.is_awake(stream)
    }

    async fn asleep(&self, streams: Vec<StreamId>) -> Result<Vec<(StreamId, Result<Compared, ReadError>)>, Refusal> {
        let (to, compare, presence) = (self.to, self.compare, self.presence.clone());
        let all = self.gateway.shard.history().run(move |history| {
            let wanted = streams.into_iter().take_while(|_| presence.is_there());
            Ok(wanted.map(|stream| (stream, at_rest(history, stream, to, compare))).collect())
        });
        Ok(all.await?)
    }

    async fn awake(&self, stream: StreamId) -> Result<Result<Compared, ReadError>, Refusal> {
        let read = self.gateway.shard.history().run(move |history| {
            Ok(snapshot::head(history.log(), stream)?.is_some_and(|head| head.slots().bytes > LIVE_BYTES_MAX))
        });
        if read.await? {
            let to = self.to;
            let compared = self.gateway.shard.history().run(move |history| at_rest(history, stream, to, true));
            let skipped = |compared| Compared { skipped: Some(TOO_LARGE), ..compared };
            return Ok(compared.await.map(skipped));
        }
        match stream {
            StreamId::Workspace(id) => self.compared::<Workspace>(id).await,
            StreamId::Account(id) => self.compared::<Account>(id).await,
            StreamId::Chat(id) => self.compared::<Chat>(id).await,
            StreamId::Webhook(id) => self.compared::<Webhook>(id).await,
            StreamId::Log => Ok(Ok(Compared::default())),
        }
    }

    /// Compares an actor's state with what its records up to the same position make.
    async fn compared<D: Kind>(&self, id: D::Id) -> Result<Result<Compared, ReadError>, Refusal>
    where
        Refusal: From<D::Rejection>,
    {
        let written = |state: &D::State| serde_json::to_vec(state).unwrap_or_default();
        let seen = self.gateway.shard.inspect::<D, _>(id, written).await?;
        let (as_of, live) = (seen.as_of, seen.value);
        let compared = self.gateway.shard.history().run(move |history| {
            let folded = replay::<D>(id, history, as_of)?;
            let mut compared = Compared { applied: folded.revision, ..Compared::default() };
            let live: Value = serde_json::from_slice(&live).unwrap_or_default();
            compared.with_json(&json::<D>(&folded.state), &live, "that of the actor, which is awake");
            Ok(compared)
        });
        Ok(compared.await)
    }
}
