//! Runs an account as the runtime does, and shows every event to the referee.

use std::collections::{BTreeMap, VecDeque};

use events::account::MessageQueued;
use events::event::Event;
use events::ids::{ChatId, MessageId};
use events::time::Timestamp;
use events::who::Who;
use events::workspace::AccountConnected;

use super::referee::Referee;
use super::{Came, Step, WAKE_UP};
use crate::account::outcome::Outcome;
use crate::account::queue::{FETCHED_MAX, FETCHES_MAX};
use crate::account::state::ForeseenErasure;
use crate::account::{Account, Command, Effect, Fetched, Missing, Prospect, Rejection, SpelledLookups, State};
use crate::decider::{Decider, Due};
use crate::spec::at;
use crate::spec::facts::*;

/// More files than are fetched ahead.
const MANY_FILES: usize = FETCHED_MAX + 4;

/// An account that runs as in the runtime, and a referee that sees every event.
pub(super) struct Driver {
    pub(super) state: State,
    past: Vec<Event>,
    now: Timestamp,
    messages: Vec<MessageId>,
    /// The number of the chat with each person, other than the person's own if that was erased.
    chats: BTreeMap<u64, u64>,
    referee: Referee,
}

impl Driver {
    pub(super) fn new(own_message_id: bool) -> Self {
        let mut driver = Self {
            state: State::default(),
            past: Vec::new(),
            now: at(1_000),
            messages: Vec::new(),
            chats: BTreeMap::new(),
            referee: Referee::default(),
        };
        driver.connect(own_message_id);
        driver
    }

    fn due(&self) -> Due<Effect> {
        Account::due(&self.state)
    }

    fn happened(&mut self, events: Vec<Event>) {
        self.referee.sees(self.now, &events);
        for event in events {
            Account::apply(&mut self.state, &event);
            self.past.push(event);
        }
        self.something_can_happen();
    }

    /// Asserts: at most one try, and no wake-up during it but for erased chats and accepted messages; fetches only while
    /// the account may send; never stuck.
    fn something_can_happen(&self) {
        let due = self.due();
        let of_erased = self.referee.gives_up();
        assert!(!of_erased || due.wake_at == Some(Timestamp::default()), "{due:?}");
        let mut wanted = due.effects.iter().filter_map(wanted);
        assert!(wanted.all(|message| self.referee.wants_file(message)), "{due:?}");
        let tries = due.effects.iter().filter(|effect| matches!(effect, Effect::Send { .. })).count();
        let files = due.effects.iter().filter(|effect| matches!(effect, Effect::Fetch { .. })).count();
        let overdue = self.referee.accepted_since().map(|at| at.plus_ms(60_000));
        assert!(tries <= 1 && (tries == 0 || of_erased || due.wake_at == overdue), "{due:?}");
        assert!(overdue.is_none_or(|at| due.wake_at.is_some_and(|wake_at| wake_at <= at)), "{due:?}");
        assert!(files <= FETCHES_MAX && (files == 0 || !self.referee.is_held()), "{due:?}");
        assert!(due.later.len() <= FETCHES_MAX && (due.later.is_empty() || !self.referee.is_held()), "{due:?}");
        let stands_still = tries + files + due.later.len() == 0 && due.wake_at.is_none() && due.waiting > 0;
        assert!(!stands_still || self.referee.is_held(), "nothing ever happens again: {:?}", self.state);
    }

    fn command(&mut self, command: Command) {
        match Account::decide(&self.state, command, self.now) {
            Ok(decision) => self.happened(decision.events),
            Err(rejection) => assert_eq!(rejection, Rejection::NotUncertain),
        }
    }

    /// Gives a command that must not cause any event.
    fn in_vain(&mut self, command: Command) {
        let before = self.past.len();
        self.command(command);
        assert_eq!(self.past.len(), before, "what was stale changed something");
    }

