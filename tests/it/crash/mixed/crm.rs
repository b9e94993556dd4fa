//! A CRM that posts everything a CRM can post: texts, files, dry runs, refused bodies and repeats.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::{Accepted, Entry};
use super::{Around, SAID_MAX, Sum, account, phone, text};
use crate::files::sent::with_file;
use crate::harness::client::message;
use crate::harness::{Answer, Request, Workspace};

/// The number of a round's accepted posts that are repeated after the restart.
const REPEATED: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    Text,
    /// With a file that can be fetched.
    File,
    /// With a file that cannot be fetched.
    FileGone,
    /// To a number that is not on `WhatsApp`.
    Nobody,
}

/// A message to post, with its own idempotency key.
#[derive(Debug, Clone)]
struct Post {
    kind: Kind,
    key: String,
    phone: String,
    text: String,
    body: Value,
}

/// A CRM with its own account.
pub struct Crm<'a> {
    workspace: &'a Workspace,
    nth: usize,
    accepted: Vec<(Post, String)>,
    unanswered: Option<Post>,
}

impl Kind {
    /// Returns the failure code that such a message must end with; `None` if it must be sent.
    pub const fn fails_as(self) -> Option<&'static str> {
        match self {
            Self::Text | Self::File => None,
            Self::FileGone => Some("file_not_found"),
            Self::Nobody => Some("not_on_whatsapp"),
        }
    }

    pub const fn credits(self) -> i64 {
        if matches!(self, Self::File | Self::FileGone) { 2 } else { 1 }
    }
}

impl<'a> Crm<'a> {
    pub const fn new(workspace: &'a Workspace, nth: usize) -> Self {
        Self { workspace, nth, accepted: Vec::new(), unanswered: None }
    }

    /// Posts until the server is killed and no answer comes.
    pub fn work(&mut self, around: &Around, round: usize, killed: &AtomicBool) {
        for nth in 0..SAID_MAX {
            let answered = match nth % 8 {
                5 => self.dry_run(around, round, nth),
                6 => self.refused_body(),
                7 => self.repeat_one(nth),
                _ => self.send(around, round, nth),
            };
            if answered.is_none() {
                assert!(killed.load(Ordering::Acquire), "no answer from a living server");
                return;
            }
        }
    }

    /// Checks that each accepted message exists and that the keys of the last ones are still known, then repeats the
    /// unanswered post.
    pub fn check_and_repeat(&mut self, around: &Around, sum: &mut Sum) {
        for (post, id) in &self.accepted {
            assert_eq!(self.workspace.message(id).view["text"], *post.text, "{post:?}");
        }
        for (post, id) in self.accepted.iter().rev().take(REPEATED) {
            let again = self.workspace.post_with_key(&post.body, &post.key);
            assert_eq!((again.message_id(), again.is_replayed()), (id.clone(), true), "{post:?}");
        }
        if let Some(post) = self.unanswered.take() {
            let answer = self.workspace.post_with_key(&post.body, &post.key);
            sum.unanswered += 1;
            sum.unanswered_durable += usize::from(answer.is_replayed());
            self.take(around, post, &answer);
        }
        self.accepted.clear();
    }

    fn post(&self, around: &Around, round: usize, nth: usize) -> Post {
        let kind = match nth % 8 {
            1 => Kind::File,
            2 => Kind::FileGone,
            3 => Kind::Nobody,
            _ => Kind::Text,
        };
        let phone = if kind == Kind::Nobody { "+12025550140".to_owned() } else { phone(self.nth, nth) };
        let text = text("sent", self.nth, round, nth);
        let mut body = match kind {
            Kind::File => with_file(&phone, &text, &around.files.url("/a.png"), "a.png"),
            Kind::FileGone => with_file(&phone, &text, &around.files.url("/gone.png"), "a.png"),
            Kind::Text | Kind::Nobody => message(&phone, &text),
        };
        body["whatsapp account phone"] = account(self.nth).into();
        Post { kind, key: text.replace(' ', "-"), phone, text, body }
    }

    fn send(&mut self, around: &Around, round: usize, nth: usize) -> Option<()> {
        let post = self.post(around, round, nth);
        let Ok(answer) = self.workspace.try_post(&post.body, &post.key) else {
            self.unanswered = Some(post);
            return None;
        };
        self.take(around, post, &answer);
        Some(())
    }

    /// Records an accepted message. The only allowed refusal is that of a webhook that its owner has disabled.
    fn take(&mut self, around: &Around, post: Post, answer: &Answer) {
        if is_switched_off(answer) {
            return;
        }
        let (id, Post { kind, phone, text, .. }) = (answer.message_id(), post.clone());
        around.record.add(&Entry::Accepted(Accepted { id: id.clone(), kind, phone, text }));
        self.accepted.push((post, id));
    }

    fn repeat_one(&self, nth: usize) -> Option<()> {
        let Some((post, id)) = self.accepted.get(nth % self.accepted.len().max(1)) else { return Some(()) };
        let answer = self.workspace.try_post(&post.body, &post.key).ok()?;
        assert!(is_switched_off(&answer) || (answer.is_replayed() && answer.message_id() == *id), "{answer:?}");
        Some(())
    }

    fn dry_run(&self, around: &Around, round: usize, nth: usize) -> Option<()> {
        let request = Request::post(&*self.workspace.inbound).header("Dry-Run", "true");
        let answer = self.workspace.try_ask(&request.json(&self.post(around, round, nth).body)).ok()?;
        assert!(is_switched_off(&answer) || answer.status == 200, "{answer:?}");
        Some(())
    }

    fn refused_body(&self) -> Option<()> {
        let answer = self.workspace.try_post(&message(&phone(self.nth, 0), " "), "refused").ok()?;
        assert!(is_switched_off(&answer) || answer.status == 400, "{answer:?}");
        Some(())
    }
}

fn is_switched_off(answer: &Answer) -> bool {
    answer.status == 403 && answer.json()["error"]["code"] == "webhook_disabled"
}
