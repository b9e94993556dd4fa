//! Waits for seeds: a command that opens a chat or a workspace is refused while none are left, and asked again as soon as
//! more are made.

use std::fmt::Debug;
use std::time::Duration;

use actors::runtime::shard::{CommandError, ShardHandle};
use actors::workspace::Rejection;

/// The longest that a request waits for seeds.
const WAIT: Duration = Duration::from_secs(2);

/// Executes a command again, for as long as a request may wait, while there is no room for what it opens.
pub(super) async fn patiently<A: Debug>(
    shard: &ShardHandle,
    execute: impl AsyncFn() -> Result<A, CommandError<Rejection>>,
) -> Result<A, CommandError<Rejection>> {
    let patience = async {
        loop {
            // Seen from now on, so that what is made meanwhile is not missed.
            let more = shard.room().more();
            match execute().await {
                Err(CommandError::Rejected(Rejection::NoRoom)) => more.await,
                answer => return answer,
            }
        }
    };
    tokio::time::timeout(WAIT, patience).await.unwrap_or_else(|_| {
        shard.room().give_up();
        Err(CommandError::Rejected(Rejection::NoRoom))
    })
}
