//! One idempotency key is one message: however often it is posted, however fast, and across a killed server.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::harness::client::message;
use crate::harness::{
    ACCOUNT_PHONE, Answer, Request, SOON, Server, Setup, SimulatorProcess, Workspace, let_others_run,
};
use crate::harness::{random_below, wait_until};

const PHONE: &str = "+12025550101";
const CLIENTS: usize = 50;
const CLOCK_RATE: u32 = 60;

/// Runs the work on this many threads, all started at the same moment, and returns their results.
fn at_once<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        let run = |nth| {
            let (work, barrier) = (&work, &barrier);
            scope.spawn(move || {
                barrier.wait();
                work(nth)
            })
        };
        let running: Vec<_> = (0..threads).map(run).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn charges(workspace: &Workspace) -> usize {
    workspace.assert_ledger_adds_up().iter().filter(|row| row.kind == "charged").count()
}

fn assert_equal(answers: &[Answer]) {
    for answer in answers {
        assert_eq!((answer.status, answer.text()), (200, answers[0].text()), "{answer:?}");
    }
}

#[test]
fn fifty_posts_with_one_key_are_one_message() {
    let server = Setup::new().clock_rate(CLOCK_RATE).start();
    let workspace = server.workspace();

    let answers = at_once(CLIENTS, |_| workspace.post_with_key(&message(PHONE, "once"), "order-17"));

    assert_equal(&answers);
    assert_eq!(answers.iter().filter(|answer| answer.is_replayed()).count(), CLIENTS - 1);
    workspace.wait_for_state(&answers[0].message_id(), "read", SOON);
    assert_eq!(server.simulator().texts(PHONE), ["once"]);
    assert_eq!(charges(&workspace), 1);
    assert_eq!(workspace.credits(), 9);
}

/// A client often builds a retry anew, with its fields in another order.
#[test]
fn the_same_fields_are_the_same_message_and_a_quoted_key_the_same_key() {
    let server = Server::start();
    let workspace = server.workspace();
    let post = |key: &str, body: &str| {
        let request = Request::post(&*workspace.inbound).header("Idempotency-Key", key);
        workspace.ask(&request.body("application/json", body))
    };
    let first = post("order-17", r#"{"action":"send","phone":"+12025550101","text":"Jos\u00e9"}"#);
    let again = post("\"order-17\"", "{ \"text\": \"José\",\n \"phone\": \"+12025550101\", \"action\": \"send\" }");
    assert_eq!((again.message_id(), again.is_replayed()), (first.message_id(), true));
    assert_eq!(post("order-17", r#"{"action":"send","phone":"+12025550101","text":"Eve"}"#).status, 409);
    assert_eq!(workspace.credits(), 9);
}

#[test]
fn posts_with_one_key_stay_one_message_when_the_server_is_killed_among_them() {
    const ROUNDS: usize = 6;
    const KILL_AFTER_MS_MAX: u64 = 12;
    let simulator = SimulatorProcess::start(CLOCK_RATE);
    let mut server = Setup::new().clock_rate(CLOCK_RATE).simulated_by(&simulator).start();
    let workspace = server.workspace();
    let mut ids = Vec::new();

    for round in 0..ROUNDS {
        let (key, body) = (format!("order-{round}"), message(PHONE, &format!("text {round}")));
        let started = AtomicUsize::new(0);
        let post = |_| {
            started.fetch_add(1, Ordering::Relaxed);
            workspace.try_post(&body, &key).ok()
        };
        let before: Vec<Option<Answer>> = std::thread::scope(|scope| {
            let clients = scope.spawn(|| at_once(CLIENTS, post));
            wait_until("somebody posts", SOON, || (started.load(Ordering::Relaxed) > 0).then_some(()));
            let_others_run(Duration::from_millis(random_below(KILL_AFTER_MS_MAX)));
            server.kill9();
            clients.join().unwrap()
        });
        server.restart();

        let after = at_once(CLIENTS, |_| workspace.post_with_key(&body, &key));

        let answers: Vec<Answer> = before.into_iter().flatten().chain(after).collect();
        assert_equal(&answers);
        assert!(answers.iter().filter(|answer| !answer.is_replayed()).count() <= 1, "{answers:?}");
        ids.push(answers[0].message_id());
    }

    for id in &ids {
        workspace.wait_for_state(id, "sent", SOON);
    }
    assert_eq!(charges(&workspace), ROUNDS);
    let mut texts = simulator.client().texts(PHONE);
    texts.sort();
    assert_eq!(texts, (0..ROUNDS).map(|round| format!("text {round}")).collect::<Vec<_>>());
}

#[test]
fn a_refused_post_does_not_use_its_key_up() {
    let server = Server::start();
    let workspace = server.workspace();

    assert_eq!(workspace.post_with_key(&message(PHONE, ""), "order-17").status, 400);
    let accepted = workspace.post_with_key(&message(PHONE, "hi"), "order-17");
    assert_eq!(workspace.post_with_key(&message(PHONE, "ho"), "order-17").status, 409);
    let again = workspace.post_with_key(&message(PHONE, "hi"), "order-17");

    assert!(!accepted.is_replayed() && again.is_replayed(), "{accepted:?} {again:?}");
    assert_eq!(accepted.message_id(), again.message_id());
    assert_eq!(charges(&workspace), 1);
}

#[test]
fn a_key_is_its_tenants_own() {
    let server = Server::start();
    let (mine, other) = (server.workspace(), server.create_workspace("Globex", 10));
    other.connect_account("+12025550109");

    let first = mine.post_with_key(&message(PHONE, "hi"), "order-17").message_id();
    let second = other.post_with_key(&message(PHONE, "ho"), "order-17").message_id();

    assert_ne!(first, second);
}

#[test]
fn posts_to_one_new_phone_at_the_same_moment_open_one_chat() {
    let server = Setup::new().clock_rate(CLOCK_RATE).start();
    let workspace = server.create_workspace("Acme", 100);
    workspace.connect_account(ACCOUNT_PHONE);

    for (nth, posts) in [2, 2, 2, 20].into_iter().enumerate() {
        let phone = format!("+1202555020{nth}");
        let answers = at_once(posts, |post| workspace.post(&message(&phone, &format!("text {post}"))));
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        let chats = workspace.chats();
        assert_eq!(chats.iter().filter(|chat| chat["phone"] == phone).count(), 1, "{chats:?}");
        assert_eq!(chats.len(), nth + 1, "{chats:?}");
    }

    assert_eq!(charges(&workspace), 26);
}
