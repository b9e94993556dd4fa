//! Waits for seeds: a command that opens a chat or a workspace is refused while none are left, and given again as soon
//! as more are made.

use std::time::Duration;

use actors::runtime::shard::{CommandError, ShardHandle};
use actors::workspace::{Again, Answer, Command, Rejection, Workspace};
use events::ids::WorkspaceId;
use events::record::Cause;
use futures_util::TryFutureExt;
use futures_util::future::{Either, ready};
use tokio::time::{Instant, timeout_at};

/// The longest that a request waits for seeds.
const WAIT: Duration = Duration::from_secs(2);

/// Executes a command, and again for as long as a request may wait, while there is no room for what it opens.
pub(super) fn patiently(
    shard: &ShardHandle,
    workspace: WorkspaceId,
    command: Command,
    cause: Cause,
) -> impl Future<Output = Result<Answer, CommandError<Rejection>>> + use<'_> {
    let first = shard.execute::<Workspace>(workspace, command, cause.clone());
    first.or_else(move |error| match error {
        CommandError::Rejected(Rejection::NoRoom(again)) => {
            Either::Left(Box::pin(once_there_is_room(shard, workspace, again, cause)))
        }
        error => Either::Right(ready(Err(error))),
    })
}

async fn once_there_is_room(
    shard: &ShardHandle,
    workspace: WorkspaceId,
    mut again: Again<Command>,
    cause: Cause,
) -> Result<Answer, CommandError<Rejection>> {
    let until = Instant::now() + WAIT;
    loop {
        // Seen from now on. What was made before is found by the command, which therefore does not wait first.
        let more = shard.room().more();
        match shard.execute::<Workspace>(workspace, *again.0, cause.clone()).await {
            Err(CommandError::Rejected(Rejection::NoRoom(refused))) => again = refused,
            answer => return answer,
        }
        if timeout_at(until, more).await.is_err() {
            shard.room().give_up();
            return Err(CommandError::Rejected(Rejection::NoRoom(again)));
        }
    }
}
