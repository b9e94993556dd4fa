//! Tests rules: given these past events, when this command comes, then these events follow.

pub(crate) mod facts;

use std::collections::VecDeque;
use std::fmt::Debug;

use events::event::Event;
use events::ids::{StreamId, WorkspaceId};
use events::log::{Batch, Log};
use events::snapshot::{self, Place};
use events::store::memory_log::MemoryLog;
use events::time::Timestamp;
use events::vault::MemoryVault;

use crate::decider::{Decider, Decision, LookupRequest, LookupResult};

/// The time `ms` milliseconds after the epoch.
pub(crate) const fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

/// An actor with its past events and the state they lead to.
pub(crate) struct Spec<D: Decider> {
    past: Vec<Event>,
    state: D::State,
    found: VecDeque<LookupResult>,
}

/// The decision on a command.
#[must_use]
pub(crate) struct Verdict<D: Decider> {
    spec: Spec<D>,
    decided: Result<Decision<D::Answer>, D::Rejection>,
}

impl<D: Decider> Spec<D> {
    /// Creates an actor with these past events.
    pub(crate) fn given(past: impl IntoIterator<Item = Event>) -> Self {
        let mut spec = Self { past: Vec::new(), state: D::State::default(), found: VecDeque::new() };
        spec.happened(past);
        spec
    }

    /// Adds more past events.
    pub(crate) fn and(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        self.happened(events);
        self
    }

    /// The same without checking a replay and a snapshot, which would take too long after each of so many events.
    pub(crate) fn quietly(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        for event in events {
            D::apply(&mut self.state, &event);
            self.past.push(event);
        }
        self
    }

    /// Sets the result of the next look-up, in order; look-ups without a result set here find nothing.
    pub(crate) fn finding(mut self, found: LookupResult) -> Self {
        self.found.push_back(found);
        self
    }

    /// Answers the look-ups that the rules ask for, then lets them decide.
    pub(crate) fn when(mut self, mut command: D::Command, now: Timestamp) -> Verdict<D> {
        let mut asked: Vec<(LookupRequest, LookupResult)> = Vec::new();
        while let Some(question) = D::next_lookup(&self.state, &command) {
            assert!(!asked.iter().any(|(before, _)| *before == question), "{question:?} is asked for ever");
            let found = self.found.pop_front().unwrap_or_else(|| nothing(&question));
            assert!(fits(&question, &found), "{question:?} was answered with {found:?}");
            D::resolve(&mut command, found.clone());
            asked.push((question, found));
        }
        assert!(self.found.is_empty(), "nobody asked for {:?}", self.found);
        // What was looked up in vain, because something else had to be read first, is asked for again.
        if !asked.is_empty() {
            D::forget_lookups(&mut command);
        }
        for (question, found) in asked {
            assert_eq!(D::next_lookup(&self.state, &command), Some(question), "after the look-ups were forgotten");
            D::resolve(&mut command, found);
        }
        let decided = D::decide(&self.state, command, now);
        Verdict { spec: self, decided }
    }

    /// Asserts that exactly these effects are due.
    pub(crate) fn due_effects(self, effects: impl IntoIterator<Item = D::Effect>) -> Self {
        let due = D::due(&self.state).effects;
        let wanted: Vec<_> = effects.into_iter().collect();
        assert!(due == wanted, "due is {due:?}, not {wanted:?}");
        self
    }

    /// Asserts that the next wake-up is at this time.
    pub(crate) fn due_wake_at(self, wake_at: Timestamp) -> Self {
        assert_eq!(D::due(&self.state).wake_at, Some(wake_at));
        self
    }

    /// Asserts that neither an effect nor a wake-up is due.
    pub(crate) fn due_nothing(self) -> Self {
        let due = D::due(&self.state);
        assert!(due.effects.is_empty() && due.wake_at.is_none(), "due is {due:?}");
        self
    }

    pub(crate) const fn state(&self) -> &D::State {
        &self.state
    }

    fn happened(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            D::apply(&mut self.state, &event);
            self.past.push(event);
        }
        let mut again = D::State::default();
        self.past.iter().for_each(|event| D::apply(&mut again, event));
        assert_eq!(again, self.state, "a replay gives another state");
        assert_eq!(written_and_read::<D>(&self.state), self.state, "a snapshot gives another state");
    }
}

