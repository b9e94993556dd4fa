//! Properties that hold in every history of an account.

mod driver;
mod referee;

use events::account::SettledAs;
use proptest::prelude::*;

use self::driver::Driver;
use super::*;
use crate::account::outcome::{Acceptance, Permanent, Scope, StopReason};
use crate::decider::Decider;
use crate::spec::written_and_read;

const DAY_MS: u64 = 24 * 3_600_000;
const WEEK_MS: u64 = 7 * DAY_MS;

/// Something that happens to an account. Numbers choose among the existing messages.
#[derive(Debug, Clone)]
enum Step {
    Queue { person: u64, cost: u64, file: bool },
    QueueFiles { person: u64 },
    Pass(u64),
    WakeNow,
    WakeWhenDue,
    End(Outcome),
    EndWithoutFile(Came),
    Stale(usize, u32, Outcome),
    Fetch { which: usize, result: Came },
    StaleFetch { which: usize, result: Came },
    Seen(usize),
    FailLater(usize),
    Settle(usize, SettledAs),
    Pause,
    Resume,
    Disconnect,
    Connect { own_message_id: bool },
    Pace { min_ms: u32, span_ms: u32 },
    Erase { person: u64, at_once: bool },
    Crash,
}

/// The result of a fetch.
#[derive(Debug, Clone, Copy)]
enum Came {
    Now,
    Later,
    Never,
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let scope = prop_oneof![Just(Scope::Pair), Just(Scope::Account)];
    prop_oneof![
        4 => Just(Outcome::Sent),
        3 => Just(Outcome::Accepted(Acceptance::default())),
        1 => Just(Outcome::Failed(Permanent::NotOnWhatsApp)),
        1 => Just(Outcome::Failed(Permanent::Refused)),
        2 => Just(Outcome::ServerError),
        2 => Just(Outcome::Unknown),
        1 => Just(Outcome::NotConnected),
        2 => (0..20_000_u64, scope).prop_map(|(after_ms, scope)| Outcome::RateLimited { after_ms, scope }),
        1 => prop::option::of(0..20_000_u64)
            .prop_map(|until_ms| Outcome::Stopped { reason: StopReason::Blocked, until_ms }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![10 => of_queue(), 21 => of_tries(), 6 => of_files(), 8 => of_verdicts(), 5 => of_holds()]
}

fn of_queue() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..=3_u64, 1..=2_u64, prop::bool::weighted(0.3))
            .prop_map(|(person, cost, file)| Step::Queue { person, cost, file }),
        1 => (1..=2_u64).prop_map(|person| Step::QueueFiles { person }),
        3 => (0..4_000_u64).prop_map(Step::Pass),
        1 => (59_000..61_000_u64).prop_map(Step::Pass),
        1 => prop_oneof![DAY_MS - 2..DAY_MS + 3, WEEK_MS - 2..WEEK_MS + 3].prop_map(Step::Pass),
    ]
}

fn of_tries() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::WakeNow),
        8 => Just(Step::WakeWhenDue),
        8 => outcome().prop_map(Step::End),
        2 => prop_oneof![Just(Came::Never), Just(Came::Later)].prop_map(Step::EndWithoutFile),
        2 => (any::<usize>(), 0..4_u32, outcome()).prop_map(|(which, number, came)| Step::Stale(which, number, came)),
    ]
}

fn of_files() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<usize>(), file()).prop_map(|(which, result)| Step::Fetch { which, result }),
        1 => (any::<usize>(), file()).prop_map(|(which, result)| Step::StaleFetch { which, result }),
    ]
}

fn file() -> impl Strategy<Value = Came> {
    prop_oneof![6 => Just(Came::Now), 2 => Just(Came::Later), 1 => Just(Came::Never)]
}

fn of_verdicts() -> impl Strategy<Value = Step> {
    let settled_as = prop_oneof![Just(SettledAs::Sent), Just(SettledAs::Failed)];
    prop_oneof![
        2 => any::<usize>().prop_map(Step::Seen),
        2 => any::<usize>().prop_map(Step::FailLater),
        2 => (any::<usize>(), settled_as).prop_map(|(which, verdict)| Step::Settle(which, verdict)),
        1 => (1..=3_u64, any::<bool>()).prop_map(|(person, at_once)| Step::Erase { person, at_once }),
        1 => Just(Step::Crash),
    ]
}

fn of_holds() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Pause),
        3 => Just(Step::Resume),
        1 => Just(Step::Disconnect),
        2 => any::<bool>().prop_map(|own_message_id| Step::Connect { own_message_id }),
        1 => (0..5_000_u32, 0..5_000_u32).prop_map(|(min_ms, span_ms)| Step::Pace { min_ms, span_ms }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_invariants(own in any::<bool>(), steps in prop::collection::vec(step(), 0..150)) {
        let mut driver = Driver::new(own);
        for step in steps {
            driver.take(step);
        }
        prop_assert_eq!(&driver.replayed(), &driver.state);
        prop_assert_eq!(&written_and_read::<Account>(&driver.state), &driver.state);
        driver.finish();
        prop_assert!(driver.state.queue.is_empty(), "still waiting: {:?}", driver.state.queue);
        let due = Account::due(&driver.state);
        prop_assert!(due.effects.is_empty() && due.wake_at.is_none() && due.waiting == 0, "{due:?}");
        prop_assert_eq!(driver.replayed(), driver.state);
    }
}
