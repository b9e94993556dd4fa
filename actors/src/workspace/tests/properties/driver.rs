//! Runs a workspace as the runtime does, together with the index, and shows every event to the referee.

use events::chat::MessageKind;
use events::event::Event;
use events::ids::{AccountId, MessageId};
use events::personal::Digest;
use events::record::Idempotency;
use events::time::Timestamp;
use events::workspace::CreditRefunded;

use super::directory::Directory;
use super::referee::Referee;
use super::{By, Change, Step, Submission, To, submission};
use crate::account::pacing::Gap;
use crate::decider::{Decider, Decision};
use crate::peer::Peer;
use crate::spec::facts::*;
use crate::workspace::{
    AccountCommand, Answer, ChangeChat, ChatLookups, Command, Connect, CreateKey, Grant, Once, Receive, ReceiveLookups,
    Recipient, Rejection, SetInbound, State, Submit, Teammate, Workspace, received_id,
};

/// A workspace that runs as in the runtime, its index, and a referee.
pub(super) struct Driver {
    pub(super) state: State,
    pub(super) past: Vec<Event>,
    now: Timestamp,
    directory: Directory,
    referee: Referee,
    refundable: Vec<(MessageId, u64)>,
    submitted: u64,
}

impl Driver {
    pub(super) fn new() -> Self {
        let mut driver = Self {
            state: State::default(),
            past: Vec::new(),
            now: Timestamp::default(),
            directory: Directory::default(),
            referee: Referee::default(),
            refundable: Vec::new(),
            submitted: 0,
        };
        driver.happened(&[created(), key_created(1, "wsk_1"), url_generated("in_0")], None);
        driver
    }

    fn happened(&mut self, events: &[Event], idempotency: Option<&Idempotency>) {
        for event in events {
            Workspace::apply(&mut self.state, event);
            self.past.push(event.clone());
            self.directory.sees(event, idempotency, self.now);
            self.referee.sees(event);
            if let Event::CreditCharged(e) = event {
                self.refundable.push((e.message, e.amount));
            }
        }
        assert_eq!(Some(self.state.balance), self.referee.balance());
        assert_eq!(self.state.default_account(), self.referee.default_account());
    }

    fn command(&mut self, mut command: Command) -> Result<Decision<Answer>, Rejection> {
        let mut asked = Vec::new();
        while let Some(question) = Workspace::next_lookup(&self.state, &command) {
            assert!(!asked.contains(&question), "{question:?} is asked for ever");
            Workspace::resolve(&mut command, self.directory.find(&question));
            asked.push(question);
        }
        let idempotency = if let Command::Submit(submit) = &command { submit.idempotency.clone() } else { None };
        let decision = Workspace::decide(&self.state, command, self.now)?;
        self.happened(&decision.events, idempotency.as_ref());
        Ok(decision)
    }

    /// Gives a command twice: if the first one succeeds, the second one must change nothing.
    fn twice(&mut self, command: &Command) {
        if self.command(command.clone()).is_ok() {
            let again = self.command(command.clone()).unwrap();
            assert_eq!(again.events, [], "{command:?} is satisfied already");
        }
    }

    fn submit(&mut self, sending: Submission, to: To) {
        self.submitted += 1;
        let submit = self.submission(sending, to);
        let (dry_run, token, by_default) = (submit.dry_run, submit.token_hash, default_account_sends(&submit));
        let before = (self.state.balance, self.past.len(), self.referee.default_account());
        let answer = self.command(Command::Submit(Box::new(submit))).map(|decision| decision.answer);
        let happened = self.past.len() > before.1;
        let to_erased = matches!(to, To::Chat(nth) if self.directory.has_erased(chat(nth)));
        assert!(!to_erased || !happened, "sent though its chat is erased");
        if answer.is_ok() {
            let open = token.is_none_or(|token| self.referee.is_token(token) && !self.referee.disabled);
            assert!(open, "it came in through a webhook that is closed");
        }
        match answer {
            Ok(Answer::Accepted(accepted)) => {
                assert!(!dry_run && accepted.balance == self.state.balance);
                assert_eq!((accepted.replayed, accepted.account.is_none()), (!happened, !happened));
                assert_eq!(accepted.replayed, accepted.message != message(self.submitted));
                assert!(self.directory.knows(accepted.message));
                assert!(!happened || !by_default || accepted.account == before.2);
            }
            Ok(Answer::Verdict(verdict)) => {
                assert!(dry_run && !happened && verdict.balance == before.0 && verdict.cost <= before.0);
                assert!(!by_default || Some(verdict.account) == before.2);
            }
            Ok(other) => panic!("{other:?}"),
            Err(rejection) => {
                assert!(!happened && self.state.balance == before.0);
                assert!(rejection != Rejection::ChatErased || to_erased, "nobody erased {to:?}");
                if let Rejection::InsufficientCredits { needed, available } = rejection {
                    assert!(needed > available && available == before.0);
                }
            }
        }
    }

