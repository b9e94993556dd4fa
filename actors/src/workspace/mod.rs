//! A workspace: accepts messages, charges for them, opens chats; owns accounts, keys, teammates and settings.

mod accounts;
mod again;
mod chat_changes;
mod commands;
mod connect;
mod credits;
mod doubt;
mod receive;
mod received_id;
mod settings;
mod state;
mod submit;
#[cfg(test)]
mod tests;

use events::event::Event;
use events::ids::{StreamId, WorkspaceId};
use events::time::Timestamp;

use crate::decider::{Decider, Decision, Due, LookupRequest, LookupResult, Never};

pub use again::Again;
pub use commands::{
    Accepted, AccountCommand, Answer, ChangeChat, ChangeOwner, ChatLookups, Command, Create, CreateKey, Grant,
    Inactive, Inactivity, Receive, ReceiveLookups, Recipient, Rejection, SetInbound, Submit, SubmitLookups, Teammate,
    Verdict,
};
pub use connect::{Connect, Once};
pub use doubt::Doubt;
pub use received_id::received_id;
pub use state::{Account, Key, Owner, Standing, State};

/// Idempotency keys are remembered for this long.
pub const IDEMPOTENCY_MS: u64 = 24 * 3_600_000;
/// Longest gap that can be set, in milliseconds.
pub const GAP_MS_MAX: u32 = 600_000;
/// Maximum number of accounts of a workspace; one commit changes the gap of all of them.
pub const ACCOUNTS_MAX: usize = 900;
/// Maximum number of API keys of a workspace at a time.
pub const API_KEYS_MAX: usize = 100;
/// Maximum number of teammates of a workspace at a time.
pub const TEAMMATES_MAX: usize = 1_000;

/// The rules of workspaces.
pub struct Workspace;

impl Decider for Workspace {
    type Id = WorkspaceId;
    type State = State;
    type Command = Command;
    type Answer = Answer;
    type Rejection = Rejection;
    type Effect = Never;

    fn stream(id: WorkspaceId) -> StreamId {
        StreamId::Workspace(id)
    }

    fn next_lookup(state: &State, command: &Command) -> Option<LookupRequest> {
        match command {
            Command::Submit(submit) => submit.asks(state),
            Command::Receive(receive) => receive.asks(state),
            Command::ChangeChat(change) => change.asks(state),
            Command::Connect(connect) => connect.asks(),
            Command::Create(create) if create.room.is_none() => Some(LookupRequest::Room(0)),
            _ => None,
        }
    }

    fn resolve(command: &mut Command, found: LookupResult) {
        match command {
            Command::Submit(submit) => submit.told(found),
            Command::Receive(receive) => receive.told(found),
            Command::ChangeChat(change) => change.told(found),
            Command::Connect(connect) => connect.told(found),
            Command::Create(create) => {
                if let LookupResult::Room(room) = found {
                    create.room = Some(room);
                }
            }
            _ => {}
        }
    }

    fn forget_lookups(command: &mut Command) {
        match command {
            Command::Submit(submit) => submit.looked_up = SubmitLookups::default(),
            Command::Receive(receive) => receive.looked_up = ReceiveLookups::default(),
            Command::ChangeChat(change) => change.looked_up = ChatLookups::default(),
            Command::Connect(connect) => connect.holders = None,
            Command::Create(create) => create.room = None,
            _ => {}
        }
    }

    fn decide(state: &State, command: Command, now: Timestamp) -> Result<Decision<Answer>, Rejection> {
        let create = match command {
            Command::Create(create) => return settings::create(state, create, now),
            other => other,
        };
        let workspace = state.workspace;
        match (create, workspace) {
            (Command::Submit(submit), _) => submit::submit(state, submit, now),
            (Command::Create(_), _) | (_, None) => Err(Rejection::UnknownWorkspace),
            (Command::ChangeOwner(change), Some(id)) => Ok(settings::change_owner(state, id, change)),
            (Command::Grant(grant), Some(id)) => credits::grant(state, id, grant),
            (Command::Connect(connect), Some(id)) => accounts::connect(state, id, connect),
            (Command::Account(account, command), Some(id)) => accounts::change(state, id, account, command, now),
            (Command::ChangePacing(gap, by), Some(id)) => accounts::change_pacing(state, id, gap, by),
            (Command::AddTeammate(teammate, by), Some(id)) => settings::add_teammate(state, id, teammate, by),
            (Command::RemoveTeammate(teammate, by), Some(id)) => settings::remove_teammate(state, id, teammate, by),
            (Command::CreateKey(create), Some(id)) => settings::create_key(state, id, create, now),
            (Command::RevokeKey(key, by), Some(id)) => settings::revoke_key(state, id, key, by),
            (Command::SetInbound(set), Some(id)) => Ok(settings::set_inbound(state, id, set)),
            (Command::ReplaceToken(token_hash, by), Some(id)) => Ok(settings::replace_token(state, id, token_hash, by)),
            (Command::ChangeChat(change), Some(id)) => chat_changes::change(state, id, change),
            (Command::Receive(receive), Some(id)) => receive::receive(state, id, receive),
        }
    }

    fn apply(state: &mut State, event: &Event) {
        state.apply(event);
    }

    fn due(_state: &State) -> Due<Never> {
        Due::nothing()
    }
}

/// Refuses a command until more seeds are made; it comes back.
fn no_room(mut command: Command) -> Rejection {
    Workspace::forget_lookups(&mut command);
    Rejection::NoRoom(Again(Box::new(command)))
}
