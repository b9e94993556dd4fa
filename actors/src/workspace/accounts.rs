//! Connects, pauses, resumes and disconnects a workspace's accounts, changes their gaps, and chooses the one that sends.

use events::event::Event;
use events::ids::{AccountId, WorkspaceId};
use events::time::Timestamp;
use events::who::Who;
use events::workspace::{AccountConnected, AccountDisconnected, AccountPaused, AccountResumed, PacingChanged};

use super::state::Account;
use super::{
    ACCOUNTS_MAX, AccountCommand, Answer, Connect, GAP_MS_MAX, Inactive, Inactivity, Once, Rejection, Standing, State,
};
use crate::account::pacing::Gap;
use crate::decider::{Decision, LookupRequest, LookupResult};
use crate::peer::person_phone;

const CONNECTION_LOST: &str = "connection lost";

/// Connects a number. A number that was disconnected keeps its account id, so that its chats and its queue go on.
pub(super) fn connect(state: &State, workspace: WorkspaceId, connect: Connect) -> Result<Decision<Answer>, Rejection> {
    let phone = person_phone(&connect.phone).ok_or(Rejection::InvalidPhone)?;
    let account = match state.account_of(&phone) {
        Some(account) if state.standing(account) != Some(Standing::Disconnected) => {
            return Err(Rejection::AccountExists(account));
        }
        _ if connect.is_taken(workspace) => return Err(Rejection::NumberTaken),
        Some(account) => account,
        None if state.accounts.len() >= ACCOUNTS_MAX => return Err(Rejection::Full),
        None => AccountId::nth(workspace, state.accounts.len() as u64 + 1).ok_or(Rejection::Full)?,
    };
    let gap = state.gap.unwrap_or(connect.gap);
    let event = AccountConnected {
        workspace,
        account,
        phone: phone.into(),
        full_name: connect.full_name.into(),
        email: connect.email.into(),
        transport: connect.transport,
        provider_account: None,
        callback: None,
        own_message_id: connect.own_message_id,
        gap_ms_min: gap.min_ms,
        gap_ms_max: gap.max_ms,
        by: connect.by,
    };
    Ok(Decision::of(vec![event.into()], Answer::Connected(account)))
}

impl State {
    /// Returns the account that sends if none is named: the active one that somebody connected most recently.
    pub fn default_account(&self) -> Option<AccountId> {
        let active = self.accounts.iter().filter(|(_, account)| account.standing() == Standing::Connected);
        active.max_by_key(|(_, account)| account.connection).map(|(id, _)| *id)
    }

    /// Returns the account that would send if it were active: one that is paused or blocked before one that is
    /// disconnected, then the most recently connected one.
    pub fn nearly_active(&self) -> Option<Inactive> {
        let inactive = self.accounts.iter().filter_map(|(id, account)| Some((id, account, account.inactivity()?)));
        let nearest = inactive.max_by_key(|(_, account, _)| (!account.disconnected, account.connection));
        nearest.map(|(id, account, because)| Inactive { account: *id, phone: account.phone.clone(), because })
    }
}

impl Connect {
    pub(super) fn asks(&self) -> Option<LookupRequest> {
        if self.holders.is_some() { None } else { person_phone(&self.phone).map(LookupRequest::Holders) }
    }

    pub(super) fn told(&mut self, found: LookupResult) {
        if let LookupResult::Holders(holders) = found {
            self.holders = Some(holders);
        }
    }

    /// True if another workspace holds the number where only one may. Two workspaces that hold it already both keep
    /// it.
    fn is_taken(&self, workspace: WorkspaceId) -> bool {
        let mut others = self.holders.iter().flatten().filter(|holder| holder.account.workspace() != workspace);
        match self.once {
            Once::Everywhere => others.any(|holder| holder.transport == self.transport),
            Once::InWorkspace => false,
        }
    }
}

pub(super) fn change(
    state: &State,
    workspace: WorkspaceId,
    id: AccountId,
    command: AccountCommand,
    now: Timestamp,
) -> Result<Decision<Answer>, Rejection> {
    let account = state.accounts.get(&id).ok_or(Rejection::AccountNotFound)?;
    let event: Option<Event> = match command {
        AccountCommand::Pause { .. } | AccountCommand::Resume { .. } if account.disconnected => {
            return Err(Rejection::AccountNotConnected);
        }
        AccountCommand::Pause { .. } if account.paused => None,
        AccountCommand::Pause { by, reason } => {
            Some(AccountPaused { workspace, account: id, by, reason: reason.into() }.into())
        }
        AccountCommand::Resume { .. } if !(account.paused || account.blocked) => None,
        AccountCommand::Resume { by, reason } => {
            Some(AccountResumed { workspace, account: id, by, reason: reason.into() }.into())
        }
        AccountCommand::Disconnect { .. } if account.disconnected && !account.returns => None,
        AccountCommand::Disconnect { by, reason } => {
            Some(AccountDisconnected { workspace, account: id, by, reason: reason.into(), at: now }.into())
        }
        AccountCommand::Connection { connected: false } if !account.disconnected => {
            let (by, reason) = (Who::Transport, CONNECTION_LOST.to_owned());
            Some(AccountDisconnected { workspace, account: id, by, reason: reason.into(), at: now }.into())
        }
        AccountCommand::Connection { connected: true } if account.disconnected && account.returns => {
            Some(account.connected_again(workspace, id).into())
        }
        AccountCommand::Connection { .. } => None,
    };
    Ok(Decision::of(event.into_iter().collect(), Answer::Done))
}

/// Sets the gap of all accounts, present and future.
pub(super) fn change_pacing(
    state: &State,
    workspace: WorkspaceId,
    gap: Gap,
    by: Who,
) -> Result<Decision<Answer>, Rejection> {
    if gap.min_ms > gap.max_ms || gap.max_ms > GAP_MS_MAX {
        return Err(Rejection::InvalidGap);
    }
    let changed = |account| {
        let (gap_ms_min, gap_ms_max) = (gap.min_ms, gap.max_ms);
        Event::from(PacingChanged { workspace, account, gap_ms_min, gap_ms_max, by })
    };
    let events = if state.gap == Some(gap) {
        Vec::new()
    } else {
        std::iter::once(None).chain(state.accounts.keys().copied().map(Some)).map(changed).collect()
    };
    Ok(Decision::of(events, Answer::Done))
}

impl Account {
    const fn inactivity(&self) -> Option<Inactivity> {
        match self.standing() {
            Standing::Connected => None,
            Standing::Paused => Some(Inactivity::Paused),
            Standing::Blocked => Some(Inactivity::Blocked),
            Standing::Disconnected => Some(Inactivity::Disconnected),
        }
    }

    fn connected_again(&self, workspace: WorkspaceId, account: AccountId) -> AccountConnected {
        AccountConnected {
            workspace,
            account,
            phone: self.phone.clone(),
            full_name: self.full_name.clone(),
            email: self.email.clone(),
            transport: self.transport.clone(),
            provider_account: None,
            callback: None,
            own_message_id: self.own_message_id,
            gap_ms_min: self.gap.min_ms,
            gap_ms_max: self.gap.max_ms,
            by: Who::Transport,
        }
    }
}
