//! A workspace, as somebody works in it by one request.

use actors::workspace::{Answer, Command, State, Workspace};
use events::ids::WorkspaceId;
use events::record::Cause;
use events::who::Who;

use super::refusal::Refusal;
use crate::gateway::Gateway;

/// A workspace, as somebody works in it by one request.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// Where the workspace is.
    pub gateway: &'a Gateway,
    /// Which one.
    pub workspace: WorkspaceId,
    /// Who works in it, as events tell it.
    pub by: Who,
    /// The id of the request, and of the command that it gives.
    pub command: u64,
}

impl Scope<'_> {
    /// The cause of what the request leads to.
    pub fn cause(&self) -> Cause {
        Cause::request(self.by, self.command, None)
    }

    /// Gives the workspace a command.
    pub async fn ask(&self, command: Command) -> Result<Answer, Refusal> {
        Ok(self.gateway.shard.execute::<Workspace>(self.workspace, command, self.cause()).await?)
    }

    /// Looks at the workspace; what was seen is durable.
    pub async fn look<V: Send + 'static>(
        &self,
        view: impl Fn(&State) -> V + Clone + Send + 'static,
    ) -> Result<V, Refusal> {
        Ok(self.gateway.shard.inspect::<Workspace, _>(self.workspace, view).await?.value)
    }
}
