//! Properties of an erased chat in every history: nothing is reported of it, and a replay without its texts leads to
//! the same states.

use events::account::MessageQueued;
use events::chat::AddressKind;
use events::codec::{Opening, decode_event, encode_event};
use events::vault::{MemoryVault, Owner, Vault};

use super::super::bundles::{entry, received_text};
use super::*;
use crate::decider::{LookupRequest, LookupResult};

/// Something that happens to a chat. Numbers choose among a few messages.
#[derive(Debug, Clone)]
enum Step {
    Queue(u64, String),
    Send { number: u64, is_owed: bool },
    Fail(u64),
    Settle { number: u64, settled_as: SettledAs, is_owed: bool },
    Hear { number: u64, text: String, is_owed: bool },
    Receipt(u64, Receipt),
    Rename(String),
    Assign,
    Learn { is_phone: bool },
    WakeUp,
    Close { window: u64, aggregated: bool },
    Erase,
    Forgotten,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![4 => of_messages(), 4 => of_reports(), 1 => of_persons()]
}

fn of_messages() -> impl Strategy<Value = Step> {
    let (number, text) = (10..16_u64, "[a-c<]{0,9}");
    let settled_as = prop_oneof![Just(SettledAs::Sent), Just(SettledAs::Failed)];
    prop_oneof![
        (number.clone(), text).prop_map(|(number, text)| Step::Queue(number, text)),
        (number.clone(), any::<bool>()).prop_map(|(number, is_owed)| Step::Send { number, is_owed }),
        number.clone().prop_map(Step::Fail),
        (number.clone(), settled_as, any::<bool>()).prop_map(|(number, settled_as, is_owed)| Step::Settle {
            number,
            settled_as,
            is_owed
        }),
        (16..19_u64, text, any::<bool>()).prop_map(|(number, text, is_owed)| Step::Hear { number, text, is_owed }),
        (number, any::<bool>()).prop_map(|(number, is_read)| Step::Receipt(
            number,
            if is_read { Receipt::Read } else { Receipt::Delivered }
        )),
    ]
}

fn of_reports() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::WakeUp),
        1 => (0..4_u64, any::<bool>()).prop_map(|(window, aggregated)| Step::Close { window, aggregated }),
    ]
}

fn of_persons() -> impl Strategy<Value = Step> {
    let learn = any::<bool>().prop_map(|is_phone| Step::Learn { is_phone });
    prop_oneof!["[A-C]{1,9}".prop_map(Step::Rename), Just(Step::Assign), learn, Just(Step::Forgotten)]
}

/// What happens before somebody asks to erase the chat, and after it, where many ask again.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let after = prop_oneof![6 => step(), 1 => Just(Step::Erase), 1 => Just(Step::Forgotten)];
    let all = (prop::collection::vec(step(), 0..30), prop::collection::vec(after, 0..30));
    all.prop_map(|(before, after)| before.into_iter().chain([Step::Erase]).chain(after).collect())
}

/// A chat that decides as in the runtime.
struct History {
    state: State,
    past: Vec<Event>,
    aggregation: Aggregation,
}

impl History {
    fn opened(aggregation: Aggregation) -> Self {
        let mut history = Self { state: State::default(), past: Vec::new(), aggregation };
        history.happened(opened_hidden());
        history
    }

    fn is_erased(&self) -> bool {
        self.past.iter().any(|event| matches!(event, Event::ChatErased(_)))
    }

    /// Checks the event and, once the chat is erased, what is left to do.
    fn happened(&mut self, event: Event) {
        let is_report = matches!(event, Event::BundleOpened(_) | Event::BundleFlushed(_));
        assert!(!is_report || !self.is_erased(), "reported though it is erased: {event:?}");
        Chat::apply(&mut self.state, &event);
        self.past.push(event);
        if self.is_erased() {
            let due = Chat::due(&self.state);
            let is_done = matches!(self.state.erasure(), Some(Erasure::Done { .. }));
            assert_eq!(due.effects, if is_done { vec![] } else { vec![forget()] });
            assert_eq!((due.wake_at, due.later.len(), self.state.owed()), (None, 0, 0));
            let State { name, phone, responsible, .. } = &self.state;
            assert_eq!((name.readable(), phone, responsible), (None, &None, &None));
        }
    }

