//! Runs a webhook as the runtime does, and shows every event to the referee.

use events::event::Event;
use events::ids::DeliveryId;
use events::time::Timestamp;

use super::super::*;
use super::Step;
use super::referee::Referee;
use crate::decider::{Decider, Due};
use crate::webhook::State;

/// A webhook that runs as in the runtime, and a referee that sees every event.
pub(super) struct Driver {
    pub(super) state: State,
    past: Vec<Event>,
    now: Timestamp,
    /// All deliveries, each with the number of its chat.
    deliveries: Vec<(u64, DeliveryId)>,
    referee: Referee,
}

impl Driver {
    pub(super) fn new() -> Self {
        let (state, referee) = (State::default(), Referee::default());
        let mut driver = Self { state, past: Vec::new(), now: at(1_000), deliveries: Vec::new(), referee };
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

    fn owe(&mut self, chat: u64) {
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
            Outcome::Taken { .. } => 0,
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

    fn end_by_chat(&mut self, refused: u64) {
        for (delivery, try_number) in self.posts() {
            let (number, _) = *self.deliveries.iter().find(|(_, known)| *known == delivery).unwrap();
            let failed = Outcome::Failed { code: TIMEOUT.to_owned(), status: Some(422), retry_after_ms: None };
            let outcome = if number <= refused { failed } else { Outcome::Taken { status: 200 } };
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
            Step::Owe { chat } => self.owe(chat),
            Step::Pass(ms) => self.now = self.now.plus_ms(ms),
            Step::WakeNow => self.command(Command::WakeUp),
            Step::WakeWhenDue => self.wake_when_due(),
            Step::End(which, outcome) => self.end(which, outcome),
            Step::EndAll(outcome) => self.end_all(&outcome),
            Step::EndByChat { refused } => self.end_by_chat(refused),
            Step::Stale(which, try_number, outcome) => self.stale(which, try_number, outcome),
            Step::Switch { on, discard } => self.configure(Configure { enabled: Some(on), discard, ..change() }),
            Step::Url(nth) => self.configure(url(nth.map(|nth| format!("{URL}/{nth}")))),
            Step::ResetErrors => self.command(Command::ResetErrors { by: operator() }),
            Step::Resend(which) => {
                if let Some((number, delivery)) = self.some(which) {
                    self.command(Command::Resend { delivery, chat: chat(number), by: operator() });
                }
            }
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
