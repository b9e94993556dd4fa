//! Properties that hold in every history of a webhook.

mod driver;
mod referee;

use proptest::prelude::*;

use self::driver::Driver;
use super::*;
use crate::spec::written_and_read;

/// Something that happens to a webhook. Numbers choose among the existing deliveries.
#[derive(Debug, Clone)]
enum Step {
    /// A chat with this person is to be reported.
    Owe {
        person: u64,
    },
    Pass(u64),
    WakeNow,
    WakeWhenDue,
    End(usize, Outcome),
    EndAll(Outcome),
    /// Ends all requests: those about the first persons fail, the others succeed.
    EndByPerson {
        refused: u64,
    },
    Stale(usize, u32, Outcome),
    Switch {
        on: bool,
        discard: bool,
    },
    Url(Option<u8>),
    ResetErrors,
    Resend(usize),
    Discard(usize),
    ToldOfParked,
    Recover {
        past_ms: u64,
    },
    Notified(u64),
    /// The chat with this person is erased; the next one is another chat.
    Erase {
        person: u64,
    },
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let asked = prop::option::weighted(0.2, 0..36_000_000_u64);
    let busy = prop_oneof![Just(429), Just(503)];
    let status = prop_oneof![4 => Just(None), 4 => Just(Some(422)), 4 => busy.prop_map(Some), 1 => Just(Some(410))];
    prop_oneof![
        2 => Just(Outcome::Taken { status: 200 }),
        5 => (status, asked).prop_map(|(status, retry_after_ms)| failed_with(status, retry_after_ms)),
        1 => Just(Outcome::Erased),
    ]
}

fn failed_with(status: Option<u16>, retry_after_ms: Option<u64>) -> Outcome {
    Outcome::Failed { code: TIMEOUT.to_owned(), status, retry_after_ms }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![10 => of_time(), 12 => of_tries(), 3 => of_owners()]
}

fn of_time() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (1..=10_u64).prop_map(|person| Step::Owe { person }),
        1 => (0..40_000_u64).prop_map(Step::Pass),
        1 => (0..40_000_000_u64).prop_map(Step::Pass),
        2 => Just(Step::WakeNow),
        8 => Just(Step::WakeWhenDue),
    ]
}

fn of_tries() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (any::<usize>(), outcome()).prop_map(|(which, outcome)| Step::End(which, outcome)),
        3 => outcome().prop_map(Step::EndAll),
        1 => (any::<usize>(), 0..14_u32, outcome()).prop_map(|(which, number, came)| Step::Stale(which, number, came)),
    ]
}

fn of_owners() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (prop::bool::weighted(0.8), prop::bool::weighted(0.2)).prop_map(|(on, discard)| Step::Switch { on, discard }),
        1 => prop::option::weighted(0.8, 0..2_u8).prop_map(Step::Url),
        1 => Just(Step::ResetErrors),
        3 => any::<usize>().prop_map(Step::Resend),
        1 => any::<usize>().prop_map(Step::Discard),
        2 => Just(Step::ToldOfParked),
        2 => (0..40_000_u64).prop_map(|past_ms| Step::Recover { past_ms }),
        1 => (0..3_u64).prop_map(Step::Notified),
        2 => (1..=10_u64).prop_map(|person| Step::Erase { person }),
    ]
}

/// A receiver that always refuses some chats and accepts all others.
fn refusing() -> impl Strategy<Value = Vec<Step>> {
    let round = prop_oneof![
        4 => Just(vec![Step::WakeWhenDue]),
        4 => Just(vec![Step::WakeWhenDue, Step::EndByPerson { refused: 4 }]),
        2 => (1..=10_u64).prop_map(|person| vec![Step::Owe { person }]),
        1 => (any::<usize>(), outcome()).prop_map(|(which, outcome)| vec![Step::End(which, outcome)]),
        1 => Just(vec![Step::ToldOfParked]),
        1 => (1..=10_u64).prop_map(|person| vec![Step::Erase { person }]),
    ];
    prop::collection::vec(round, 0..80).prop_map(|rounds| rounds.concat())
}

/// A receiver that is broken for long, with short waits, so that the webhook is switched off and deliveries are
/// parked.
fn bad_times() -> impl Strategy<Value = Vec<Step>> {
    let round = prop_oneof![
        6 => Just(vec![Step::WakeWhenDue, Step::EndAll(failed_with(None, None))]),
        1 => (1..=10_u64).prop_map(|person| vec![Step::Owe { person }]),
        1 => Just(vec![Step::WakeWhenDue, Step::End(0, Outcome::Taken { status: 200 })]),
        1 => (1..=10_u64).prop_map(|person| vec![Step::WakeWhenDue, Step::Erase { person }]),
    ];
    prop::collection::vec(round, 0..40).prop_map(|rounds| rounds.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_invariants(
        first in prop::collection::vec(step(), 0..100),
        refusing in refusing(),
        bad in bad_times(),
        then in prop::collection::vec(step(), 0..60),
    ) {
        let mut driver = Driver::new();
        for step in first.into_iter().chain(refusing).chain(bad).chain(then) {
            driver.take(step);
        }
        prop_assert_eq!(&driver.replayed(), &driver.state);
        prop_assert_eq!(&written_and_read::<Webhook>(&driver.state), &driver.state);
        driver.finish();
        prop_assert!(driver.state.owed.is_empty(), "still owed: {:?}", driver.state.owed);
        prop_assert_eq!(driver.replayed(), driver.state);
    }
}