    fn command(&mut self, mut command: Command) {
        while let Some(question) = Chat::next_lookup(&self.state, &command) {
            let found = match question {
                LookupRequest::Reporting => reporting(self.aggregation),
                LookupRequest::Account(_) => LookupResult::Account(Some(entry())),
                other => unreachable!("{other:?}"),
            };
            Chat::resolve(&mut command, found);
        }
        let Ok(decision) = Chat::decide(&self.state, command, at(20));
        decision.events.into_iter().for_each(|event| self.happened(event));
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Receipt(number, kind) => self.command(receipt(number, kind)),
            Step::WakeUp => self.command(wake_up()),
            Step::Close { window, aggregated } => self.command(close(window, aggregated)),
            Step::Erase => self.command(erase()),
            Step::Forgotten => self.command(Command::Forgotten),
            other => self.happened(event(other)),
        }
    }
}

/// Returns what another actor recorded.
fn event(step: Step) -> Event {
    let owed = |is_owed: bool| is_owed.then(webhook);
    match step {
        Step::Queue(number, text) => MessageQueued { chat: chat(1), ..queueing_as(number, &text, None) }.into(),
        Step::Send { number, is_owed } => {
            let Event::MessageSent(sent) = sent(number, 1, 20) else { unreachable!() };
            MessageSent { owed: owed(is_owed), ..sent }.into()
        }
        Step::Fail(number) => failed(number, "refused", 20),
        Step::Settle { number, settled_as, is_owed } => {
            let Event::MessageSettled(settled) = settled(number, settled_as, 20) else { unreachable!() };
            MessageSettled { owed: owed(is_owed), ..settled }.into()
        }
        Step::Hear { number, text, is_owed } => received_text(number, &text, owed(is_owed)),
        Step::Rename(name) => renamed(&name),
        Step::Assign => assigned(),
        Step::Learn { is_phone: true } => learnt(AddressKind::SpelledPhone, "+12025550101"),
        Step::Learn { is_phone: false } => learnt(AddressKind::Lid, "123@lid"),
        other => unreachable!("{other:?}"),
    }
}

/// Returns the events as they are read once the chat's key is destroyed.
fn without_texts(past: &[Event]) -> Vec<Event> {
    let vault = MemoryVault::new(1);
    vault.extend(&[(workspace(), 1)]).unwrap();
    let bytes = past.iter().map(|event| {
        let mut bytes = Vec::new();
        encode_event(event, &vault, &mut bytes).unwrap();
        bytes
    });
    let bytes: Vec<_> = bytes.collect();
    vault.destroy(Owner::Chat(chat(1))).unwrap();
    let read = |bytes: &Vec<u8>| decode_event(bytes, workspace(), Opening::With(&vault)).unwrap().0;
    bytes.iter().map(read).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_an_erased_chat_nothing_is_reported_or_known(is_gathered in any::<bool>(), steps in steps()) {
        let mut history = History::opened(if is_gathered { Aggregation::Day } else { Aggregation::None });
        for step in steps {
            history.take(step);
        }
        let count = |wanted: &str| history.past.iter().filter(|event| event.name() == wanted).count();
        prop_assert_eq!(count("ChatErased"), 1);
        prop_assert!(count("ChatKeyDestroyed") <= 1);
    }

    /// The state at every position behind the erasure is what it was when the texts could still be read.
    #[test]
    fn a_replay_without_its_texts_gives_the_states_of_an_erased_chat(steps in steps()) {
        let mut history = History::opened(Aggregation::None);
        for step in steps {
            history.take(step);
        }
        let (mut live, mut again, mut is_erased) = (State::default(), State::default(), false);
        for (event, without) in history.past.iter().zip(without_texts(&history.past)) {
            Chat::apply(&mut live, event);
            Chat::apply(&mut again, &without);
            is_erased |= matches!(event, Event::ChatErased(_));
            prop_assert!(!is_erased || live == again, "{:?} and {:?}", live, again);
        }
        prop_assert!(is_erased);
    }
}
