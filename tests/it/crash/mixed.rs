//! Kills the server under every kind of load at once, many times, also during start-up, and compares the result with
//! a record that the gateway never touches.

mod crm;
mod eraser;
mod owner;
mod proof;
mod record;
mod reports;
mod rings;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use self::crm::Crm;
use self::eraser::Eraser;
use self::owner::Switches;
use self::record::{Entry, Record, Talk};
use crate::files::sent::setup;
use crate::files::site::{Reply, Site, site};
use crate::harness::{Server, Setup, Simulator, SimulatorProcess, Workspace, let_others_run, random_below, wait_until};
use crate::outbound::owner::Owner;
use crate::outbound::receiver::{Arrived, Receiver, status};

/// The number of kills, unless `TIDINGS_CRASH_ROUNDS` sets another.
const ROUNDS: usize = 20;
/// At this rate an aggregation of one hour takes six seconds, and a gap between two messages three milliseconds.
const CLOCK_RATE: u32 = 600;
const CREDITS: u64 = 10_000_000;
/// Each CRM has its own account and chats.
const CRMS: usize = 3;
const CHATS: usize = 6;
/// The most messages that the contacts, the owners' phones and each CRM send in a round; keeps the final check
/// affordable.
const SAID_MAX: usize = 40;
const KILL_AFTER_MS_MIN: u64 = 50;
const KILL_AFTER_MS_MAX: u64 = 300;
/// One kill in this many is followed by a kill during start-up, which may be followed by another.
const KILLED_STARTING: u64 = 3;
const STARTING_MS_MAX: u64 = 700;
/// The receiver refuses one report in this many.
const REPORTS_REFUSED: u64 = 12;
const THINKS: Duration = Duration::from_millis(5);
/// The time allowed until nothing is queued or owed any more.
const DRAINED: Duration = Duration::from_mins(5);
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

/// The parts around the gateway that survive its kills.
struct Around {
    record: Record,
    receiver: Receiver,
    files: Site,
    simulator: SimulatorProcess,
}

/// The totals of all rounds.
#[derive(Debug, Default)]
struct Sum {
    kills: usize,
    kills_starting: usize,
    unanswered: usize,
    unanswered_durable: usize,
}

impl Around {
    fn start() -> Self {
        let record = Record::create();
        let receiver = Receiver::start({
            let record = record.clone();
            move |report| answer(&record, report)
        });
        let files = site(|path| if path == "/gone.png" { Reply::status(404) } else { Reply::file(PNG) });
        Self { record, receiver, files, simulator: SimulatorProcess::start(CLOCK_RATE) }
    }

    fn gateway(&self) -> Setup {
        let setup = setup().set("TIDINGS_OUTBOUND__ATTACHMENTS", "include");
        setup.simulated_by(&self.simulator).clock_rate(CLOCK_RATE)
    }
}

/// Answers most reports with 200, the others with 500, and records each answer before it is sent.
fn answer(record: &Record, report: &Arrived) -> Vec<u8> {
    let code = if random_below(REPORTS_REFUSED) == 0 { 500 } else { 200 };
    record.add(&Entry::reported(report, code));
    let_others_run(THINKS);
    status(code)
}

fn account(crm: usize) -> String {
    format!("+1202555900{crm}")
}

fn phone(crm: usize, nth: usize) -> String {
    format!("+12025551{crm}{:02}", nth % CHATS)
}

/// A text that names its speaker, CRM and chat, and ends with its sequence number.
fn text(who: &str, crm: usize, round: usize, nth: usize) -> String {
    format!("{who} {crm} {} {:06}", nth % CHATS, round * SAID_MAX + nth)
}

/// Lets contacts write and owners type on their phones, even while no gateway is running.
fn talk(simulator: &Simulator, record: &Record, round: usize) {
    for nth in 0..SAID_MAX {
        let crm = nth / CHATS % CRMS;
        let (heard, typed) = (text("heard", crm, round, nth), text("typed", crm, round, nth));
        simulator.receive(&account(crm), &phone(crm, nth), &heard);
        record.add(&Entry::Said(Talk { text: heard }));
        simulator.typed(&account(crm), &phone(crm, nth), &typed);
        record.add(&Entry::Said(Talk { text: typed }));
    }
}

