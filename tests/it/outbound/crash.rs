//! Kills the server with SIGKILL while reports are under way, many times: every message is reported, in order, and
//! repeated reports are unchanged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actors::webhook::AT_ONCE;
use serde_json::json;

use super::owner::{Owner, events};
use super::receiver::{Arrived, Receiver, status};
use crate::harness::client::message;
use crate::harness::{
    ACCOUNT_PHONE, Server, Setup, Simulator, SimulatorProcess, Workspace, let_others_run, random_below, wait_until,
};

const ROUNDS: usize = 20;
const CHATS: usize = 12;
const CLOCK_RATE: u32 = 3_600;
const CREDITS: u64 = 1_000_000;
const KILL_AFTER_MS_MIN: u64 = 100;
const KILL_AFTER_MS_MAX: u64 = 600;
/// The most messages that each of the three sources makes in a round; keeps the final check affordable.
const SAID_MAX: usize = 40;
/// The receiver answers after this time, so that most kills hit reports under way.
const THINKS: Duration = Duration::from_millis(20);
/// The time allowed until nothing is owed any more.
const DRAINED: Duration = Duration::from_mins(5);

/// The texts of a round that must be reported: all that were acknowledged.
#[derive(Default)]
struct Said {
    told: BTreeSet<String>,
}

fn phone(nth: usize) -> String {
    format!("+12025551{:03}", nth % CHATS)
}

/// A text that names its speaker and chat, and ends with its sequence number.
fn text(who: &str, round: usize, nth: usize) -> String {
    format!("{who} {} {:06}", nth % CHATS, round * SAID_MAX + nth)
}

/// Lets contacts write and the owner type, even while no gateway is running.
fn talk(simulator: &Simulator, round: usize) -> Said {
    let mut said = Said::default();
    for nth in 0..SAID_MAX {
        let (heard, typed) = (text("heard", round, nth), text("typed", round, nth));
        simulator.receive(ACCOUNT_PHONE, &phone(nth), &heard);
        simulator.typed(ACCOUNT_PHONE, &phone(nth), &typed);
        said.told.extend([heard, typed]);
    }
    said
}

/// Sends as a CRM until the server is killed and no answer comes.
fn send(workspace: &Workspace, round: usize, killed: &AtomicBool) -> Said {
    let mut said = Said::default();
    for nth in 0..SAID_MAX {
        let sent = text("sent", round, nth);
        let Ok(answer) = workspace.try_post(&message(&phone(nth), &sent), &sent.replace(' ', "-")) else {
            assert!(killed.load(Ordering::Acquire), "no answer from a living server: {sent}");
            return said;
        };
        answer.message_id();
        said.told.insert(sent);
    }
    said
}

/// Lets all of them talk, and kills the server meanwhile.
fn round(server: &mut Server, workspace: &Workspace, simulator: &Simulator, round: usize) -> Said {
    let killed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let talking = scope.spawn(|| talk(simulator, round));
        let sending = scope.spawn(|| send(workspace, round, &killed));
        let time = KILL_AFTER_MS_MIN + random_below(KILL_AFTER_MS_MAX - KILL_AFTER_MS_MIN);
        let_others_run(Duration::from_millis(time));
        killed.store(true, Ordering::Release);
        server.kill9();
        let (mut said, sent) = (talking.join().unwrap(), sending.join().unwrap());
        said.told.extend(sent.told);
        said
    })
}

/// Returns the first request of each delivery.
fn firsts(arrived: &[Arrived]) -> Vec<&Arrived> {
    let mut seen = BTreeSet::new();
    arrived.iter().filter(|report| seen.insert(report.delivery().to_owned())).collect()
}

