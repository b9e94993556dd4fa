//! What holds in every history of a workspace, whatever is asked of it.

use std::collections::{BTreeMap, BTreeSet};

use events::chat::ChatOpened;
use events::event::Event;
use events::ids::{AccountId, ChatId, MessageId};
use events::index::{ChatEntry, Remembered};
use events::time::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::account::pacing::Gap;
use crate::decider::{Decider, Decision, Found, Question};
use crate::spec::facts::*;
use crate::workspace::{Connect, Grant, State};

/// Something that happens to a workspace. Numbers choose among what there is.
#[derive(Debug, Clone, Copy)]
enum Step {
    Grant(u64),
    Connect(u64),
    Block(u64),
    Unblock(u64),
    ToPhone { phone: u64, sender: Option<u64>, key: Option<(u8, u8)> },
    ToChat(u64),
    Refund(usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let key = prop::option::of((0..3_u8, 0..2_u8));
    prop_oneof![
        2 => prop_oneof![4 => 0..5_u64, 1 => any::<u64>()].prop_map(Step::Grant),
        2 => (0..4_u64).prop_map(Step::Connect),
        1 => (1..5_u64).prop_map(Step::Block),
        1 => (1..5_u64).prop_map(Step::Unblock),
        8 => (0..4_u64, prop::option::of(0..5_u64), key)
            .prop_map(|(phone, sender, key)| Step::ToPhone { phone, sender, key }),
        3 => (1..8_u64).prop_map(Step::ToChat),
        2 => any::<usize>().prop_map(Step::Refund),
        2 => prop_oneof![0..100_u64, 80_000_000..90_000_000_u64].prop_map(Step::Pass),
    ]
}

/// A workspace as the shell runs it, the index beside it, and the sums.
#[derive(Default)]
struct Driver {
    state: State,
    past: Vec<Event>,
    now: Timestamp,
    peers: BTreeMap<(AccountId, String), ChatId>,
    chats: BTreeMap<ChatId, ChatEntry>,
    keys: BTreeMap<String, Remembered>,
    charged: BTreeSet<MessageId>,
    refundable: Vec<MessageId>,
    sums: [u128; 3],
    submitted: u64,
}

impl Driver {
    fn happened(&mut self, events: &[Event], idempotency: Option<&Idempotency>) {
        for event in events {
            Workspace::apply(&mut self.state, event);
            self.past.push(event.clone());
            match event {
                Event::CreditsGranted(e) => self.sums[0] += u128::from(e.amount),
                Event::CreditCharged(e) => {
                    self.sums[1] += u128::from(e.amount);
                    assert!(self.charged.insert(e.message), "charged twice");
                    self.refundable.push(e.message);
                }
                Event::CreditRefunded(e) => self.sums[2] += u128::from(e.amount),
                Event::ChatOpened(e) => self.opened(e),
                Event::MessageQueued(e) => {
                    if let Some(given) = idempotency {
                        let remembered = Remembered { message: e.message, body: given.body, at: self.now };
                        self.keys.insert(given.key.clone(), remembered);
                    }
                }
                _ => {}
            }
        }
        let [granted, charged, refunded] = self.sums;
        assert_eq!(Some(u128::from(self.state.balance)), (granted + refunded).checked_sub(charged));
    }

    fn opened(&mut self, opened: &ChatOpened) {
        let peer = (opened.account, opened.peer.reveal().to_owned());
        assert!(self.peers.insert(peer, opened.chat).is_none(), "one person, two chats");
        let entry = ChatEntry {
            account: opened.account,
            to: opened.to.clone(),
            name: opened.name.clone(),
            phone: opened.phone.clone(),
            is_group: opened.is_group,
        };
        assert!(self.chats.insert(opened.chat, entry).is_none(), "one chat, two persons");
    }

