//! Tests that `RULES`, the number by which a snapshot names the rules that made it, is raised when the rules change:
//! as long as it stays the same, each golden history is folded into the same bytes. A golden history never changes; a
//! new type of event gets its own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a broken helper fails the test")]

mod of_messages;
mod of_webhooks;
mod of_workspaces;
mod pick;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use actors::account::Account;
use actors::chat::Chat;
use actors::decider::Decider;
use actors::runtime::replay::RULES;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::codec;
use events::event::Event;
use events::ids::{AccountId, ChatId, StreamId};
use events::personal::Digest;
use events::snapshot::{self, Place};
use events::vault::MemoryVault;
use pick::{Pick, webhook, workspace};

const GOLDEN: &str = include_str!("../golden/rules.txt");
/// Set this variable to write the golden file: missing lines, histories whose events have a new version and fold as
/// before, and all states once `RULES` has been raised.
const BLESS: &str = "TIDINGS_TEST_BLESS";

const EVENTS: usize = 3_000;
const SEEDS: u64 = 3;

/// The name of a kind of history, and the function that makes its next event. Existing kinds never change.
type Kind = (&'static str, fn(&mut Pick) -> Event);

const KINDS: &[Kind] = &[("any", any), ("waiting", waiting), ("listened", listened), ("erased", erased)];

/// Events of all types, often in an order that no actor would decide.
fn any(pick: &mut Pick) -> Event {
    match pick.below(4) {
        0 => of_workspaces::event(pick),
        1 => of_webhooks::event(pick),
        _ => of_messages::event(pick),
    }
}

/// Events that leave most messages and deliveries unfinished.
fn waiting(pick: &mut Pick) -> Event {
    match pick.below(20) {
        0 => any(pick),
        1..8 => of_messages::waiting(pick),
        8..11 => of_messages::tried(pick),
        11..15 => of_webhooks::bundle(pick),
        _ => of_webhooks::delivery(pick),
    }
}

/// Deliveries of a webhook to which programs listen now and then.
fn listened(pick: &mut Pick) -> Event {
    match pick.below(20) {
        0 => of_webhooks::listening(pick),
        1..6 => of_webhooks::event(pick),
        6..10 => of_webhooks::bundle(pick),
        _ => of_webhooks::delivery(pick),
    }
}

/// Chats whose persons get known by other addresses and ask to be erased.
fn erased(pick: &mut Pick) -> Event {
    match pick.below(40) {
        0 => of_workspaces::of_the_log(pick),
        1..5 => of_workspaces::of_persons(pick),
        5..9 => of_messages::accepted(pick),
        9..14 => of_workspaces::event(pick),
        14..20 => of_webhooks::event(pick),
        _ => of_messages::event(pick),
    }
}

/// Returns all histories with their names.
fn histories() -> Vec<(String, Vec<Event>)> {
    let seeds = KINDS.iter().flat_map(|kind| (1..=SEEDS).map(move |seed| (kind, seed)));
    let history = |((name, event), seed): (&Kind, u64)| {
        let mut pick = Pick::new(seed);
        (format!("{name}.{seed}"), (0..EVENTS).map(|_| event(&mut pick)).collect())
    };
    seeds.map(history).collect()
}

/// Digests of the events of one actor in a history, and of what the rules fold them into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Folded {
    history: Digest,
    /// Of the states after each event.
    states: Digest,
}

/// Folds each history with the present rules; returns the digests by actor and history.
fn folded() -> BTreeMap<String, Folded> {
    let mut folded = BTreeMap::new();
    for (name, history) in histories() {
        folded.insert(format!("workspace {name}"), fold::<Workspace>(workspace(), &history));
        folded.insert(format!("account {name}"), fold::<Account>(AccountId::nth(workspace(), 1).unwrap(), &history));
        folded.insert(format!("chat {name}"), fold::<Chat>(ChatId::nth(workspace(), 1).unwrap(), &history));
        folded.insert(format!("webhook {name}"), fold::<Webhook>(webhook(), &history));
    }
    folded
}

fn fold<D: Decider>(id: D::Id, history: &[Event]) -> Folded {
    let (mut state, mut bytes, vault) = (D::State::default(), Vec::new(), MemoryVault::transparent());
    let mut states = Digest::of(b"");
    for event in history.iter().filter(|event| event.concerns(D::stream(id))) {
        codec::encode_event(event, &vault, &mut bytes).unwrap();
        D::apply(&mut state, event);
        states = Digest::of(&[states.0.as_slice(), &kept::<D>(id, &state)].concat());
    }
    Folded { history: Digest::of(&bytes), states }
}

/// Returns the bytes that a snapshot stores of a state; its texts stay as they are, and the same state gives the same
/// bytes.
fn kept<D: Decider>(id: D::Id, state: &D::State) -> Vec<u8> {
    let place = Place { stream: D::stream(id), rules: RULES, position: 1, revision: 1 };
    let (pending, _) = snapshot::prepare(place, state, None).unwrap();
    let mut parts = pending.notes(&MemoryVault::transparent()).unwrap();
    // The last part is the head, which names the rules.
    parts.pop();
    parts.into_iter().filter_map(|(_, value)| value).flatten().collect()
}

/// Digests of a history and of its states, by name.
type Lines = BTreeMap<&'static str, (&'static str, &'static str)>;

