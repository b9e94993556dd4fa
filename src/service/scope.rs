//! The context of one request that acts on a workspace.

use actors::workspace::{Answer, Command, State, Workspace};
use events::ids::WorkspaceId;
use events::record::Cause;
use events::who::Who;

use super::refusal::Refusal;
use crate::gateway::Gateway;

/// The context of one request that acts on a workspace.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The workspace's gateway.
    pub gateway: &'a Gateway,
    pub workspace: WorkspaceId,
    /// The caller, as recorded in events.
    pub by: Who,
    /// The id of the request, and of the command that it causes.
    pub command: u64,
}

impl Scope<'_> {
    /// Returns the cause to record with the events of this request.
    pub fn cause(&self) -> Cause {
        Cause::request(self.by, self.command, None)
    }

    /// Sends the workspace a command.
    pub async fn ask(&self, command: Command) -> Result<Answer, Refusal> {
        Ok(self.gateway.shard.execute::<Workspace>(self.workspace, command, self.cause()).await?)
    }

    /// Reads the workspace's state; what is returned is durable.
    pub async fn look<V: Send + 'static>(
        &self,
        view: impl Fn(&State) -> V + Clone + Send + 'static,
    ) -> Result<V, Refusal> {
        Ok(self.gateway.shard.inspect::<Workspace, _>(self.workspace, view).await?.value)
    }
}