/// Runs all clients at once and kills the server while they work.
fn round(
    server: &mut Server,
    around: &Around,
    (crms, eraser): (&mut [Crm], &mut Eraser),
    switches: &mut Switches,
    round: usize,
) {
    let killed = AtomicBool::new(false);
    let simulator = around.simulator.client();
    std::thread::scope(|scope| {
        scope.spawn(|| talk(&simulator, &around.record, round));
        for crm in crms.iter_mut() {
            let (killed, around) = (&killed, &around);
            scope.spawn(move || crm.work(around, round, killed));
        }
        scope.spawn(|| eraser.work(&killed));
        scope.spawn(|| switches.turn_until_killed(&killed));
        let time = KILL_AFTER_MS_MIN + random_below(KILL_AFTER_MS_MAX - KILL_AFTER_MS_MIN);
        let_others_run(Duration::from_millis(time));
        killed.store(true, Ordering::Release);
        server.kill9();
    });
}

/// Restarts the server, sometimes after kills during start-up. Returns the number of such kills.
fn restart(server: &mut Server, receiver: &Receiver) -> usize {
    let mut died = 0;
    receiver.another_life();
    while random_below(KILLED_STARTING) == 0 {
        server.die_starting(Duration::from_millis(random_below(STARTING_MS_MAX)));
        receiver.another_life();
        died += 1;
    }
    server.restart();
    died
}

/// Waits until every text is reported and nothing is gathered or owed any more.
fn wait_until_told(owner: &Owner, around: &Around) {
    let said = around.record.texts();
    wait_until("everything is told", DRAINED, || {
        let told: std::collections::BTreeSet<_> = around.receiver.arrived().iter().flat_map(Arrived::texts).collect();
        let shown = owner.shown();
        (said.is_subset(&told) && shown["owed"] == 0 && shown["open_windows"] == 0).then_some(())
    });
}

fn rounds() -> usize {
    let given = std::env::var("TIDINGS_CRASH_ROUNDS").ok();
    given.map_or(ROUNDS, |given| given.parse().expect("TIDINGS_CRASH_ROUNDS is a number"))
}

#[test]
fn whatever_was_acknowledged_outlives_kill_9_once_and_unchanged() {
    let around = Around::start();
    let mut server = around.gateway().start();
    let owner = Owner::of(server.create_workspace("Acme", CREDITS));
    (0..CRMS).for_each(|crm| owner.workspace.connect_account(&account(crm)));
    owner.set(&json!({"url": around.receiver.url("/hook")}));
    let workspace: &Workspace = &owner.workspace;
    let mut crms: Vec<Crm> = (0..CRMS).map(|nth| Crm::new(workspace, nth)).collect();
    let mut switches = Switches::of(workspace, &account(0));
    let mut eraser = Eraser::of(&server);

    let mut sum = Sum::default();
    for nth in 0..rounds() {
        round(&mut server, &around, (&mut crms, &mut eraser), &mut switches, nth);
        sum.kills_starting += restart(&mut server, &around.receiver);
        sum.kills += 1;
        switches.check();
        switches.let_crms_in();
        rings::check(workspace, &around.record);
        eraser.check();
        for crm in &mut crms {
            crm.check_and_repeat(&around, &mut sum);
        }
    }

    switches.turn_everything_on();
    proof::every_message_ended_as_it_should(workspace, &around);
    wait_until_told(&owner, &around);
    proof::each_was_charged_once(workspace, &around.record);
    proof::each_arrived_once_and_in_order(&around);
    let (chats, forgotten, refunded) = eraser.prove();
    let reports = reports::check(&server, &around);
    assert_eq!((&owner.shown()["errors_in_a_row"], &owner.shown()["parked"]), (&json!(0), &json!(0)));
    assert_eq!(server.sigterm(), Some(0));
    let verified = server.command(&["events", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    let output = server.process().output();
    assert!(!output.contains(" ERROR ") && !output.contains("panicked"), "something must be mended by hand");
    let (sends, duplicates) = around.simulator.client().stats();
    let Sum { kills, kills_starting, unanswered, unanswered_durable } = sum;
    println!(
        "{kills} kills and {kills_starting} more during starts: {} acknowledged, {unanswered} unanswered \
         ({unanswered_durable} of them durable), {sends} sends ({duplicates} again and dropped), {reports}; {forgotten} of \
         {chats} chats erased, {refunded} of their messages refunded",
        around.record.accepted().len(),
    );
}