/// Returns the number of the rules in the golden file, and its lines.
fn golden() -> (u64, Lines) {
    let mut lines = GOLDEN.lines().filter(|line| !line.starts_with('#'));
    let rules = lines.next().and_then(|line| line.strip_prefix("rules ")?.parse().ok()).unwrap_or(0);
    let parts = |line: &'static str| {
        let (rest, states) = line.rsplit_once(' ')?;
        let (name, history) = rest.rsplit_once(' ')?;
        Some((name, (history, states)))
    };
    (rules, lines.filter_map(parts).collect())
}

/// Returns what is wrong with the golden line of this name, if anything.
fn complaint(name: &str, folded: Folded, (rules, lines): &(u64, Lines)) -> Option<String> {
    let Some((history, states)) = lines.get(name) else {
        return Some(format!("{name}: no golden line; {BLESS}=1 writes it"));
    };
    if is_written_anew(folded, (history, states)) {
        return Some(format!(
            "{name}: the same states come of other bytes. If an event has got a new version, {BLESS}=1 writes its new \
             bytes; otherwise leave the golden history as it was and add another kind"
        ));
    }
    if folded.history.to_string() != *history {
        return Some(format!(
            "{name}: a golden history has changed, and is folded into other states. Leave it as it was and add another \
             kind: in Pick, draw nothing more for what is there. A new version of an event comes first, without any rule \
             that reads what is new in it"
        ));
    }
    (folded.states.to_string() != *states && *rules == RULES).then(|| {
        format!(
            "{name}: this history is folded into another state than before, so snapshots of before are wrong now. Raise \
             RULES in actors/src/runtime/replay.rs to {}, then {BLESS}=1 writes the new golden states",
            RULES + 1
        )
    })
}

/// True if the events of a history have other bytes, as after a new version of one of them, and fold as before.
fn is_written_anew(folded: Folded, (history, states): (&str, &str)) -> bool {
    folded.history.to_string() != history && folded.states.to_string() == states
}

fn bless(folded: &BTreeMap<String, Folded>) {
    let mut text: String =
        GOLDEN.lines().filter(|line| line.starts_with('#')).fold(String::new(), |text, line| text + line + "\n");
    writeln!(text, "rules {RULES}").unwrap();
    for (name, Folded { history, states }) in folded {
        writeln!(text, "{name} {history} {states}").unwrap();
    }
    std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/rules.txt"), text).unwrap();
}

#[test]
fn the_same_rules_fold_a_golden_history_into_the_same_states() {
    let (folded, golden) = (folded(), golden());
    let wrong: Vec<String> = folded.iter().filter_map(|(name, folded)| complaint(name, *folded, &golden)).collect();
    let (rules, lines) = golden;
    let is_new = |(name, folded): &(&String, &Folded)| {
        lines.get(name.as_str()).is_none_or(|line| is_written_anew(**folded, *line))
    };
    let new = folded.iter().filter(is_new).count();
    if std::env::var_os(BLESS).is_some() && rules <= RULES && wrong.len() == new {
        return bless(&folded);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(rules, RULES, "the golden file is of other rules; {BLESS}=1 writes it for these");
}

#[test]
fn every_type_of_event_is_in_a_golden_history_of_every_kind_of_actor_that_it_concerns() {
    let all: Vec<Event> = histories().into_iter().flat_map(|(_, history)| history).collect();
    let mut folded: BTreeSet<(&str, &str)> = BTreeSet::new();
    let streams = [
        Workspace::stream(workspace()),
        Account::stream(AccountId::nth(workspace(), 1).unwrap()),
        Chat::stream(ChatId::nth(workspace(), 1).unwrap()),
        Webhook::stream(webhook()),
    ];
    for event in &all {
        let concerned = streams.iter().filter(|stream| event.concerns(**stream));
        folded.extend(concerned.filter_map(|stream| Some((event.name(), kind(*stream)?))));
    }
    for event in &all {
        for stream in event.streams().into_iter().flatten() {
            let is_folded = |kind| folded.contains(&(event.name(), kind));
            assert!(kind(stream).is_none_or(is_folded), "{} of {stream}", event.name());
        }
    }
    let there: BTreeSet<&str> = all.iter().map(Event::name).collect();
    let missing: Vec<_> = Event::NAMES.iter().filter(|name| !there.contains(**name)).collect();
    assert!(missing.is_empty(), "in no golden history: {missing:?}");
}

/// Returns the kind of actor that folds a stream; none folds that of the log itself.
const fn kind(stream: StreamId) -> Option<&'static str> {
    match stream {
        StreamId::Workspace(_) => Some("workspace"),
        StreamId::Account(_) => Some("account"),
        StreamId::Chat(_) => Some("chat"),
        StreamId::Webhook(_) => Some("webhook"),
        StreamId::Log => None,
    }
}

/// A rule that changes is never taken for a new version of an event, nor the other way round.
#[test]
fn only_what_folds_as_before_may_have_other_bytes() {
    let digests = ["a", "b"].map(|text| Digest::of(text.as_bytes()));
    let texts = digests.map(|digest| digest.to_string());
    for (history, states, is_anew) in [(0, 0, false), (1, 0, true), (0, 1, false), (1, 1, false)] {
        let folded = Folded { history: digests[history], states: digests[states] };
        assert_eq!(is_written_anew(folded, (&texts[0], &texts[0])), is_anew, "{history} {states}");
    }
}
