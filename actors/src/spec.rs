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

use crate::decider::{Decider, Decision, LookupRequest, LookupResult};

/// A moment this many milliseconds after time began.
pub(crate) const fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

/// One actor with a past.
pub(crate) struct Spec<D: Decider> {
    past: Vec<Event>,
    state: D::State,
    found: VecDeque<LookupResult>,
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
    pub(crate) fn finding(mut self, found: LookupResult) -> Self {
        self.found.push_back(found);
        self
    }

    /// Answers what the rule asks, then lets it decide.
    pub(crate) fn when(mut self, mut command: D::Command, now: Timestamp) -> Verdict<D> {
        while let Some(question) = D::next_lookup(&self.state, &command) {
            let found = self.found.pop_front().unwrap_or_else(|| nothing(&question));
            assert!(fits(&question, &found), "{question:?} was answered with {found:?}");
            D::resolve(&mut command, found);
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
    )
}
