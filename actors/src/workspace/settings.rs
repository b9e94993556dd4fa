//! Creates a workspace, and changes what its owner sets: name, owner, teammates, keys, the inbound webhook.

use events::event::Event;
use events::ids::WorkspaceId;
use events::personal::Digest;
use events::time::Timestamp;
use events::who::Who;
use events::workspace::{
    InboundDisabled, InboundEnabled, InboundStrictChanged, InboundUrlGenerated, KeyCreated, KeyRevoked, OwnerChanged,
    TeammateAdded, TeammateRemoved, WorkspaceCreated,
};

use super::credits::granted;
use super::{
    API_KEYS_MAX, Answer, ChangeOwner, Command, Create, CreateKey, Grant, Rejection, SetInbound, State, TEAMMATES_MAX,
    Teammate, no_room,
};
use crate::decider::Decision;

/// The name of the first key.
const FIRST_KEY: &str = "first key";

pub(super) fn create(state: &State, create: Create, now: Timestamp) -> Result<Decision<Answer>, Rejection> {
    if state.workspace.is_some() {
        return Err(Rejection::WorkspaceExists);
    }
    if create.room != Some(true) {
        return Err(no_room(Command::Create(create)));
    }
    let Create { workspace, name, owner_name, owner_email, language, credits, key_hash, token_hash, .. } = create;
    let by = Who::Operator;
    let mut events = vec![
        WorkspaceCreated {
            workspace,
            name: name.into(),
            owner_name: owner_name.into(),
            owner_email: owner_email.into(),
            language,
        }
        .into(),
        KeyCreated { workspace, key: 1, key_hash, name: FIRST_KEY.into(), at: now, by }.into(),
        InboundUrlGenerated { workspace, token_hash, replaces: None, by }.into(),
    ];
    if credits > 0 {
        let first = Grant { amount: credits, reason: "first credits".to_owned(), by };
        events.push(granted(workspace, 0, first)?);
    }
    Ok(Decision::of(events, Answer::Done))
}

pub(super) fn change_owner(state: &State, workspace: WorkspaceId, change: ChangeOwner) -> Decision<Answer> {
    let owner = &state.owner;
    let changed = OwnerChanged {
        workspace,
        name: change.name.map_or_else(|| state.name.clone(), Into::into),
        owner_name: change.owner_name.map_or_else(|| owner.full_name.clone(), Into::into),
        owner_email: change.owner_email.map_or_else(|| owner.email.clone(), Into::into),
        language: change.language.unwrap_or_else(|| owner.language.clone()),
        by: change.by,
    };
    let same = changed.name == state.name
        && changed.owner_name == owner.full_name
        && changed.owner_email == owner.email
        && changed.language == owner.language;
    done_unless(same, changed)
}

pub(super) fn add_teammate(
    state: &State,
    workspace: WorkspaceId,
    new: Teammate,
    by: Who,
) -> Result<Decision<Answer>, Rejection> {
    if let Some((teammate, _)) = state.teammate(&new.email) {
        return Err(Rejection::TeammateExists(teammate));
    }
    if state.teammates.len() >= TEAMMATES_MAX {
        return Err(Rejection::Full);
    }
    let teammate = state.teammates_added.checked_add(1).ok_or(Rejection::Full)?;
    let added =
        TeammateAdded { workspace, teammate, full_name: new.full_name.into(), email: new.email.trim().into(), by };
    Ok(Decision::of(vec![added.into()], Answer::Numbered(teammate)))
}

pub(super) fn remove_teammate(
    state: &State,
    workspace: WorkspaceId,
    teammate: u32,
    by: Who,
) -> Result<Decision<Answer>, Rejection> {
    if !state.teammates.contains_key(&teammate) {
        return Err(Rejection::TeammateNotFound);
    }
    Ok(Decision::of(vec![TeammateRemoved { workspace, teammate, by }.into()], Answer::Done))
}

pub(super) fn create_key(
    state: &State,
    workspace: WorkspaceId,
    create: CreateKey,
    now: Timestamp,
) -> Result<Decision<Answer>, Rejection> {
    if state.keys.len() >= API_KEYS_MAX {
        return Err(Rejection::Full);
    }
    let key = state.keys_created.checked_add(1).ok_or(Rejection::Full)?;
    let CreateKey { key_hash, name, by } = create;
    let created = KeyCreated { workspace, key, key_hash, name: name.into(), at: now, by };
    Ok(Decision::of(vec![created.into()], Answer::Numbered(key)))
}

pub(super) fn revoke_key(
    state: &State,
    workspace: WorkspaceId,
    key: u32,
    by: Who,
) -> Result<Decision<Answer>, Rejection> {
    let found = state.keys.get(&key).ok_or(Rejection::KeyNotFound)?;
    if state.keys.len() == 1 {
        return Err(Rejection::LastKey);
    }
    Ok(Decision::of(vec![KeyRevoked { workspace, key, key_hash: found.hash, by }.into()], Answer::Done))
}

pub(super) fn set_inbound(state: &State, workspace: WorkspaceId, set: SetInbound) -> Decision<Answer> {
    let SetInbound { enabled, strict, by, reason } = set;
    let mut events: Vec<Event> = Vec::new();
    match enabled {
        Some(true) if state.inbound_disabled => {
            events.push(InboundEnabled { workspace, by, reason: reason.into() }.into());
        }
        Some(false) if !state.inbound_disabled => {
            events.push(InboundDisabled { workspace, by, reason: reason.into() }.into());
        }
        _ => {}
    }
    if let Some(strict) = strict.filter(|strict| *strict != state.inbound_strict) {
        events.push(InboundStrictChanged { workspace, strict, by }.into());
    }
    Decision::of(events, Answer::Done)
}

pub(super) fn replace_token(state: &State, workspace: WorkspaceId, token_hash: Digest, by: Who) -> Decision<Answer> {
    let same = state.token_hash == Some(token_hash);
    done_unless(same, InboundUrlGenerated { workspace, token_hash, replaces: state.token_hash, by })
}

fn done_unless(same: bool, event: impl Into<Event>) -> Decision<Answer> {
    let events = if same { Vec::new() } else { vec![event.into()] };
    Decision::of(events, Answer::Done)
}
