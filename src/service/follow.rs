//! Follows what happens in a workspace, as long as the key that was shown is in force.

use std::sync::Arc;

use events::ids::WorkspaceId;
use events::log::ReadError;
use events::personal::Digest;
use events::record::Position;
use events::tail::Follower;

use super::events::EventRow;
use crate::gateway::Gateway;

/// What happens in a workspace, behind a position.
pub struct Following {
    gateway: Arc<Gateway>,
    workspace: WorkspaceId,
    key: Digest,
    follower: Follower,
}

impl Following {
    /// Begins behind a position that is durable.
    pub fn new(gateway: Arc<Gateway>, workspace: WorkspaceId, key: Digest, after: Position) -> Self {
        let follower = gateway.shard.tail().follow(Some(workspace), after);
        Self { gateway, workspace, key, follower }
    }

    /// All of the workspace's events up to here were told.
    pub fn position(&self) -> Position {
        self.follower.position()
    }

    /// Waits until there may be something to tell. Dropping it loses nothing.
    pub async fn ready(&mut self) {
        self.follower.ready().await;
    }

    /// The next events; `None` if the key opens nothing any more.
    pub async fn next(&mut self) -> Result<Option<Vec<EventRow>>, ReadError> {
        let piece = self.follower.next().await?;
        let (workspace, key) = (self.workspace, self.key);
        // Looked up behind what is told: who revokes a key and is told so knows that it opens nothing later.
        let valid = self.gateway.read(move |gateway| gateway.api_key(key)).await?;
        Ok(valid.filter(|found| found.workspace == workspace).map(|_| {
            let rows = piece.events().map(|(position, record, event)| EventRow::of(position, record, event));
            rows.map(EventRow::for_workspace).collect()
        }))
    }

    /// Passes over what concerns other workspaces only.
    pub fn pass(&mut self) {
        self.follower.pass();
    }
}
