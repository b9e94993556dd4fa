//! Runs a webhook as the runtime does, and shows every event to the referee.

use std::collections::BTreeMap;

use events::event::Event;
use events::ids::DeliveryId;
use events::time::Timestamp;

use super::super::*;
use super::Step;
use super::referee::Referee;
use crate::decider::{Decider, Due};
use crate::webhook::State;

/// The number of persons with whom there are chats.
const PERSONS: u64 = 10;

/// A webhook that runs as in the runtime, and a referee that sees every event.
pub(super) struct Driver {
    pub(super) state: State,
    past: Vec<Event>,
    now: Timestamp,
    /// All deliveries, each with the number of its chat.
    deliveries: Vec<(u64, DeliveryId)>,
    /// How many chats with each person were erased.
    erasures: BTreeMap<u64, u64>,
    referee: Referee,
}

impl Driver {
    pub(super) fn new() -> Self {
        let (state, referee) = (State::default(), Referee::default());
        let (past, deliveries, erasures) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut driver = Self { state, past, now: at(1_000), deliveries, erasures, referee };
        driver.configure(url(Some(URL.to_owned())));
        driver
    }

    fn due(&self) -> Due<Effect> {
        Webhook::due(&self.state)
    }

    fn happened(&mut self, events: Vec<Event>) {
        self.referee.sees(self.now, &events);
        for event in events {
            Webhook::apply(&mut self.state, &event);
            self.past.push(event);
        }
        self.referee.agrees(self.now, &self.due());
    }

    fn command(&mut self, command: Command) {
        match Webhook::decide(&self.state, command, self.now) {
            Ok(decision) => self.happened(decision.events),
            Err(rejection) => self.referee.refuses(rejection),
        }
    }

    fn configure(&mut self, change: Configure) {
        self.command(Command::Configure(change));
    }

    /// Returns the number of the present chat with this person.
    fn chat_with(&self, person: u64) -> u64 {
        person + PERSONS * self.erasures.get(&person).copied().unwrap_or_default()
    }

    fn erase(&mut self, person: u64) {
        self.happened(vec![erased(self.chat_with(person), self.now.ms())]);
        *self.erasures.entry(person).or_default() += 1;
    }

    fn owe(&mut self, person: u64) {
        let chat = self.chat_with(person);
        let window = self.deliveries.iter().filter(|(known, _)| *known == chat).count() as u64 + 1;
        let message = message(chat * 1_000 + window);
        self.deliveries.push((chat, DeliveryId::of(message)));
        let Event::BundleFlushed(bundle) = flushed(chat, window) else { unreachable!() };
        self.happened(vec![BundleFlushed { messages: vec![message], at: self.now, ..bundle }.into()]);
    }

    fn some(&self, which: usize) -> Option<(u64, DeliveryId)> {
        self.deliveries.get(which.checked_rem(self.deliveries.len())?).copied()
    }

    fn wake_when_due(&mut self) {
        if let Some(wake_at) = self.due().wake_at {
            self.now = self.now.max(wake_at);
            let before = self.past.len();
            self.command(Command::WakeUp);
            assert!(self.past.len() > before, "a wake-up was due and nothing came of it");
        }
    }

    /// Asks for a delivery once more; refused if its chat was erased, and only then for that reason.
    fn resend(&mut self, which: usize) {
        let Some((number, delivery)) = self.some(which) else { return };
        let is_erased = self.referee.has_erased(chat(number));
        let resend = Command::Resend { delivery, chat: chat(number), by: operator(), erased: Some(is_erased) };
        let decided = Webhook::decide(&self.state, resend.clone(), self.now);
        assert_eq!(matches!(decided, Err(Rejection::ChatErased)), is_erased);
        self.command(resend);
    }

    /// Reports the e-mail about parked deliveries as handed over, if it is due now.
    fn told_of_parked(&mut self) {
        let due = self.due().later.into_iter().find_map(|(at, effect)| match effect {
            Effect::Outside(Outside::NotifyParked { notice, .. }) => Some((at, notice)),
            _ => None,
        });
        if let Some((_, notice)) = due.filter(|(at, _)| *at <= self.now) {
            let parkings = self.state.parkings();
            self.command(Command::ToldOfParked { notice, parkings });
        }
    }

    /// Returns the requests under way; after a crash, those that it interrupted.
    fn posts(&self) -> Vec<(DeliveryId, u32)> {
        let in_flight = self.state.in_flight.values().map(|one| (one.owed.delivery, one.try_number));
        let by_hand = self.state.by_hand.iter().map(|(delivery, by)| (*delivery, by.try_number));
        in_flight.chain(by_hand).collect()
    }