    fn submission(&self, sending: Submission, to: To) -> Submit {
        let Submission { sender, key, file: with_file, dry_run, token } = sending;
        Submit {
            recipient: match to {
                To::Phone(nth) => Recipient::Peer(Peer::from_phone(&phone(nth))),
                To::Chat(nth) => Recipient::Chat(chat(nth)),
                To::Name(nth) => Recipient::Name(name(nth)),
            },
            sender: sender.map(phone),
            file: with_file.then(file),
            dry_run,
            token_hash: token.map(token_of),
            idempotency: key
                .map(|(key, body)| Idempotency { key: Digest::of(&[key]).short(), body: Digest::of(&[body]) }),
            ..submission(self.submitted, "")
        }
    }

    fn hear(&mut self, phone_number: u64, account_number: u64, number: u64, named: bool, by: By) {
        let (phone, hidden) = (phone(phone_number), format!("1337{phone_number:011}@lid"));
        let (wire_id, before) = (format!("3A{number:018}"), self.past.len());
        let (called, also) = match by {
            By::Phone => (&phone, None),
            By::Hidden => (&hidden, None),
            By::HiddenAndPhone => (&hidden, Some(&phone)),
            By::PhoneAndHidden => (&phone, Some(&hidden)),
        };
        let wire_digest = Digest::of(wire_id.as_bytes());
        let ids = [&phone, &hidden].map(|sender| received_id(account(account_number), &wire_digest, sender));
        let is_known = ids.map(|id| self.directory.knows(id));
        let heard = Receive {
            account: account(account_number),
            wire_id,
            wire_digest,
            own: None,
            peer: Peer::read(called).unwrap(),
            also: also.and_then(|also| Peer::read(also)),
            from_me: false,
            kind: MessageKind::default(),
            sender: called.clone(),
            sender_name: if named { name(0) } else { String::new() },
            chat_name: String::new(),
            text: "hello".to_owned(),
            file: None,
            at: self.now,
            looked_up: ReceiveLookups::default(),
        };
        let heard = self.command(Command::Receive(Box::new(heard)));
        let received = self.past[before..].iter().filter(|event| matches!(event, Event::MessageReceived(_))).count();
        assert!(received <= usize::from(heard.is_ok()), "received {received} times: {heard:?}");
        // What is called by both its addresses is known by each of them.
        let is_known = if also.is_some() { is_known[0] || is_known[1] } else { is_known[0] && is_known[1] };
        assert!(received == 0 || !is_known, "received again");
        assert!(received == 1 || heard.is_err() || self.directory.knows(ids[0]) || self.directory.knows(ids[1]));
    }

    fn change_chat(&mut self, nth: u64, change: impl FnOnce(&mut ChangeChat)) {
        let (chat, by) = (chat(nth), operator());
        let mut wanted = ChangeChat { chat, name: None, responsible: None, by, looked_up: ChatLookups::default() };
        change(&mut wanted);
        let changed = self.command(Command::ChangeChat(wanted));
        assert_eq!(matches!(changed, Err(Rejection::ChatErased)), self.directory.has_erased(chat));
    }

