//! The test numbers and what each of them does, like the test cards of payment providers.

use actors::account::outcome::{Outcome, Permanent, StopReason};

use super::address::Address;
use super::answer::Answer;

/// Time that the sender waits for an answer from number ...143.
const SLOW_ANSWER_MS: u64 = 20_000;
/// Number of tries of each message that number ...142 answers with an error.
const ERRORS_BEFORE_SENT: u32 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    Ordinary,
    NotOnWhatsApp,
    ServerError,
    ErrorTwice,
    Slow,
    Silent,
    Blocking,
}

impl Behaviour {
    pub(super) fn of(recipient: &Address) -> Self {
        match recipient.as_str() {
            "12025550140" => Self::NotOnWhatsApp,
            "12025550141" => Self::ServerError,
            "12025550142" => Self::ErrorTwice,
            "12025550143" => Self::Slow,
            "12025550144" => Self::Silent,
            "12025550145" => Self::Blocking,
            _ => Self::Ordinary,
        }
    }

    /// Why the number refuses this try (the first is number 1); `None` if it accepts the message.
    pub(super) fn refusal(self, try_number: u32) -> Option<Outcome> {
        match self {
            Self::ErrorTwice if try_number <= ERRORS_BEFORE_SENT => Some(Outcome::ServerError),
            Self::NotOnWhatsApp => Some(Outcome::Failed(Permanent::NotOnWhatsApp)),
            Self::ServerError => Some(Outcome::ServerError),
            Self::Blocking => Some(Outcome::Stopped { reason: StopReason::Blocked, until_ms: None }),
            Self::Ordinary | Self::ErrorTwice | Self::Slow | Self::Silent => None,
        }
    }

    /// The answer to a message that was taken, whether it came just now or earlier.
    pub(super) fn answer_to_taken(self, outcome: Outcome) -> Answer {
        match self {
            Self::Silent => Answer::lost(),
            Self::Slow => Answer { after_ms: Some(SLOW_ANSWER_MS), outcome },
            _ => Answer::at_once(outcome),
        }
    }
}

#[cfg(test)]
mod tests {
    use events::ids::MessageId;
    use events::time::Timestamp;

    use super::super::tests::message;
    use super::super::world::{Stats, World};
    use super::*;
    use crate::whatsapp::transports::MessageLookup;

    const NOW: Timestamp = Timestamp::from_ms(0);
    const SENT: Answer = Answer::at_once(Outcome::Sent);
    const LOST: Answer = Answer::lost();

    /// Sends one message `answers.len()` times and checks the answers; then checks that the phone has `copies` of it
    /// and that a look-up returns `known`.
    fn check_number(phone: &str, answers: &[Answer], copies: usize, known: MessageLookup) {
        let mut world = World::above(0);
        for answer in answers {
            assert_eq!(world.send(NOW, message(1, phone)), *answer, "{phone}");
        }
        assert_eq!(world.messages(&Address::parse(phone).expect("an address")).len(), copies, "{phone}");
        assert_eq!(world.lookup(MessageId::from_bits(1)), known, "{phone}");
    }

    #[test]
    fn number_140_is_not_on_whatsapp() {
        let answer = Answer::at_once(Outcome::Failed(Permanent::NotOnWhatsApp));
        check_number("+12025550140", &[answer.clone(), answer], 0, MessageLookup::NotSent);
    }

    #[test]
    fn number_141_always_answers_with_an_error() {
        let answer = Answer::at_once(Outcome::ServerError);
        check_number("+12025550141", &vec![answer; 5], 0, MessageLookup::NotSent);
    }

    #[test]
    fn number_142_answers_with_an_error_twice_for_each_message() {
        let error = Answer::at_once(Outcome::ServerError);
        check_number("+12025550142", &[error.clone(), error.clone()], 0, MessageLookup::NotSent);
        check_number("+12025550142", &[error.clone(), error.clone(), SENT, SENT], 1, MessageLookup::Sent);
        let mut world = World::above(0);
        let answers = [1, 1, 1, 2].map(|bits| world.send(NOW, message(bits, "+12025550142")));
        assert_eq!(answers, [error.clone(), error.clone(), SENT, error]);
        assert_eq!(world.stats(), Stats { sends: 4, duplicates: 0 });
    }

    #[test]
    fn number_143_has_the_message_at_once_and_answers_after_20_s() {
        let answer = Answer { after_ms: Some(20_000), outcome: Outcome::Sent };
        check_number("+12025550143", &[answer.clone(), answer], 1, MessageLookup::Sent);
    }

    #[test]
    fn number_144_has_the_message_once_and_nobody_ever_learns_it() {
        check_number("+12025550144", &[LOST, LOST, LOST], 1, MessageLookup::Unknown);
        let mut world = World::above(0);
        assert_eq!([1, 1].map(|bits| world.send(NOW, message(bits, "+12025550144"))), [LOST, LOST]);
        assert_eq!(world.stats(), Stats { sends: 2, duplicates: 1 });
        assert_eq!(world.updates(NOW.plus_ms(3_600_000), 0, 100), []);
    }

    #[test]
    fn number_145_blocks_the_account() {
        let answer = Answer::at_once(Outcome::Stopped { reason: StopReason::Blocked, until_ms: None });
        check_number("+12025550145", &[answer.clone(), answer], 0, MessageLookup::NotSent);
    }

    #[test]
    fn a_test_number_behaves_the_same_however_it_is_spelled() {
        let mut world = World::above(0);
        let answer = world.send(NOW, message(1, "12025550140:2@s.whatsapp.net"));
        assert_eq!(answer.outcome, Outcome::Failed(Permanent::NotOnWhatsApp));
    }
}
