//! One receiver hangs beside two hundred others, through the real program: none of them waits for it. Prints the time
//! from an event to its first try, with and without the hanging receiver.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use actors::webhook::AT_ONCE;
use events::time::Timestamp;
use serde_json::json;

use super::owner::{Owner, recorded};
use super::receiver::{Arrived, Receiver, status};
use crate::harness::{Server, Setup, let_others_run, wait_until};

const OTHERS: usize = 200;
const ROUNDS: usize = 2;
/// The number of passes in which the receiver hangs. Passes without it alternate with them, so that other load on the
/// machine affects both alike.
const PASSES: usize = 4;
const PHONE: &str = "+12025559999";
const HANGS: &str = "/crm0";
/// The time allowed for all reports of a pass.
const TOLD: Duration = Duration::from_mins(1);
/// The pause between two rounds, so that they do not wait for each other.
const PAUSE: Duration = Duration::from_millis(500);

/// Holds answers back while it is shut.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn set_shut(&self, shut: bool) {
        *self.0.0.lock().unwrap() = shut;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        drop(self.0.1.wait_while(self.0.0.lock().unwrap(), |shut| *shut).unwrap());
    }
}

fn account(nth: usize) -> String {
    format!("+1202555{nth:04}")
}

/// Writes to every account in rounds, and returns the reports that the other receivers got.
fn talk(server: &Server, receiver: &Receiver, name: &str) -> Vec<Arrived> {
    let simulator = server.simulator();
    for round in 0..ROUNDS {
        for nth in 0..AT_ONCE {
            simulator.receive(&account(0), &format!("+1202555{:04}", 9_000 + nth), &format!("{name} {round}"));
        }
        for nth in 1..=OTHERS {
            simulator.receive(&account(nth), PHONE, &format!("{name} {round}"));
        }
        let_others_run(PAUSE);
    }
    wait_until("all others are told", TOLD, || {
        let of_others = |report: &Arrived| report.path != HANGS && report.body.contains(name);
        let told: Vec<_> = receiver.arrived().into_iter().filter(of_others).collect();
        (told.len() == OTHERS * ROUNDS).then_some(told)
    })
}

/// The time from an event to its first try, in milliseconds: median and 99th percentile.
fn delays(server: &Server, told: &[Arrived]) -> (i64, i64) {
    let rows = recorded(server, "MessageReceived");
    let at = |row: &serde_json::Value| row["recorded_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let heard: BTreeMap<_, _> =
        rows.iter().map(|row| (row["data"]["message"].as_str().unwrap().to_owned(), at(row))).collect();
    let mut delays: Vec<i64> = told.iter().map(|report| report.at.ms() - heard[&report.ids()[0]].ms()).collect();
    delays.sort_unstable();
    (delays[delays.len() / 2], delays[delays.len() * 99 / 100])
}

#[test]
fn two_hundred_others_are_told_everything_while_one_receiver_hangs() {
    let gate = Gate::default();
    let shut = gate.clone();
    let receiver = Receiver::start(move |report| {
        if report.path == HANGS {
            shut.pass();
        }
        status(200)
    });
    let server = Setup::new().set("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8").start();
    let owners: Vec<Owner> = (0..=OTHERS)
        .map(|nth| {
            let owner = Owner::of(server.create_workspace(&format!("Workspace {nth}"), 0));
            owner.workspace.connect_account(&account(nth));
            owner.set(&json!({"url": receiver.url(&format!("/crm{nth}"))}));
            owner
        })
        .collect();
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for hangs in [false, true, true, false].repeat(PASSES / 2) {
        gate.set_shut(hangs);
        let told = talk(&server, &receiver, &format!("after {} reports,", with.len() + without.len()));
        if hangs {
            assert!(owners[0].shown()["owed"].as_u64() >= Some(AT_ONCE as u64), "it hung all the while");
            with.extend(told);
        } else {
            without.extend(told);
        }
        gate.set_shut(false);
        owners[0].wait_until_told();
    }

    let ((p50, p99), (p50_hanging, p99_hanging)) = (delays(&server, &without), delays(&server, &with));
    println!(
        "{OTHERS} workspaces, from event to first try: p50 {p50} ms, p99 {p99} ms; \
         while another one's receiver hangs: p50 {p50_hanging} ms, p99 {p99_hanging} ms"
    );
}
