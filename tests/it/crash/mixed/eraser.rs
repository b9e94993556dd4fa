//! A customer that opens many chats and has some of them erased, while the gateway is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::DRAINED;
use crate::harness::client::message;
use crate::harness::{Answer, Request, Server, Workspace};

const ACCOUNT: &str = "+12025559009";
const CREDITS: u64 = 1_000_000;
/// Contacts write in turn. Whoever was erased gets a new chat.
const CONTACTS: usize = 40;
/// At the tests' clock rate 50 ms, so that something is queued whenever a chat is erased.
const GAP_MS: u64 = 30_000;
/// After so many messages the chat of the last one is erased.
const AT_ONCE: usize = 3;
const MESSAGES_MAX: usize = 60;

/// A message that was accepted.
#[derive(Debug)]
struct Sent {
    id: String,
    text: String,
}

/// The customer, and what was promised to it.
pub struct Eraser {
    workspace: Workspace,
    sent: Vec<Sent>,
    /// A post and an erasure that got no answer.
    unanswered: Option<(String, Value)>,
    asked: Option<String>,
    /// The chats that were said to be erased.
    erased: BTreeSet<String>,
    posts: usize,
}

impl Eraser {
    pub fn of(server: &Server) -> Self {
        let workspace = server.create_workspace("Globex", CREDITS);
        workspace.connect_account(ACCOUNT);
        let pacing = json!({"pacing": {"gap_ms_min": GAP_MS, "gap_ms_max": GAP_MS}});
        workspace.ask(&workspace.api("PATCH", "/workspace").json(&pacing)).success();
        let (sent, erased) = (Vec::new(), BTreeSet::new());
        Self { workspace, sent, unanswered: None, asked: None, erased, posts: 0 }
    }

    /// Posts and erases until the server is killed and no answer comes.
    pub fn work(&mut self, killed: &AtomicBool) {
        for nth in 0..MESSAGES_MAX {
            let wants_erasing = nth % AT_ONCE == AT_ONCE - 1;
            if self.post().is_none() || (wants_erasing && self.erase().is_none()) {
                assert!(killed.load(Ordering::Acquire), "no answer from a living server");
                return;
            }
        }
    }

    fn post(&mut self) -> Option<()> {
        let text = format!("to-be-erased-{:06}", self.posts);
        let phone = format!("+12025556{:03}", self.posts / 2 % CONTACTS);
        self.posts += 1;
        let body = message(&phone, &text);
        let Ok(answer) = self.workspace.try_post(&body, &text) else {
            self.unanswered = Some((text, body));
            return None;
        };
        self.take(text, &answer);
        Some(())
    }

    fn take(&mut self, text: String, answer: &Answer) {
        self.sent.push(Sent { id: answer.message_id(), text });
    }

    /// Erases the chat of the last message.
    fn erase(&mut self) -> Option<()> {
        let last = self.sent.last()?;
        let shown = self.workspace.try_ask(&self.workspace.api("GET", &format!("/messages/{}", last.id))).ok()?;
        let chat = chat_of(&shown.json());
        let Ok(answer) = self.workspace.try_ask(&self.erasure(&chat)) else {
            self.asked = Some(chat);
            return None;
        };
        assert_eq!(answer.status, 200, "{answer:?}");
        self.erased.insert(chat);
        Some(())
    }

    fn erasure(&self, chat: &str) -> Request {
        self.workspace.api("POST", &format!("/chats/{chat}/erase")).json(&json!({"reason": "the contact asked"}))
    }

    /// Repeats after a restart what got no answer. What was erased stays erased, and all other texts can be read.
    pub fn check(&mut self) {
        if let Some((text, body)) = self.unanswered.take() {
            let answer = self.workspace.post_with_key(&body, &text);
            self.take(text, &answer);
        }
        if let Some(chat) = self.asked.take() {
            let answer = self.workspace.ask(&self.erasure(&chat));
            assert_eq!(answer.status, 200, "{answer:?}");
            self.erased.insert(chat);
        }
        for Sent { id, text } in &self.sent {
            let shown = self.workspace.message(id).view;
            let is_erased = self.erased.contains(&chat_of(&shown));
            assert_eq!(shown["text"], if is_erased { "[erased]" } else { &**text }, "{shown}");
        }
        let chats = self.workspace.rows("/chats");
        for chat in &chats {
            let is_erased = self.erased.contains(chat["chat_id"].as_str().unwrap());
            assert_eq!(chat["name"] == "[erased]", is_erased, "{chat}");
        }
    }

    /// Checks that every message was charged once, and refunded once if it failed, which only an erasure lets it.
    /// Returns the numbers of chats, of erased ones, and of refunds.
    pub fn prove(&self) -> (usize, usize, usize) {
        let mut moved: BTreeMap<(String, String), Vec<i64>> = BTreeMap::new();
        for row in self.workspace.assert_ledger_adds_up().into_iter().filter(|row| row.kind != "granted") {
            moved.entry((row.message_id.unwrap(), row.kind)).or_default().push(row.amount);
        }
        let (mut refunds, mut chats) = (0, BTreeSet::new());
        for Sent { id, text } in &self.sent {
            let mut ended = self.workspace.message(id);
            let is_erased = self.erased.contains(&chat_of(&ended.view));
            if !is_erased {
                ended = self.workspace.wait_for_state(id, "sent", DRAINED);
            }
            let of = |kind: &str| moved.get(&(id.clone(), kind.to_owned())).cloned().unwrap_or_default();
            let failed = ended.state == "failed";
            assert!(!failed || (is_erased && ended.failure.as_deref() == Some("chat_erased")), "{text}: {ended:?}");
            assert!(ended.state != "queued", "{text}: {ended:?}");
            assert_eq!((of("charged"), of("refunded")), (vec![-1], vec![1; usize::from(failed)]), "{text}: {ended:?}");
            refunds += usize::from(failed);
            chats.insert(chat_of(&ended.view));
        }
        (chats.len(), self.erased.len(), refunds)
    }
}

fn chat_of(message: &Value) -> String {
    message["chat_id"].as_str().unwrap_or_else(|| panic!("no chat: {message}")).to_owned()
}
