//! Follows the events of a workspace, as long as the caller's key is valid.

use std::sync::Arc;

use events::ids::WorkspaceId;
use events::log::ReadError;
use events::personal::Digest;
use events::record::Position;
use events::tail::Follower;

use super::events::EventRow;
use crate::gateway::Gateway;

/// The events of a workspace after a position.
pub struct Following {
    gateway: Arc<Gateway>,
    workspace: WorkspaceId,
    key: Digest,
    follower: Follower,
}

impl Following {
    /// Begins after a position that is durable.
    pub fn new(gateway: Arc<Gateway>, workspace: WorkspaceId, key: Digest, after: Position) -> Self {
        let follower = gateway.shard.tail().follow(Some(workspace), after);
        Self { gateway, workspace, key, follower }
    }

    /// Returns the position up to which all of the workspace's events were returned.
    pub fn position(&self) -> Position {
        self.follower.position()
    }

    /// Waits until there may be new events. Cancelling it loses nothing.
    pub async fn ready(&mut self) {
        self.follower.ready().await;
    }

    /// Returns the next events; `None` if the key is revoked.
    pub async fn next(&mut self) -> Result<Option<Vec<EventRow>>, ReadError> {
        let piece = self.follower.next().await?;
        let (workspace, key) = (self.workspace, self.key);
        // Checked after the events were read: once a revocation is confirmed, the key gets no later event.
        let valid = self.gateway.read(move |gateway| gateway.api_key(key)).await?;
        Ok(valid.filter(|found| found.workspace == workspace).map(|_| {
            let events = piece.events();
            events.map(|(position, record, event)| EventRow::for_workspace(position, record, event)).collect()
        }))
    }

    /// Moves the position past events that concern other workspaces only.
    pub fn pass(&mut self) {
        self.follower.pass();
    }
}