    fn queue(&mut self, person: u64, cost: u64, with_file: bool) {
        let message = message(100 + self.messages.len() as u64);
        self.messages.push(message);
        let (chat, file) = (chat(self.chat_with(person)), with_file.then(file));
        self.happened(vec![MessageQueued { message, chat, cost, at: self.now, ..queueing_as(11, "hi", file) }.into()]);
    }

    fn chat_with(&self, person: u64) -> u64 {
        self.chats.get(&person).copied().unwrap_or(person)
    }

    /// Erases the chat with this person, who has another one from then on. What was foreseen comes to pass, now or with
    /// the wake-ups of later.
    fn erase(&mut self, person: u64, at_once: bool) {
        let (nth, before) = (self.chat_with(person), self.past.len());
        let mut foreseen = self.state.foresee_erasure(chat(nth));
        foreseen.uncertain -= self.state.uncertain.values().filter(|known| known.chat == chat(nth)).count() as u64;
        self.happened(vec![erased(nth, self.now.ms())]);
        self.chats.insert(person, nth + 10);
        if at_once {
            while self.referee.gives_up() {
                self.wake_when_due();
            }
            assert_eq!(self.ended(chat(nth), before), foreseen);
        }
    }

    /// Returns what has happened to the messages of a chat since then.
    fn ended(&self, chat: ChatId, since: usize) -> ForeseenErasure {
        let mut ended = ForeseenErasure::default();
        for event in &self.past[since..] {
            match event {
                Event::MessageFailed(e) if e.chat == chat => ended.failed += 1,
                Event::CreditRefunded(e) if self.referee.chat(e.message) == chat => ended.refunded += e.amount,
                Event::SendUncertain(e) if self.referee.chat(e.message) == chat => ended.uncertain += 1,
                _ => {}
            }
        }
        ended
    }

    fn some(&self, which: usize) -> Option<MessageId> {
        self.messages.get(which.checked_rem(self.messages.len())?).copied()
    }

    fn wake_when_due(&mut self) {
        if let Some(wake_at) = self.due().wake_at {
            self.now = self.now.max(wake_at);
            let before = self.past.len();
            self.command(WAKE_UP);
            assert!(self.past.len() > before, "a wake-up was due and nothing came of it");
        }
    }

    fn end(&mut self, ending: impl FnOnce(MessageId, u32) -> Command) {
        let effects = self.due().effects;
        if let Some(Effect::Send { message, try_number, .. }) = effects.first().copied() {
            self.now = self.now.plus_ms(40);
            self.command(ending(message, try_number));
        }
    }

    fn end_with(&mut self, outcome: Outcome) {
        self.end(|message, try_number| Command::Tried {
            message,
            try_number,
            outcome,
            reporting: None,
            spelled: SpelledLookups::default(),
        });
    }

    fn stale(&mut self, which: usize, try_number: u32, outcome: Outcome) {
        let Some(message) = self.some(which) else { return };
        let current = self.state.current.is_some_and(|c| c.message == message && c.try_number == try_number);
        if !current {
            self.in_vain(Command::Tried {
                message,
                try_number,
                outcome,
                reporting: None,
                spelled: SpelledLookups::default(),
            });
        }
    }

    /// Ends one of the fetches that are due now or later.
    fn fetch(&mut self, which: usize, result: Came) {
        let Due { effects, later, .. } = self.due();
        let all = effects.into_iter().map(|effect| (Timestamp::default(), effect)).chain(later);
        let wanted: Vec<_> = all.filter_map(|(at, effect)| Some((at, wanted(&effect)?))).collect();
        let Some(place) = which.checked_rem(wanted.len()) else { return };
        let (before, (at, message)) = (self.past.len(), wanted[place]);
        self.now = self.now.max(at);
        self.command(file_of(message, result));
        assert!(self.past.len() > before, "a file was wanted and nothing came of it");
    }

    fn stale_fetch(&mut self, which: usize, result: Came) {
        let Some(message) = self.some(which) else { return };
        if !self.referee.wants_file(message) {
            self.in_vain(file_of(message, result));
        }
    }