fn assert_everything_is_told_by_one_delivery(firsts: &[&Arrived], said: &Said) {
    let mut by: BTreeMap<String, &str> = BTreeMap::new();
    for report in firsts {
        for text in report.texts() {
            let other = by.insert(text.clone(), report.delivery());
            assert_eq!(other, None, "{text} is told by two deliveries");
        }
    }
    let missing: Vec<_> = said.told.iter().filter(|text| !by.contains_key(*text)).collect();
    assert!(missing.is_empty(), "never told: {missing:?}");
}

/// Checks that no report comes twice within one life of the server; after a kill, only those that were under way may,
/// unchanged. Returns how many did.
fn assert_only_what_was_under_way_comes_again(arrived: &[Arrived]) -> usize {
    let mut bodies: BTreeMap<&str, &str> = BTreeMap::new();
    let mut lives: BTreeSet<(&str, usize)> = BTreeSet::new();
    let mut again: BTreeMap<usize, usize> = BTreeMap::new();
    for report in arrived {
        assert!(lives.insert((report.delivery(), report.life)), "twice in one life: {report:?}");
        if let Some(first) = bodies.insert(report.delivery(), &report.body) {
            assert_eq!(first, report.body, "{report:?}");
            *again.entry(report.life).or_default() += 1;
        }
    }
    for (life, reports) in &again {
        assert!(*reports <= AT_ONCE, "life {life} tells {reports} again");
    }
    again.values().sum()
}

/// The messages of each chat, in order.
pub type Orders = BTreeMap<String, Vec<String>>;

/// Checks that the first requests are what the log owes, each chat in its order.
pub fn assert_in_order(firsts: &[&Arrived], flushed: &Orders) {
    let mut told = Orders::new();
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    for report in firsts {
        told.entry(report.chat()).or_default().extend(report.ids());
        for text in report.texts() {
            let (who, number) = text.rsplit_once(' ').unwrap();
            let before = last.insert(who.to_owned(), number.to_owned());
            assert!(before.as_deref() < Some(number), "{text} comes after {before:?}");
        }
    }
    assert_eq!(&told, flushed, "what the log owes, no more, no less, and in its order");
}

/// Returns the messages that each chat owes according to the log.
pub fn flushed(server: &Server) -> Orders {
    let mut orders = Orders::new();
    for event in events(server, "BundleFlushed") {
        let messages = event["messages"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
        orders.entry(event["chat"].to_string()).or_default().extend(messages);
    }
    orders
}

#[test]
fn no_report_is_lost_changed_or_out_of_order_by_kill_9_under_load() {
    let receiver = Receiver::start(|_| {
        let_others_run(THINKS);
        status(200)
    });
    let simulator = SimulatorProcess::start(CLOCK_RATE);
    let setup = Setup::new().set("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8");
    let mut server = setup.simulated_by(&simulator).clock_rate(CLOCK_RATE).start();
    let owner = Owner::of(server.create_workspace("Acme", CREDITS));
    owner.workspace.connect_account(ACCOUNT_PHONE);
    owner.set(&json!({"url": receiver.url("/hook")}));

    let mut said = Said::default();
    for nth in 0..ROUNDS {
        said.told.extend(round(&mut server, &owner.workspace, &simulator.client(), nth).told);
        receiver.another_life();
        server.restart();
    }
    wait_until("everything is told", DRAINED, || {
        let told: BTreeSet<_> = receiver.arrived().iter().flat_map(Arrived::texts).collect();
        (said.told.is_subset(&told) && owner.shown()["owed"] == 0).then_some(())
    });

    let arrived = receiver.arrived();
    let firsts = firsts(&arrived);
    assert_everything_is_told_by_one_delivery(&firsts, &said);
    let again = assert_only_what_was_under_way_comes_again(&arrived);
    assert_in_order(&firsts, &flushed(&server));
    assert!(again > 0, "no kill met a report under way");
    assert_eq!(owner.shown()["errors_in_a_row"], 0);
    assert_eq!(server.sigterm(), Some(0));
    let verified = server.command(&["events", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    println!("{ROUNDS} kills: {} deliveries, {again} of them told again", firsts.len());
}
