//! How rules are tested: given these facts, when that is asked, then this follows.

pub(crate) mod facts;

use std::collections::VecDeque;
use std::fmt::Debug;

use events::event::Event;
use events::ids::{StreamId, WorkspaceId};
use events::log::{Batch, Log};
use events::snapshot::{self, Place};
use events::store::memory_log::MemoryLog;
use events::time::Timestamp;

use crate::decider::{Decider, Decision, Found, Question};

/// A moment this many milliseconds after time began.
pub(crate) const fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

/// One actor with a past.
pub(crate) struct Spec<D: Decider> {
    past: Vec<Event>,
    state: D::State,
    found: VecDeque<Found>,
}

/// What a command came to.
#[must_use]
pub(crate) struct Verdict<D: Decider> {
    spec: Spec<D>,
    decided: Result<Decision<D::Answer>, D::Rejection>,
}

impl<D: Decider> Spec<D> {
    /// An actor to whom this has happened.
    pub(crate) fn given(past: impl IntoIterator<Item = Event>) -> Self {
        let mut spec = Self { past: Vec::new(), state: D::State::default(), found: VecDeque::new() };
        spec.happened(past);
        spec
    }

    /// What else has happened since.
    pub(crate) fn and(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        self.happened(events);
        self
    }

    /// The same, of so many events that a replay after each of them would take too long.
    pub(crate) fn quietly(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        for event in events {
            D::apply(&mut self.state, &event);
            self.past.push(event);
        }
        self
    }

    /// What the next command's look-ups find, in their order; those not named here find nothing.
    pub(crate) fn finding(mut self, found: Found) -> Self {
        self.found.push_back(found);
        self
    }

    /// Answers what the rule asks, then lets it decide.
    pub(crate) fn when(mut self, mut command: D::Command, now: Timestamp) -> Verdict<D> {
        while let Some(question) = D::asks(&self.state, &command) {
            let found = self.found.pop_front().unwrap_or_else(|| nothing(&question));
            assert!(fits(&question, &found), "{question:?} was answered with {found:?}");
            D::told(&mut command, found);
        }
        assert!(self.found.is_empty(), "nobody asked for {:?}", self.found);
        let decided = D::decide(&self.state, command, now);
        Verdict { spec: self, decided }
    }

    /// These effects are outstanding.
    pub(crate) fn due_effects(self, effects: impl IntoIterator<Item = D::Effect>) -> Self {
        let due = D::due(&self.state).effects;
        let wanted: Vec<_> = effects.into_iter().collect();
        assert!(due == wanted, "due is {due:?}, not {wanted:?}");
        self
    }

    /// The next wake-up is at this moment.
    pub(crate) fn due_wake_at(self, wake_at: Timestamp) -> Self {
        assert_eq!(D::due(&self.state).wake_at, Some(wake_at));
        self
    }

    /// Neither an effect nor a wake-up is outstanding.
    pub(crate) fn due_nothing(self) -> Self {
        let due = D::due(&self.state);
        assert!(due.effects.is_empty() && due.wake_at.is_none(), "due is {due:?}");
        self
    }

    /// What the actor remembers.
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

/// The state as it comes out of a snapshot.
pub(crate) fn written_and_read<D: Decider>(state: &D::State) -> D::State {
    let stream = StreamId::Workspace(WorkspaceId::nth(0));
    let (notes, head) = snapshot::store(Place { stream, rules: 1, position: 0, revision: 0 }, state, None).unwrap();
    let log = MemoryLog::default();
    log.write(&Batch { notes, ..Batch::default() }).unwrap();
    snapshot::load(&log, stream, &head, 1, 0).unwrap().unwrap()
}

impl<D: Decider> Verdict<D>
where
    D::Answer: Debug + PartialEq,
    D::Rejection: PartialEq,
{
    /// It is answered with this.
    pub(crate) fn answers(self, answer: &D::Answer) -> Self {
        match &self.decided {
            Ok(decision) => assert_eq!(&decision.answer, answer),
            Err(rejection) => panic!("refused with {rejection:?}"),
        }
        self
    }

    /// It causes these events, in this order.
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

    /// There is nothing left to do.
    pub(crate) fn then_nothing(self) -> Spec<D> {
        self.then([])
    }

    /// It is refused, and nothing changes.
    pub(crate) fn then_rejected(self, rejection: &D::Rejection) -> Spec<D> {
        match &self.decided {
            Ok(decision) => panic!("not refused but {decision:?}"),
            Err(actual) => assert_eq!(actual, rejection),
        }
        self.spec
    }
}

/// The answer where there is nothing of the kind.
pub(crate) const fn nothing(question: &Question) -> Found {
    match question {
        Question::Peer(..) => Found::Peer(None),
        Question::Chat(_) => Found::Chat(None),
        Question::Responsible(_) => Found::Responsible(None),
        Question::Named(_) => Found::Named(Vec::new()),
        Question::Known(_) => Found::Known(false),
        Question::Remembered(_) => Found::Remembered(None),
        Question::Account(_) => Found::Account(None),
        Question::Holders(_) => Found::Holders(Vec::new()),
        Question::NamedByHand(_) => Found::NamedByHand(false),
        Question::Reporting => Found::Reporting(None),
    }
}

const fn fits(question: &Question, found: &Found) -> bool {
    matches!(
        (question, found),
        (Question::Peer(..), Found::Peer(_))
            | (Question::Chat(_), Found::Chat(_))
            | (Question::Responsible(_), Found::Responsible(_))
            | (Question::Named(_), Found::Named(_))
            | (Question::Known(_), Found::Known(_))
            | (Question::Remembered(_), Found::Remembered(_))
            | (Question::Account(_), Found::Account(_))
            | (Question::Holders(_), Found::Holders(_))
            | (Question::NamedByHand(_), Found::NamedByHand(_))
            | (Question::Reporting, Found::Reporting(_))
    )
}
