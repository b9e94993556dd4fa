//! Helpers for messages with files in the real program: posting them, and reading their results.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::site::{Reply, Site, site};
use crate::harness::{ACCOUNT_PHONE, SOON, Server, Setup, Simulator, Workspace, poll};

/// Longer than any test waits: a test that waits for a silent site fails.
const FOR_EVER_MS: &str = "600000";

/// A setup that may call the tests' own sites on loopback addresses.
pub fn setup() -> Setup {
    Setup::new().set("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8")
}

/// Like [`setup`], but waits for a silent site much longer than the test lasts.
pub fn patient() -> Setup {
    setup().set("TIDINGS_LIMITS__FILE_DEADLINE_MS", FOR_EVER_MS)
}

/// Sets the least and the longest gap between messages, in milliseconds.
pub fn with_gaps(setup: Setup, gap_ms: [u64; 2]) -> Setup {
    let [min, max] = gap_ms.map(|ms| ms.to_string());
    setup.set("TIDINGS_PACING__GAP_MS_MIN", &min).set("TIDINGS_PACING__GAP_MS_MAX", &max)
}

/// Creates a workspace with these credits and one account.
pub fn tenant(server: &Server, credits: u64) -> Workspace {
    let workspace = server.create_workspace("Acme", credits);
    workspace.connect_account(ACCOUNT_PHONE);
    workspace
}

/// The body of a message with a file.
pub fn with_file(phone: &str, text: &str, url: &str, name: &str) -> Value {
    json!({"action": "send", "phone": phone, "text": text, "file_url": url, "file_name": name})
}

/// The ids of refunded messages, the newest first, from a ledger that adds up.
pub fn refunds(workspace: &Workspace) -> Vec<String> {
    let ledger = workspace.assert_ledger_adds_up();
    ledger.into_iter().filter(|row| row.kind == "refunded").filter_map(|row| row.message_id).collect()
}

/// The types of a message's timeline events, in order.
pub fn story(workspace: &Workspace, id: &str) -> Vec<String> {
    let view = workspace.ask(&workspace.api("GET", &format!("/messages/{id}/timeline"))).success();
    let moments = view["data"].as_array().unwrap_or_else(|| panic!("no story: {view}"));
    moments.iter().map(|moment| moment["type"].as_str().unwrap().to_owned()).collect()
}

/// Waits until an event of this type happens to the message.
pub fn wait_for_moment(workspace: &Workspace, id: &str, wanted: &str) {
    let happened = poll(SOON, || story(workspace, id).iter().any(|moment| moment == wanted).then_some(()));
    assert!(happened.is_some(), "{wanted} does not happen: {:?} {:?}", story(workspace, id), workspace.message(id));
}

/// The text and file of each message that a phone has got, in order.
pub fn got(simulator: &Simulator, phone: &str) -> Vec<(String, Value)> {
    let text = |message: &Value| message["text"].as_str().unwrap().to_owned();
    simulator.phone(phone).iter().rev().map(|message| (text(message), message["file"].clone())).collect()
}

/// The texts that a phone has got, in order.
pub fn texts(simulator: &Simulator, phone: &str) -> Vec<String> {
    got(simulator, phone).into_iter().map(|(text, _)| text).collect()
}

/// A file as the simulated phones show it.
pub fn shown(name: &str, bytes: &[u8]) -> Value {
    let digits =
        Sha256::digest(bytes).iter().flat_map(|byte| [byte >> 4, byte & 15]).map(u32::from).collect::<Vec<_>>();
    let sha256: String = digits.into_iter().filter_map(|digit| char::from_digit(digit, 16)).collect();
    json!({"name": name, "size": bytes.len(), "sha256": sha256})
}

/// Sends a command, such as `pause`, to the workspace's only account.
pub fn tell_account(workspace: &Workspace, what: &str) {
    let account = workspace.account(ACCOUNT_PHONE);
    workspace.ask(&workspace.api("POST", &format!("/accounts/{}/{what}", account["id"]))).success();
}

/// A site with one file that it holds back at first: requests wait for it.
pub struct Gated {
    pub site: Site,
    given: watch::Sender<Option<Vec<u8>>>,
}

impl Gated {
    pub fn new() -> Self {
        let given = watch::Sender::new(None);
        let later = given.subscribe();
        Self { site: site(move |_| Reply::Later(later.clone())), given }
    }

    /// Answers all waiting and later requests with this.
    pub fn give(&self, reply: Reply) {
        let Reply::Bytes(bytes) = reply else { panic!("only bytes can be given") };
        self.given.send_replace(Some(bytes));
    }

    /// Makes later requests wait.
    pub fn keep_back(&self) {
        self.given.send_replace(None);
    }

    /// Waits for at least `count` requests.
    pub fn wait_for_requests(&self, count: usize) {
        let asked = poll(SOON, || (self.site.requests().len() >= count).then_some(()));
        assert!(asked.is_some(), "asked for {} times, not {count}", self.site.requests().len());
    }
}
