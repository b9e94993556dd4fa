//! A customer that opens many chats and has some of them erased until the power is cut.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::http::{Answer, Client};
use crate::ledger;
use crate::workspace::{Workspace, message_id};

const ACCOUNT: &str = "+12025550190";
/// Contacts write in turn. Whoever was erased gets a new chat.
const CONTACTS: u64 = 40;
/// The messages of a chat before the next one's.
const AT_ONCE: u64 = 2;
/// The chat of one message in so many is erased.
const ERASED_OF: u64 = 4;
/// At the clock rate of the test 100 ms, so that something is queued whenever a chat is erased.
const GAP_MS: u64 = 60_000;
const ERASED: &str = "[erased]";

/// The customer, and what was promised to it.
pub struct Eraser {
    workspace: Workspace,
    /// The chat and the text of each acknowledged message.
    sent: BTreeMap<String, Sent>,
    /// The chats that were said to be erased, and those for which nobody knows.
    erased: BTreeSet<String>,
    doubted: BTreeSet<String>,
    posts: u64,
}

struct Sent {
    chat: Option<String>,
    text: String,
}

impl Eraser {
    pub fn create(client: &Client, credits: u64) -> Result<Self> {
        let workspace = Workspace::create_as(ACCOUNT, client, credits)?;
        let pacing = json!({"pacing": {"gap_ms_min": GAP_MS, "gap_ms_max": GAP_MS}});
        let answer = workspace.ask(client, "PATCH", "/workspace", &pacing)?;
        ensure!(answer.status == 200, "the gap was not changed: {}", answer.abridged());
        Ok(Self { workspace, sent: BTreeMap::new(), erased: BTreeSet::new(), doubted: BTreeSet::new(), posts: 0 })
    }

    /// Posts and erases until the round is over. What is answered after that does not count.
    pub fn work(&mut self, address: SocketAddr, is_over: &AtomicBool) -> Result<()> {
        let client = Client::new(address);
        loop {
            let (number, text) = (self.posts, format!("to-be-erased-{:06}", self.posts));
            let phone = format!("+120255502{:02}", number / AT_ONCE % CONTACTS);
            self.posts += 1;
            let Some(answer) = before_the_cut(self.workspace.submit(&client, &text, &phone, &text), is_over)? else {
                return Ok(());
            };
            let id = message_id(&answer)?;
            self.sent.insert(id.clone(), Sent { chat: None, text });
            if number % ERASED_OF == ERASED_OF - 1 {
                let Some(shown) = before_the_cut(self.workspace.message(&client, &id), is_over)? else { return Ok(()) };
                let chat = field(&shown.json(), "chat_id")?;
                self.doubted.insert(chat.clone());
                if before_the_cut(self.ask_to_erase(&client, &chat), is_over)?.is_none() {
                    return Ok(());
                }
                self.doubted.remove(&chat);
                self.erased.insert(chat);
            }
        }
    }

    fn ask_to_erase(&self, client: &Client, chat: &str) -> std::io::Result<Answer> {
        let reason = json!({"reason": "the contact asked"});
        self.workspace.ask(client, "POST", &format!("/chats/{chat}/erase"), &reason)
    }

    /// Checks after a restart that what was erased stays erased, and that all other texts can be read.
    pub fn check(&mut self, client: &Client) -> Result<()> {
        for chat in std::mem::take(&mut self.doubted) {
            let answer = self.ask_to_erase(client, &chat)?;
            ensure!(answer.status == 200, "a chat cannot be erased after the cut: {}", answer.abridged());
            self.erased.insert(chat);
        }
        for (id, sent) in &mut self.sent {
            let answer = self.workspace.message(client, id)?;
            ensure!(answer.status == 200, "{id} is not there: {}", answer.abridged());
            let shown = answer.json();
            let chat = sent.chat.get_or_insert(field(&shown, "chat_id")?);
            let wanted = if self.erased.contains(chat) { ERASED } else { &sent.text };
            ensure!(field(&shown, "text")? == wanted, "{id} says not {wanted:?}: {}", answer.abridged());
        }
        Ok(())
    }

    /// Checks that each message was charged once, and refunded once if it failed, which only an erasure lets it.
    pub fn prove(&mut self, client: &Client) -> Result<String> {
        self.check(client)?;
        let moved = ledger::read(&self.workspace, client)?.by_message;
        let (mut refunds, mut chats) = (0, BTreeSet::new());
        for (id, sent) in &self.sent {
            let shown = self.workspace.message(client, id)?.json();
            let failed = field(&shown, "state")? == "failed";
            let chat = sent.chat.as_deref().unwrap_or_default();
            ensure!(!failed || self.erased.contains(chat), "{id} failed: {shown}");
            let amount = |kind: &str| moved.get(&(kind.to_owned(), id.clone())).copied();
            let right = amount("charged") == Some(-1) && amount("refunded") == failed.then_some(1);
            ensure!(right, "{id} was charged and refunded otherwise than once: {shown}");
            refunds += usize::from(failed);
            chats.insert(chat);
        }
        Ok(format!("{} of {} chats erased, {refunds} of their messages refunded", self.erased.len(), chats.len()))
    }
}

/// Returns an answer that came before the cut, which must be 200.
fn before_the_cut(answer: std::io::Result<Answer>, is_over: &AtomicBool) -> Result<Option<Answer>> {
    if is_over.load(Ordering::SeqCst) {
        return Ok(None);
    }
    let answer = answer.context("the server broke off before the cut")?;
    ensure!(answer.status == 200, "refused: {}", answer.abridged());
    Ok(Some(answer))
}

fn field(view: &Value, name: &str) -> Result<String> {
    let text = view.get(name).and_then(Value::as_str).with_context(|| format!("no {name} in {view}"))?;
    Ok(text.to_owned())
}
