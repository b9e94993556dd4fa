//! Kills the server with SIGKILL under load, many times: each answered post exists once, is charged once and reaches
//! its phone once.

mod mixed;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::harness::client::message;
use crate::harness::{SOON, Server, Setup, Simulator, SimulatorProcess, Workspace, let_others_run, random_below};

const ROUNDS: usize = 20;
const CLIENTS: usize = 8;
const PHONES: usize = 40;
const CLOCK_RATE: u32 = 3_600;
const CREDITS: u64 = 1_000_000;
const KILL_AFTER_MS_MIN: u64 = 100;
const KILL_AFTER_MS_MAX: u64 = 600;
/// Keeps the final check affordable on fast machines.
const POSTS_MAX: usize = 250;
/// The number of answered posts per client that are repeated after a restart.
const REPEATED: usize = 10;
/// The time allowed for the whole queue to be sent.
const DRAINED: Duration = Duration::from_mins(5);

/// A post. Its idempotency key is also its text.
#[derive(Debug, Clone)]
struct Post {
    key: String,
    phone: String,
    account: String,
}

/// The posts of one client in one round.
#[derive(Default)]
struct ClientRecord {
    acknowledged: Vec<(Post, String)>,
    unanswered: Option<Post>,
}

impl Post {
    fn new(round: usize, client: usize, nth: usize) -> Self {
        Self {
            key: format!("crash-{round}-{client}-{nth}"),
            phone: format!("+12025551{:03}", (client + nth * CLIENTS) % PHONES),
            account: account(nth),
        }
    }

    /// Returns the message id and whether the answer was replayed; `None` if no answer came.
    fn send(&self, workspace: &Workspace) -> Option<(String, bool)> {
        let mut body = message(&self.phone, &self.key);
        body["whatsapp account phone"] = self.account.as_str().into();
        let answer = workspace.try_post(&body, &self.key).ok()?;
        Some((answer.message_id(), answer.is_replayed()))
    }
}

fn account(nth: usize) -> String {
    format!("+12025559{:03}", nth % CLIENTS)
}

/// Posts until the server is killed and no answer comes.
fn post_until_killed(workspace: &Workspace, killed: &AtomicBool, round: usize, client: usize) -> ClientRecord {
    let mut seen = ClientRecord::default();
    for nth in 0..POSTS_MAX {
        let post = Post::new(round, client, nth);
        let Some((id, _)) = post.send(workspace) else {
            assert!(killed.load(Ordering::Acquire), "no answer from a living server: {post:?}");
            seen.unanswered = Some(post);
            return seen;
        };
        seen.acknowledged.push((post, id));
    }
    seen
}

/// Runs all clients against the server and kills it while they post.
fn round(server: &mut Server, workspace: &Workspace, round: usize) -> Vec<ClientRecord> {
    let killed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let start = |client| {
            let killed = &killed;
            scope.spawn(move || post_until_killed(workspace, killed, round, client))
        };
        let clients: Vec<_> = (0..CLIENTS).map(start).collect();
        let time = KILL_AFTER_MS_MIN + random_below(KILL_AFTER_MS_MAX - KILL_AFTER_MS_MIN);
        let_others_run(Duration::from_millis(time));
        killed.store(true, Ordering::Release);
        server.kill9();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

/// Repeats, with the same keys, the unanswered post and the last answered ones. Returns `true` if the unanswered post
/// had been stored, `None` if there was none.
fn repeat(workspace: &Workspace, seen: &mut ClientRecord) -> Option<bool> {
    for (post, id) in seen.acknowledged.iter().rev().take(REPEATED) {
        assert_eq!(post.send(workspace), Some((id.clone(), true)), "{post:?}");
    }
    let post = seen.unanswered.take()?;
    let (id, was_there) = post.send(workspace).expect("a started server answers");
    assert_eq!(post.send(workspace), Some((id.clone(), true)), "{post:?}");
    seen.acknowledged.push((post, id));
    Some(was_there)
}

fn assert_all_sent(workspace: &Workspace, messages: &BTreeMap<String, Post>) {
    for (id, post) in messages {
        let message = workspace.wait_for_state(id, "sent", DRAINED);
        assert_eq!(message.view["text"], *post.key, "{message:?}");
        assert_eq!(message.view["account"], *post.account, "{message:?}");
    }
}

fn assert_each_charged_once(workspace: &Workspace, messages: &BTreeMap<String, Post>) {
    let ledger = workspace.assert_ledger_adds_up();
    let (charges, others): (Vec<_>, Vec<_>) = ledger.into_iter().partition(|row| row.kind == "charged");
    assert_eq!(others.iter().map(|row| row.kind.as_str()).collect::<Vec<_>>(), ["granted"], "{others:?}");
    let ids: Vec<String> = charges.into_iter().filter_map(|row| row.message_id).collect();
    assert_eq!(ids.len(), messages.len());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>(), messages.keys().collect::<BTreeSet<_>>());
    assert_eq!(workspace.credits(), i64::try_from(CREDITS).unwrap() - i64::try_from(messages.len()).unwrap());
}