    fn find(&self, question: Question) -> Found {
        match question {
            Question::Peer(account, canonical) => Found::Peer(self.peers.get(&(account, canonical)).copied()),
            Question::Chat(chat) => Found::Chat(self.chats.get(&chat).cloned()),
            Question::Named(name) => {
                let named = self.chats.iter().filter(|(_, entry)| entry.name.reveal() == name);
                Found::Named(named.map(|(chat, entry)| (*chat, entry.clone())).collect())
            }
            Question::Known(message) => Found::Known(self.charged.contains(&message)),
            Question::Remembered(key) => Found::Remembered(self.keys.get(&key).copied()),
        }
    }

    fn command(&mut self, mut command: Command) -> Result<Decision<Answer>, Rejection> {
        while let Some(question) = Workspace::asks(&self.state, &command) {
            Workspace::told(&mut command, self.find(question));
        }
        let idempotency = if let Command::Submit(submit) = &command { submit.idempotency.clone() } else { None };
        let decision = Workspace::decide(&self.state, command, self.now)?;
        self.happened(&decision.events, idempotency.as_ref());
        Ok(decision)
    }

    fn submit(&mut self, change: impl FnOnce(Submit) -> Submit) {
        self.submitted += 1;
        let before = (self.state.balance, self.past.len());
        let submit = change(submission(self.submitted, "+12025550101"));
        match self.command(Command::Submit(Box::new(submit))) {
            Ok(Decision { answer: Answer::Accepted(accepted), .. }) => {
                assert_eq!(accepted.balance, self.state.balance);
                assert_eq!(accepted.replayed, self.past.len() == before.1);
                assert_eq!(accepted.replayed, accepted.message != message(self.submitted));
                assert!(self.charged.contains(&accepted.message));
            }
            Ok(other) => panic!("{other:?}"),
            Err(Rejection::InsufficientCredits { needed, available }) => {
                assert!(needed > available && available == before.0);
                assert_eq!(self.past.len(), before.1);
            }
            Err(_) => assert_eq!((self.state.balance, self.past.len()), before),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Grant(amount) => {
                let _ = self.command(Command::Grant(Grant { amount, reason: String::new(), by: String::new() }));
            }
            Step::Connect(nth) => {
                let _ = self.command(Command::Connect(connect(&phone(nth))));
            }
            Step::Block(nth) => self.happened(&[blocked(nth, None)], None),
            Step::Unblock(nth) => self.happened(&[unblocked(nth)], None),
            Step::ToPhone { phone: to, sender, key } => self.submit(|submit| Submit {
                recipient: Recipient::Peer(Peer::from_phone(&phone(to))),
                sender: sender.map(phone),
                idempotency: key.map(|(key, body)| Idempotency { key: key.to_string(), body: Digest::of(&[body]) }),
                ..submit
            }),
            Step::ToChat(nth) => self.submit(|submit| Submit { recipient: Recipient::Chat(chat(nth)), ..submit }),
            Step::Refund(which) => {
                if let Some(at) = which.checked_rem(self.refundable.len()) {
                    let message = self.refundable.swap_remove(at);
                    self.happened(&[refunded(message.bits(), "refused")], None);
                }
            }
            Step::Pass(ms) => self.now = self.now.plus_ms(ms),
        }
    }
}

fn phone(nth: u64) -> String {
    format!("+1202555010{nth}")
}

fn connect(phone: &str) -> Connect {
    let connection = connection(1, phone);
    Connect {
        phone: phone.to_owned(),
        full_name: String::new(),
        email: String::new(),
        transport: connection.transport,
        own_message_id: true,
        gap: Gap::default(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_balance_is_grants_less_charges_plus_refunds(steps in prop::collection::vec(step(), 0..100)) {
        let mut driver = Driver::default();
        driver.happened(&[created(), url_generated("in_token")], None);
        for step in steps {
            driver.take(step);
        }
        let mut again = State::default();
        driver.past.iter().for_each(|event| Workspace::apply(&mut again, event));
        prop_assert_eq!(again, driver.state);
    }
}
