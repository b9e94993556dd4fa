//! Reads from the disk, in another thread, what a command needs looked up, before the deciding thread decides it: what
//! one command waits for holds up no other.

use actix::{ActorFutureExt, Context, ContextFutureSpawner, WrapFuture};

use super::Shell;
use crate::decider::LookupRequest;
use crate::runtime::registry::Kind;

/// The most reads for one command; what is still missing then, because the state keeps changing, is read by the
/// deciding thread.
const READS_MAX: usize = 8;

/// What was read for a command. Memory may not keep it, but the store's cache has its pages.
#[derive(Default)]
pub(super) struct Read(Vec<LookupRequest>);

impl<D: Kind> Shell<D> {
    /// Returns the first look-up of a command whose answer must be read first; the command then has no answers yet,
    /// because they may change until it is decided. Otherwise the command has all of them, or is left to whoever looks
    /// up again and reports the error.
    pub(super) fn missing(&mut self, command: &mut D::Command, read: &Read) -> Option<LookupRequest> {
        self.drain();
        let workspace = D::stream(self.id).workspace();
        while let Some(question) = D::next_lookup(&self.state, command) {
            let found = match self.shard.handle.at_hand(workspace, &question).ok()? {
                Some(found) => found,
                None if read.0.len() < READS_MAX && !read.0.contains(&question) => {
                    D::forget_lookups(command);
                    return Some(question);
                }
                None => self.shard.handle.look_up(workspace, &question).ok()?,
            };
            D::resolve(command, found);
        }
        None
    }

    /// Reads what is missing, then goes on.
    pub(super) fn read_ahead(
        &mut self,
        missing: LookupRequest,
        mut read: Read,
        context: &mut Context<Self>,
        then: impl FnOnce(&mut Self, Read, &mut Context<Self>) + 'static,
    ) {
        let (workspace, handle, question) =
            (D::stream(self.id).workspace(), self.shard.handle.clone(), missing.clone());
        let history = handle.history().clone();
        let reading = async move { history.run(move |_| handle.look_up(workspace, &question)).await };
        let gone_on = reading.into_actor(self).map(move |found, shell: &mut Self, context| {
            if let Err(error) = found {
                tracing::debug!(%error, "a look-up cannot be read ahead");
            }
            read.0.push(missing);
            if !shell.left {
                then(shell, read, context);
            }
        });
        gone_on.spawn(context);
    }
}