    fn connect(&mut self, own_message_id: bool) {
        self.happened(vec![AccountConnected { own_message_id, ..connection(1, "+12025550100") }.into()]);
    }

    fn crash(&mut self) {
        self.state = self.replayed();
        let interrupted: Vec<_> = self.due().effects.iter().filter_map(Account::interrupted).collect();
        for command in interrupted {
            self.command(command);
        }
    }

    pub(super) fn replayed(&self) -> State {
        let mut state = State::default();
        self.past.iter().for_each(|event| Account::apply(&mut state, event));
        state
    }

    pub(super) fn take(&mut self, step: Step) {
        match step {
            Step::Queue { person, cost, file } => self.queue(person, cost, file),
            Step::QueueFiles { person } => (0..MANY_FILES).for_each(|_| self.queue(person, 2, true)),
            Step::Erase { person, at_once } => self.erase(person, at_once),
            Step::Pass(ms) => self.now = self.now.plus_ms(ms),
            Step::WakeNow => self.command(WAKE_UP),
            Step::WakeWhenDue => self.wake_when_due(),
            Step::End(outcome) => self.end_with(outcome),
            Step::EndWithoutFile(came) => self.end(|message, number| no_file(message, number, came)),
            Step::Stale(which, try_number, outcome) => self.stale(which, try_number, outcome),
            Step::Fetch { which, result } => self.fetch(which, result),
            Step::StaleFetch { which, result } => self.stale_fetch(which, result),
            Step::Seen(which) => self.about(which, super::seen),
            Step::FailLater(which) => self.about(which, super::failed_later),
            Step::Settle(which, settled_as) => self.about(which, |number| Command::Settle {
                message: message(number),
                settled_as,
                by: Who::Person(7),
                reason: "she called".to_owned(),
                reporting: None,
            }),
            Step::Pause => self.happened(vec![paused(1)]),
            Step::Resume => self.happened(vec![resumed(1)]),
            Step::Disconnect => self.happened(vec![disconnected(1, Who::Operator, self.now.ms())]),
            Step::Connect { own_message_id } => self.connect(own_message_id),
            Step::Pace { min_ms, span_ms } => self.happened(vec![pacing_changed(Some(1), min_ms, min_ms + span_ms)]),
            Step::Crash => self.crash(),
        }
    }

    fn about(&mut self, which: usize, command: impl Fn(u64) -> Command) {
        if let Some(message) = self.some(which) {
            self.command(command(message.bits()));
        }
    }

    /// Lets every waiting message be sent.
    pub(super) fn finish(&mut self) {
        self.connect(true);
        self.happened(vec![resumed(1)]);
        let mut outcomes: VecDeque<_> = [Outcome::ServerError, Outcome::Unknown].into();
        for _ in 0..10 + 4 * self.messages.len() {
            self.fetch(0, Came::Now);
            self.end_with(outcomes.pop_front().unwrap_or(Outcome::Sent));
            self.wake_when_due();
        }
        while self.referee.accepted_since().is_some() {
            self.wake_when_due();
        }
        for effect in self.due().effects {
            if let Effect::Notify { notice, .. } = effect {
                self.command(Command::Notified { notice });
            }
        }
    }
}

fn wanted(effect: &Effect) -> Option<MessageId> {
    match *effect {
        Effect::Fetch { message, .. } => Some(message),
        Effect::Send { .. } | Effect::Notify { .. } => None,
    }
}

fn file_of(message: MessageId, result: Came) -> Command {
    let file = Fetched { size: 70_000, mime: "application/pdf".to_owned() };
    Command::Fetched { message, result: if matches!(result, Came::Now) { Ok(file) } else { Err(missing(result)) } }
}

fn no_file(message: MessageId, try_number: u32, result: Came) -> Command {
    Command::NoFile { message, try_number, missing: missing(result) }
}

fn missing(result: Came) -> Missing {
    let prospect = match result {
        Came::Now | Came::Later => Prospect::Passing { retry_after_ms: 3_000 },
        Came::Never => Prospect::Final,
    };
    super::missing("file_http_error", prospect)
}