fn assert_each_arrived_once(simulator: &Simulator, messages: &BTreeMap<String, Post>) {
    let mut expected: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for post in messages.values() {
        expected.entry(&post.phone).or_default().push(&post.key);
    }
    for (phone, mut texts) in expected {
        let mut arrived = simulator.texts(phone);
        arrived.sort_unstable();
        texts.sort_unstable();
        assert_eq!(arrived, texts, "{phone}");
    }
}

#[test]
fn nothing_is_lost_or_doubled_by_kill_9_under_load() {
    let simulator = SimulatorProcess::start(CLOCK_RATE);
    let mut server = Setup::new().simulated_by(&simulator).clock_rate(CLOCK_RATE).start();
    let workspace = server.create_workspace("Acme", CREDITS);
    for nth in 0..CLIENTS {
        workspace.connect_account(&account(nth));
    }

    let mut messages = BTreeMap::new();
    let (mut unanswered, mut were_there) = (0, 0);
    for nth in 0..ROUNDS {
        let mut seen = round(&mut server, &workspace, nth);
        server.restart();
        for seen in &mut seen {
            let was_there = repeat(&workspace, seen);
            unanswered += usize::from(was_there.is_some());
            were_there += usize::from(was_there == Some(true));
        }
        for (post, id) in seen.into_iter().flat_map(|seen| seen.acknowledged) {
            let earlier = messages.insert(id, post);
            assert!(earlier.is_none(), "one id for two posts: {earlier:?}");
        }
    }

    assert_all_sent(&workspace, &messages);
    assert_each_charged_once(&workspace, &messages);
    assert_each_arrived_once(&simulator.client(), &messages);
    let (sends, duplicates) = simulator.client().stats();
    assert_eq!(server.sigterm(), Some(0));
    let verified = server.command(&["events", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    println!(
        "{ROUNDS} kills, {CLIENTS} clients: {} messages, {unanswered} unanswered ({were_there} of them durable), \
         {sends} sends, {duplicates} sent again and dropped",
        messages.len()
    );
}

#[test]
fn a_message_that_was_queued_before_a_kill_is_sent_after_it() {
    let simulator = SimulatorProcess::start(1);
    let mut server = Setup::new().simulated_by(&simulator).start();
    let workspace = server.workspace();
    let ids = ["one", "two", "three"].map(|text| workspace.send("+12025550101", text));

    server.kill9();
    server.restart();

    for id in &ids {
        workspace.wait_for_state(id, "sent", SOON);
    }
    let mut texts = simulator.client().texts("+12025550101");
    texts.sort();
    assert_eq!(texts, ["one", "three", "two"]);
    assert_eq!(workspace.assert_ledger_adds_up().len(), 4);
}