/// Returns the state as a snapshot restores it.
pub(crate) fn written_and_read<D: Decider>(state: &D::State) -> D::State {
    let stream = StreamId::Workspace(WorkspaceId::nth(0));
    let place = Place { stream, rules: 1, position: 0, revision: 0 };
    let (pending, _) = snapshot::prepare(place, state, None).unwrap();
    let (log, vault) = (MemoryLog::default(), MemoryVault::endless());
    log.write(&Batch { notes: pending.notes(&vault).unwrap(), ..Batch::default() }).unwrap();
    let head = snapshot::head(&log, stream).unwrap().unwrap();
    snapshot::load(&log, &vault, stream, &head, 1, 0).unwrap().unwrap()
}

impl<D: Decider> Verdict<D>
where
    D::Answer: Debug + PartialEq,
    D::Rejection: PartialEq,
{
    /// Asserts this answer.
    pub(crate) fn answers(self, answer: &D::Answer) -> Self {
        match &self.decided {
            Ok(decision) => assert_eq!(&decision.answer, answer),
            Err(rejection) => panic!("refused with {rejection:?}"),
        }
        self
    }

    /// Asserts exactly these events in this order, and applies them.
    pub(crate) fn then(self, events: impl IntoIterator<Item = Event>) -> Spec<D> {
        let Self { mut spec, decided } = self;
        let wanted: Vec<_> = events.into_iter().collect();
        match decided {
            Ok(decision) => assert_eq!(decision.events, wanted),
            Err(rejection) => panic!("refused with {rejection:?}"),
        }
        spec.happened(wanted);
        spec
    }

    /// Asserts that no event follows.
    pub(crate) fn then_nothing(self) -> Spec<D> {
        self.then([])
    }

    /// Asserts that the command is rejected with this reason.
    pub(crate) fn then_rejected(self, rejection: &D::Rejection) -> Spec<D> {
        match &self.decided {
            Ok(decision) => panic!("not refused but {decision:?}"),
            Err(actual) => assert_eq!(actual, rejection),
        }
        self.spec
    }
}

/// Returns the look-up result for something that does not exist. Of room there is always enough.
pub(crate) const fn nothing(question: &LookupRequest) -> LookupResult {
    match question {
        LookupRequest::Peer(..) => LookupResult::Peer(None),
        LookupRequest::Chat(_) => LookupResult::Chat(None),
        LookupRequest::Responsible(_) => LookupResult::Responsible(None),
        LookupRequest::Named(_) => LookupResult::Named(Vec::new()),
        LookupRequest::Known(_) => LookupResult::Known(false),
        LookupRequest::Remembered(_) => LookupResult::Remembered(None),
        LookupRequest::Account(_) => LookupResult::Account(None),
        LookupRequest::Holders(_) => LookupResult::Holders(Vec::new()),
        LookupRequest::NamedByHand(_) => LookupResult::NamedByHand(false),
        LookupRequest::Reporting => LookupResult::Reporting(None),
        LookupRequest::Erased(_) => LookupResult::Erased(false),
        LookupRequest::Room(_) => LookupResult::Room(true),
    }
}

const fn fits(question: &LookupRequest, found: &LookupResult) -> bool {
    matches!(
        (question, found),
        (LookupRequest::Peer(..), LookupResult::Peer(_))
            | (LookupRequest::Chat(_), LookupResult::Chat(_))
            | (LookupRequest::Responsible(_), LookupResult::Responsible(_))
            | (LookupRequest::Named(_), LookupResult::Named(_))
            | (LookupRequest::Known(_), LookupResult::Known(_))
            | (LookupRequest::Remembered(_), LookupResult::Remembered(_))
            | (LookupRequest::Account(_), LookupResult::Account(_))
            | (LookupRequest::Holders(_), LookupResult::Holders(_))
            | (LookupRequest::NamedByHand(_), LookupResult::NamedByHand(_))
            | (LookupRequest::Reporting, LookupResult::Reporting(_))
            | (LookupRequest::Erased(_), LookupResult::Erased(_))
            | (LookupRequest::Room(_), LookupResult::Room(_))
    )
}
