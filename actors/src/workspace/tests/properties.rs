//! Properties that hold in every history of a workspace.

mod directory;
mod driver;
mod referee;

use proptest::prelude::*;

use self::driver::Driver;
use super::*;
use crate::decider::Decider;
use crate::spec::written_and_read;
use crate::workspace::State;

/// Something that happens to a workspace. Numbers choose among what exists.
#[derive(Debug, Clone, Copy)]
enum Step {
    Grant(u64),
    Connect(u64),
    Block(u64),
    Unblock(u64),
    Change(u64, Change),
    Pace(u32, u32),
    Switch(Option<bool>, Option<bool>),
    ReplaceToken(u8),
    CreateKey,
    RevokeKey(u32),
    AddTeammate(u8),
    RemoveTeammate(u32),
    Send(Submission, To),
    Rename(u64, u8),
    Assign(u64, Option<u8>),
    Hear { phone: u64, account: u64, message: u64, named: bool, by: By },
    Erase(u64),
    Refund(usize),
    Pass(u64),
}

/// The addresses by which a person is heard.
#[derive(Debug, Clone, Copy)]
enum By {
    Phone,
    Hidden,
    HiddenAndPhone,
    PhoneAndHidden,
}

/// A change of an account.
#[derive(Debug, Clone, Copy)]
enum Change {
    Pause,
    Resume,
    Disconnect,
    Lose,
    Return,
}

/// The way in which a message is submitted.
#[derive(Debug, Clone, Copy)]
struct Submission {
    sender: Option<u64>,
    /// The idempotency key, and which body came with it.
    key: Option<(u8, u8)>,
    file: bool,
    dry_run: bool,
    /// `None` for the API, otherwise the inbound token.
    token: Option<u8>,
}

#[derive(Debug, Clone, Copy)]
enum To {
    Phone(u64),
    Chat(u64),
    Name(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![5 => of_accounts(), 3 => of_settings(), 12 => of_messages(), 3 => of_chats()]
}

fn of_accounts() -> impl Strategy<Value = Step> {
    let change =
        prop::sample::select(vec![Change::Pause, Change::Resume, Change::Disconnect, Change::Lose, Change::Return]);
    prop_oneof![
        3 => (0..4_u64).prop_map(Step::Connect),
        1 => (1..5_u64).prop_map(Step::Block),
        1 => (1..5_u64).prop_map(Step::Unblock),
        4 => (1..5_u64, change).prop_map(|(nth, change)| Step::Change(nth, change)),
        1 => (0..3_u32, 0..3_u32).prop_map(|(min_ms, max_ms)| Step::Pace(min_ms, max_ms)),
    ]
}

fn of_settings() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => prop_oneof![4 => 0..5_u64, 1 => any::<u64>()].prop_map(Step::Grant),
        2 => (prop::option::of(prop::bool::weighted(0.8)), any::<Option<bool>>())
            .prop_map(|(enabled, strict)| Step::Switch(enabled, strict)),
        1 => (0..3_u8).prop_map(Step::ReplaceToken),
        1 => Just(Step::CreateKey),
        1 => (0..6_u32).prop_map(Step::RevokeKey),
        1 => (0..4_u8).prop_map(Step::AddTeammate),
        1 => (0..6_u32).prop_map(Step::RemoveTeammate),
    ]
}

fn of_messages() -> impl Strategy<Value = Step> {
    let key = prop::option::of((0..3_u8, 0..2_u8));
    let sending = (prop::option::of(0..5_u64), key, any::<bool>(), prop::bool::weighted(0.2), any::<Option<bool>>());
    let sending = sending.prop_map(|(sender, key, file, dry_run, newer)| {
        let token = newer.map(u8::from);
        Submission { sender, key, file, dry_run, token }
    });
    let to = prop_oneof![
        6 => (0..5_u64).prop_map(To::Phone),
        2 => (1..8_u64).prop_map(To::Chat),
        2 => (0..3_u8).prop_map(To::Name),
    ];
    prop_oneof![
        9 => (sending, to).prop_map(|(sending, to)| Step::Send(sending, to)),
        2 => any::<usize>().prop_map(Step::Refund),
        2 => prop_oneof![0..100_u64, 80_000_000..90_000_000_u64].prop_map(Step::Pass),
    ]
}

fn of_chats() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (1..8_u64, 0..3_u8).prop_map(|(chat, name)| Step::Rename(chat, name)),
        1 => (1..8_u64, prop::option::of(0..4_u8)).prop_map(|(chat, teammate)| Step::Assign(chat, teammate)),
        1 => (1..8_u64).prop_map(Step::Erase),
        3 => heard(),
    ]
}

fn heard() -> impl Strategy<Value = Step> {
    let by = prop::sample::select(vec![By::Phone, By::Phone, By::Hidden, By::HiddenAndPhone, By::PhoneAndHidden]);
    let heard = (0..4_u64, 1..4_u64, 500..520_u64, any::<bool>(), by);
    heard.prop_map(|(phone, account, message, named, by)| Step::Hear { phone, account, message, named, by })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_invariants(steps in prop::collection::vec(step(), 0..120)) {
        let mut driver = Driver::new();
        for step in steps {
            driver.take(step);
        }
        let mut again = State::default();
        driver.past.iter().for_each(|event| Workspace::apply(&mut again, event));
        prop_assert_eq!(&again, &driver.state);
        prop_assert_eq!(written_and_read::<Workspace>(&again), again);
    }
}
