//! What holds in every history of an account, whatever happens in it.

mod referee;

use std::collections::VecDeque;

use events::account::{MessageQueued, SettledAs};
use events::event::Event;
use events::ids::MessageId;
use events::time::Timestamp;
use proptest::prelude::*;

use self::referee::Referee;
use super::*;
use crate::account::outcome::{Permanent, Scope, StopReason};
use crate::account::{Rejection, State};
use crate::decider::Decider;
use crate::spec::facts::*;

const WEEK_MS: u64 = 7 * 24 * 3_600_000;

/// Something that happens to an account. Numbers choose among the messages that there are.
#[derive(Debug, Clone)]
enum Step {
    Queue { chat: u64, cost: u64 },
    Pass(u64),
    WakeNow,
    WakeWhenDue,
    End(Outcome),
    Stale(usize, u32, Outcome),
    Seen(usize),
    FailLater(usize),
    Settle(usize, SettledAs),
    Crash,
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let scope = prop_oneof![Just(Scope::Pair), Just(Scope::Account)];
    prop_oneof![
        4 => Just(Outcome::Sent),
        1 => Just(Outcome::Failed(Permanent::NotOnWhatsApp)),
        2 => Just(Outcome::ServerError),
        2 => Just(Outcome::Unknown),
        1 => Just(Outcome::NotConnected),
        2 => (0..20_000_u64, scope).prop_map(|(after_ms, scope)| Outcome::RateLimited { after_ms, scope }),
        1 => (0..20_000_u64).prop_map(|ms| Outcome::Stopped { reason: StopReason::Blocked, until_ms: Some(ms) }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let settled_as = prop_oneof![Just(SettledAs::Sent), Just(SettledAs::Failed)];
    prop_oneof![
        6 => (1..=3_u64, 1..=2_u64).prop_map(|(chat, cost)| Step::Queue { chat, cost }),
        3 => (0..4_000_u64).prop_map(Step::Pass),
        1 => (WEEK_MS - 2..WEEK_MS + 3).prop_map(Step::Pass),
        3 => Just(Step::WakeNow),
        8 => Just(Step::WakeWhenDue),
        8 => outcome().prop_map(Step::End),
        2 => (any::<usize>(), 0..4_u32, outcome()).prop_map(|(which, number, came)| Step::Stale(which, number, came)),
        2 => any::<usize>().prop_map(Step::Seen),
        2 => any::<usize>().prop_map(Step::FailLater),
        2 => (any::<usize>(), settled_as).prop_map(|(which, verdict)| Step::Settle(which, verdict)),
        1 => Just(Step::Crash),
    ]
}

/// An account as the shell runs it, and a referee who sees every fact.
struct Driver {
    state: State,
    past: Vec<Event>,
    now: Timestamp,
    messages: Vec<MessageId>,
    referee: Referee,
}

impl Driver {
    fn new(connected: Event) -> Self {
        let own_message_id = matches!(&connected, Event::AccountConnected(e) if e.own_message_id);
        let mut driver = Self {
            state: State::default(),
            past: Vec::new(),
            now: at(1_000),
            messages: Vec::new(),
            referee: Referee::new(own_message_id),
        };
        driver.happened(vec![connected]);
        driver
    }

    fn happened(&mut self, events: Vec<Event>) {
        self.referee.sees(self.now, &events);
        for event in events {
            Account::apply(&mut self.state, &event);
            self.past.push(event);
        }
        let due = Account::due(&self.state);
        assert!(due.effects.len() <= 1 && (due.effects.is_empty() || due.wake_at.is_none()), "{due:?}");
    }

    fn command(&mut self, command: Command) {
        match Account::decide(&self.state, command, self.now) {
            Ok(decision) => self.happened(decision.events),
            Err(rejection) => assert_eq!(rejection, Rejection::NotUncertain),
        }
    }

    fn queue(&mut self, chat_number: u64, cost: u64) {
        let message = message(100 + self.messages.len() as u64);
        self.messages.push(message);
        self.happened(vec![MessageQueued { message, chat: chat(chat_number), cost, ..queueing(11) }.into()]);
    }

    fn some(&self, which: usize) -> Option<MessageId> {
        self.messages.get(which.checked_rem(self.messages.len())?).copied()
    }

    fn wake_when_due(&mut self) {
        if let Some(wake_at) = Account::due(&self.state).wake_at {
            self.now = self.now.max(wake_at);
            let before = self.past.len();
            self.command(Command::WakeUp);
            assert!(self.past.len() > before, "a wake-up was due and nothing came of it");
        }
    }

    fn end(&mut self, outcome: Outcome) {
        if let Some(Effect::Send { message, try_number, .. }) = Account::due(&self.state).effects.first().copied() {
            self.now = self.now.plus_ms(40);
            self.command(Command::Tried { message, try_number, outcome });
        }
    }

    fn crash(&mut self) {
        self.state = self.replayed();
        let interrupted: Vec<_> = Account::due(&self.state).effects.iter().filter_map(Account::interrupted).collect();
        for command in interrupted {
            self.command(command);
        }
    }

    fn replayed(&self) -> State {
        let mut state = State::default();
        self.past.iter().for_each(|event| Account::apply(&mut state, event));
        state
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Queue { chat, cost } => self.queue(chat, cost),
            Step::Pass(ms) => self.now = self.now.plus_ms(ms),
            Step::WakeNow => self.command(Command::WakeUp),
            Step::WakeWhenDue => self.wake_when_due(),
            Step::End(outcome) => self.end(outcome),
            Step::Crash => self.crash(),
            Step::Stale(which, try_number, outcome) => {
                let Some(message) = self.some(which) else { return };
                let current = self.state.current.is_some_and(|c| c.message == message && c.try_number == try_number);
                let before = self.past.len();
                if !current {
                    self.command(Command::Tried { message, try_number, outcome });
                }
                assert_eq!(self.past.len(), before, "a stale outcome changed something");
            }
            Step::Seen(which) => self.about(which, |message| Command::Seen { message }),
            Step::FailLater(which) => {
                self.about(which, |message| Command::FailedLater { message, code: "refused".to_owned() });
            }
            Step::Settle(which, settled_as) => self.about(which, |message| Command::Settle {
                message,
                settled_as,
                by: "ada@kite.example".to_owned(),
                reason: "she called".to_owned(),
            }),
        }
    }

    fn about(&mut self, which: usize, command: impl Fn(MessageId) -> Command) {
        if let Some(message) = self.some(which) {
            self.command(command(message));
        }
    }

    /// Lets everything that waits be sent.
    fn finish(&mut self) {
        let mut outcomes: VecDeque<_> = [Outcome::ServerError, Outcome::Unknown].into();
        for _ in 0..10 + 4 * self.messages.len() {
            self.end(outcomes.pop_front().unwrap_or(Outcome::Sent));
            self.wake_when_due();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_invariants(own in any::<bool>(), steps in prop::collection::vec(step(), 0..150)) {
        let mut driver = Driver::new(if own { connected() } else { connected_without_own_ids() });
        for step in steps {
            driver.take(step);
        }
        prop_assert_eq!(&driver.replayed(), &driver.state);
        driver.finish();
        prop_assert!(driver.state.queue.is_empty(), "still waiting: {:?}", driver.state.queue);
        let due = Account::due(&driver.state);
        prop_assert!(due.effects.is_empty() && due.wake_at.is_none() && due.waiting == 0, "{due:?}");
        prop_assert_eq!(driver.replayed(), driver.state);
    }
}