    fn ends(&mut self, (delivery, try_number): (DeliveryId, u32), outcome: Outcome) {
        self.now = self.now.plus_ms(40);
        self.referee.asked_ms = match outcome {
            Outcome::Failed { retry_after_ms, .. } => retry_after_ms.unwrap_or_default(),
            Outcome::Taken { .. } | Outcome::Erased => 0,
        };
        let before = self.past.len();
        let retry_ms = Arc::from(WAITS_MS);
        self.command(Command::Tried(Tried { delivery, try_number, outcome, by_listener: false, retry_ms }));
        assert!(self.past.len() > before, "a request ended and nothing came of it");
    }

    fn end(&mut self, which: usize, outcome: Outcome) {
        let posts = self.posts();
        if let Some(place) = which.checked_rem(posts.len()) {
            self.ends(posts[place], outcome);
        }
    }

    fn end_all(&mut self, outcome: &Outcome) {
        for post in self.posts() {
            self.ends(post, outcome.clone());
        }
    }

    fn end_by_person(&mut self, refused: u64) {
        for (delivery, try_number) in self.posts() {
            let (number, _) = *self.deliveries.iter().find(|(_, known)| *known == delivery).unwrap();
            let failed = Outcome::Failed { code: TIMEOUT.to_owned(), status: Some(422), retry_after_ms: None };
            let outcome = if (number - 1) % PERSONS < refused { failed } else { Outcome::Taken { status: 200 } };
            self.ends((delivery, try_number), outcome);
        }
    }

    /// Reports an outcome of a request that is not under way: no event may follow.
    fn stale(&mut self, which: usize, try_number: u32, outcome: Outcome) {
        let Some((_, delivery)) = self.some(which) else { return };
        if !self.posts().contains(&(delivery, try_number)) {
            let before = self.past.len();
            self.command(Command::Tried(Tried {
                delivery,
                try_number,
                outcome,
                by_listener: false,
                retry_ms: Arc::from(WAITS_MS),
            }));
            assert_eq!(self.past.len(), before, "what was stale changed something");
        }
    }

    pub(super) fn replayed(&self) -> State {
        let mut state = State::default();
        self.past.iter().for_each(|event| Webhook::apply(&mut state, event));
        state
    }

    pub(super) fn take(&mut self, step: Step) {
        match step {
            Step::Owe { person } => self.owe(person),
            Step::Erase { person } => self.erase(person),
            Step::Pass(ms) => self.now = self.now.plus_ms(ms),
            Step::WakeNow => self.command(Command::WakeUp),
            Step::WakeWhenDue => self.wake_when_due(),
            Step::End(which, outcome) => self.end(which, outcome),
            Step::EndAll(outcome) => self.end_all(&outcome),
            Step::EndByPerson { refused } => self.end_by_person(refused),
            Step::Stale(which, try_number, outcome) => self.stale(which, try_number, outcome),
            Step::Switch { on, discard } => self.configure(Configure { enabled: Some(on), discard, ..change() }),
            Step::Url(nth) => self.configure(url(nth.map(|nth| format!("{URL}/{nth}")))),
            Step::ResetErrors => self.command(Command::ResetErrors { by: operator() }),
            Step::Resend(which) => self.resend(which),
            Step::Discard(which) => {
                if let Some((number, delivery)) = self.some(which) {
                    let (by, reason) = (operator(), REASON.to_owned());
                    self.command(Command::Discard(Discard { delivery, chat: chat(number), by, reason }));
                }
            }
            Step::ToldOfParked => self.told_of_parked(),
            Step::Recover { past_ms } => {
                let since = at(self.now.ms() - i64::try_from(past_ms).unwrap());
                self.command(Command::Recover { since, by: operator() });
            }
            Step::Notified(notice) => self.command(Command::Notified { notice }),
        }
    }

    /// Lets the receiver accept everything from now on.
    pub(super) fn finish(&mut self) {
        self.configure(Configure { enabled: Some(true), ..url(Some(URL.to_owned())) });
        self.command(Command::Recover { since: at(0), by: operator() });
        for _ in 0..4 + 2 * self.deliveries.len() {
            self.end_all(&Outcome::Taken { status: 200 });
            self.wake_when_due();
        }
    }
}

/// A change that leaves all settings as they are.
fn change() -> Configure {
    Configure {
        webhook: webhook(),
        url: None,
        aggregation: None,
        enabled: None,
        discard: false,
        by: operator(),
        reason: REASON.to_owned(),
    }
}

fn url(url: Option<String>) -> Configure {
    Configure { url: Some(url), ..change() }
}