    pub(super) fn take(&mut self, step: Step) {
        match step {
            Step::Block(nth) if self.state.accounts.contains_key(&account(nth)) => {
                self.happened(&[blocked(nth, None)], None);
            }
            Step::Unblock(nth) if self.state.accounts.contains_key(&account(nth)) => {
                self.happened(&[unblocked(nth)], None);
            }
            Step::Block(_) | Step::Unblock(_) => {}
            Step::Send(sending, to) => self.submit(sending, to),
            Step::Rename(nth, title) => self.change_chat(nth, |wanted| wanted.name = Some(name(title))),
            Step::Assign(nth, mate) => self.change_chat(nth, |wanted| wanted.responsible = Some(mate.map(email))),
            Step::Erase(nth) => self.directory.erase(chat(nth)),
            Step::Hear { phone, account, message, named, by } => self.hear(phone, account, message, named, by),
            Step::Refund(which) => {
                if let Some(at) = which.checked_rem(self.refundable.len()) {
                    let (message, amount) = self.refundable.swap_remove(at);
                    let reason = "refused".to_owned();
                    let refunded = CreditRefunded { workspace: workspace(), message, amount, reason };
                    self.happened(&[refunded.into()], None);
                }
            }
            Step::Pass(ms) => self.now = self.now.plus_ms(ms),
            other => self.manage(other),
        }
    }

    fn manage(&mut self, step: Step) {
        match step {
            Step::Change(nth, change) => {
                let (before, for_good) = (self.past.len(), self.referee.ended_for_good(account(nth)));
                self.twice(&changed(account(nth), change));
                assert!(!for_good || self.past.len() == before, "{change:?} of what somebody ended for good");
            }
            Step::Pace(min_ms, max_ms) => self.twice(&Command::ChangePacing(Gap { min_ms, max_ms }, operator())),
            Step::Switch(enabled, strict) => {
                let set = SetInbound { enabled, strict, by: operator(), reason: REASON.to_owned() };
                self.twice(&Command::SetInbound(set));
            }
            Step::ReplaceToken(nth) => self.twice(&Command::ReplaceToken(token_of(nth), operator())),
            Step::Grant(amount) => {
                drop(self.command(Command::Grant(Grant { amount, reason: String::new(), by: operator() })));
            }
            Step::Connect(nth) => drop(self.command(Command::Connect(connect(&phone(nth))))),
            Step::CreateKey => {
                let (key_hash, name) = (Digest::of(&self.past.len().to_be_bytes()), "till".to_owned());
                drop(self.command(Command::CreateKey(CreateKey { key_hash, name, by: operator() })));
            }
            Step::RevokeKey(key) => drop(self.command(Command::RevokeKey(key, operator()))),
            Step::AddTeammate(nth) => {
                let teammate = Teammate { full_name: "Bob Example".to_owned(), email: email(nth) };
                drop(self.command(Command::AddTeammate(teammate, operator())));
            }
            Step::RemoveTeammate(teammate) => drop(self.command(Command::RemoveTeammate(teammate, operator()))),
            other => unreachable!("{other:?}"),
        }
    }
}

/// True if the message goes to a person or group and names no sender.
fn default_account_sends(submit: &Submit) -> bool {
    matches!(submit.recipient, Recipient::Peer(_)) && submit.sender.is_none()
}

fn changed(account: AccountId, change: Change) -> Command {
    let (by, reason) = (operator(), REASON.to_owned());
    let command = match change {
        Change::Pause => AccountCommand::Pause { by, reason },
        Change::Resume => AccountCommand::Resume { by, reason },
        Change::Disconnect => AccountCommand::Disconnect { by, reason },
        Change::Lose => AccountCommand::Connection { connected: false },
        Change::Return => AccountCommand::Connection { connected: true },
    };
    Command::Account(account, command)
}

fn phone(nth: u64) -> String {
    format!("+1202555010{nth}")
}

fn name(nth: u8) -> String {
    ["Cleo", "Best customer", "Kite club"][usize::from(nth)].to_owned()
}

/// Two spellings each of two addresses.
fn email(nth: u8) -> String {
    ["bob@kite.example", "Bob@Kite.Example", "cleo@kite.example", " cleo@kite.example"][usize::from(nth)].to_owned()
}

fn token_of(nth: u8) -> Digest {
    Digest::of(format!("in_{nth}").as_bytes())
}

fn connect(phone: &str) -> Connect {
    Connect {
        phone: phone.to_owned(),
        full_name: String::new(),
        email: String::new(),
        transport: "simulator".to_owned(),
        own_message_id: true,
        once: Once::Everywhere,
        gap: Gap::default(),
        by: operator(),
        holders: None,
    }
}
