//! Checks the events of one workspace, independently of how its rules are written.

use std::collections::{BTreeMap, BTreeSet};

use events::event::Event;
use events::ids::{AccountId, MessageId};
use events::personal::Digest;
use events::who::Who;

/// Reasons why an account may not send, each tracked by itself.
#[derive(Debug, Default, Clone, Copy)]
struct Line {
    paused: bool,
    blocked: bool,
    ended: Option<By>,
}

/// The side that ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Somebody,
    Transport,
}

/// Panics at every broken invariant.
#[derive(Default)]
pub(super) struct Referee {
    /// The sums of grants, charges and refunds.
    sums: [u128; 3],
    charged: BTreeMap<MessageId, u64>,
    phones: BTreeMap<String, AccountId>,
    lines: BTreeMap<AccountId, Line>,
    /// Accounts in the order in which somebody connected them.
    order: Vec<AccountId>,
    keys: BTreeSet<u32>,
    keys_ever: BTreeSet<u32>,
    teammates: BTreeMap<u32, String>,
    teammates_ever: BTreeSet<u32>,
    token: Option<Digest>,
    pub(super) disabled: bool,
}

impl Referee {
    /// Returns the account that sends if none is named.
    pub(super) fn default_account(&self) -> Option<AccountId> {
        let active = |account: &&AccountId| {
            let line = self.lines[account];
            !(line.paused || line.blocked || line.ended.is_some())
        };
        self.order.iter().rev().find(active).copied()
    }

    /// True if somebody, not the transport, ended the account's connection.
    pub(super) fn ended_for_good(&self, account: AccountId) -> bool {
        self.lines.get(&account).is_some_and(|line| line.ended == Some(By::Somebody))
    }

    /// True if this is the present token.
    pub(super) fn is_token(&self, token: Digest) -> bool {
        self.token == Some(token)
    }

    /// Returns the balance that must be left.
    pub(super) fn balance(&self) -> Option<u64> {
        let [granted, charged, refunded] = self.sums;
        (granted + refunded).checked_sub(charged).and_then(|balance| u64::try_from(balance).ok())
    }

    pub(super) fn sees(&mut self, event: &Event) {
        self.sees_money(event);
        self.sees_account(event);
        self.sees_settings(event);
    }

    fn sees_money(&mut self, event: &Event) {
        match event {
            Event::CreditsGranted(e) => self.sums[0] += u128::from(e.amount),
            Event::CreditCharged(e) => {
                self.sums[1] += u128::from(e.amount);
                assert!(self.charged.insert(e.message, e.amount).is_none(), "charged twice");
            }
            Event::CreditRefunded(e) => {
                self.sums[2] += u128::from(e.amount);
                assert_eq!(self.charged.get(&e.message), Some(&e.amount));
            }
            _ => {}
        }
    }

    fn sees_account(&mut self, event: &Event) {
        match event {
            Event::AccountConnected(e) => {
                let phone = e.phone.reveal().to_owned();
                assert_eq!(*self.phones.entry(phone).or_insert(e.account), e.account, "one number, two accounts");
                let before = self.lines.get(&e.account).copied();
                assert!(before.is_none_or(|line| line.ended.is_some()), "connected twice");
                let line = Line { ended: None, ..before.unwrap_or_default() };
                self.lines.insert(e.account, line);
                if e.by == Who::Transport {
                    assert_eq!(before.and_then(|line| line.ended), Some(By::Transport), "connected by itself");
                } else {
                    self.order.retain(|account| *account != e.account);
                    self.order.push(e.account);
                }
            }
            Event::AccountDisconnected(e) => {
                let line = self.lines.get_mut(&e.account).unwrap();
                assert_ne!(line.ended, Some(By::Somebody), "disconnected twice");
                line.ended = Some(if e.by == Who::Transport { By::Transport } else { By::Somebody });
            }
            Event::AccountPaused(e) => self.lines.get_mut(&e.account).unwrap().paused = true,
            Event::AccountResumed(e) => {
                let line = self.lines.get_mut(&e.account).unwrap();
                assert!((line.paused || line.blocked) && line.ended.is_none(), "resumed for nothing");
                (line.paused, line.blocked) = (false, false);
            }
            Event::AccountBlocked(e) => self.lines.get_mut(&e.account).unwrap().blocked = true,
            Event::AccountUnblocked(e) => self.lines.get_mut(&e.account).unwrap().blocked = false,
            Event::PacingChanged(e) => assert!(e.gap_ms_min <= e.gap_ms_max),
            _ => {}
        }
    }

    fn sees_settings(&mut self, event: &Event) {
        match event {
            Event::KeyCreated(e) => assert!(self.keys_ever.insert(e.key) && self.keys.insert(e.key), "a number twice"),
            Event::KeyRevoked(e) => {
                assert!(self.keys.remove(&e.key) && !self.keys.is_empty(), "nobody could get in any more");
            }
            Event::TeammateAdded(e) => {
                let email = e.email.reveal().to_lowercase();
                assert!(!self.teammates.values().any(|other| *other == email), "one address, two teammates");
                assert!(self.teammates_ever.insert(e.teammate), "a number twice");
                self.teammates.insert(e.teammate, email);
            }
            Event::TeammateRemoved(e) => assert!(self.teammates.remove(&e.teammate).is_some()),
            Event::ChatAssigned(e) => {
                let email = e.responsible.as_ref().map(|mate| mate.email.reveal().to_lowercase());
                assert!(email.is_none_or(|email| self.teammates.values().any(|other| *other == email)));
            }
            Event::InboundUrlGenerated(e) => {
                assert_eq!(e.replaces, self.token, "another token stops");
                self.token = Some(e.token_hash);
            }
            Event::InboundDisabled(_) => self.disabled = true,
            Event::InboundEnabled(_) => self.disabled = false,
            _ => {}
        }
    }
}
