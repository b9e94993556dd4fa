//! The CRM that receives reports: healthy, slow, failing or refusing some chats, as a test or chance decides. It
//! survives every crash.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tidings::config::Success;
use tidings::outbound::{Answered, Fault, HttpPoster, Request, Response};

use super::fate::Fate;
use super::time::RealTime;

/// A try that takes longer has failed.
const DEADLINE: Duration = Duration::from_secs(15);

/// The pause that it asks for now and then.
const PATIENCE: Duration = Duration::from_secs(7);

/// The CRM. Clones share it.
#[derive(Clone)]
pub struct Receiver {
    inner: Arc<Mutex<Inner>>,
    fate: Fate,
    time: RealTime,
}

struct Inner {
    posts: Vec<Post>,
    status: u16,
    takes: Duration,
    /// The poisoned chats, by chat id or phone, and how their reports are treated.
    poisoned: BTreeMap<String, Poison>,
    retry_after: Option<Duration>,
    /// URLs at which no answer ever comes.
    hanging: BTreeSet<String>,
    /// If set, it takes only one report in this time; and the time when it took the last one.
    one_in_ms: Option<u64>,
    took_at_ms: Option<u64>,
}

/// The reaction to the report of a poisoned chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poison {
    /// It answers with this status at once.
    Refused(u16),
    /// It does not answer.
    Hangs,
}

/// A request as the receiver saw it.
#[derive(Debug, Clone)]
pub struct Post {
    pub url: String,
    /// The header `webhook-id`.
    pub delivery: String,
    pub body: Value,
    /// The raw body.
    pub text: String,
    pub began_ms: u64,
    /// The status that it answered; `None` before that, and for ever if the gateway died meanwhile.
    pub status: Option<u16>,
}

impl Post {
    pub fn chat(&self) -> String {
        self.body["chat"]["chat_id"].as_str().unwrap_or_default().to_owned()
    }

    /// The phone of the contact.
    pub fn phone(&self) -> &str {
        self.body["chat"]["phone"].as_str().unwrap_or_default()
    }

    /// The ids of its messages, in order.
    pub fn messages(&self) -> Vec<String> {
        let id = |message: &Value| message["message_id"].as_str().unwrap_or_default().to_owned();
        match self.body["messages"].as_array() {
            Some(messages) => messages.iter().map(id).collect(),
            None => vec![id(&self.body["message"])],
        }
    }

    pub fn was_taken(&self) -> bool {
        self.status == Some(200)
    }
}

impl Inner {
    /// Returns the status, or 429 if the request comes too soon after the last one that was taken.
    fn in_time(&mut self, now_ms: u64, status: u16) -> u16 {
        let Some(every_ms) = self.one_in_ms else { return status };
        if self.took_at_ms.is_some_and(|took_at_ms| now_ms < took_at_ms + every_ms) {
            return 429;
        }
        self.took_at_ms = Some(now_ms);
        status
    }
}

impl Receiver {
    pub fn new(fate: Fate, time: RealTime) -> Self {
        let inner = Inner {
            posts: Vec::new(),
            status: 200,
            takes: Duration::ZERO,
            poisoned: BTreeMap::new(),
            retry_after: None,
            hanging: BTreeSet::new(),
            one_in_ms: None,
            took_at_ms: None,
        };
        Self { inner: Arc::new(Mutex::new(inner)), fate, time }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns all requests so far.
    pub fn posts(&self) -> Vec<Post> {
        self.inner().posts.clone()
    }

    /// Calls `see` with all requests so far.
    pub fn look<T>(&self, see: impl FnOnce(&[Post]) -> T) -> T {
        see(&self.inner().posts)
    }

    /// Becomes healthy: it takes everything at once, except for poisoned chats.
    pub fn recover(&self) {
        self.answer(200, Duration::ZERO);
        self.ask_for_quiet(None);
    }

    /// Removes the poison from all chats.
    pub fn poison_nothing(&self) {
        self.inner().poisoned.clear();
    }

    /// Sets the status of later answers, and how long they take.
    pub fn answer(&self, status: u16, takes: Duration) {
        let mut inner = self.inner();
        (inner.status, inner.takes) = (status, takes);
    }

    /// Sets the pause that later answers ask for.
    pub fn ask_for_quiet(&self, retry_after: Option<Duration>) {
        self.inner().retry_after = retry_after;
    }

    /// From now on takes only one report in this time, and answers the others with 429.
    pub fn take_one_in(&self, time: Duration) {
        self.inner().one_in_ms = Some(u64::try_from(time.as_millis()).unwrap());
    }

    /// Poisons a chat, given by its id or its contact's phone, with status 500, or removes the poison.
    pub fn poison(&self, chat: &str, is_poisoned: bool) {
        if is_poisoned {
            self.refuse(chat, Poison::Refused(500));
        } else {
            self.inner().poisoned.remove(chat);
        }
    }

    /// Treats the reports of this chat in this way from now on.
    pub fn refuse(&self, chat: &str, how: Poison) {
        self.inner().poisoned.insert(chat.to_owned(), how);
    }

    /// From now on no answer comes at this URL.
    pub fn hang(&self, url: &str) {
        self.inner().hanging.insert(url.to_owned());
    }

    async fn take(&self, request: Request) -> Answered {
        self.fate.port(50).await;
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let header = |wanted: &str| request.headers.iter().find(|(name, _)| name == wanted).unwrap().1.clone();
        assert!(header("webhook-signature").starts_with("v1,"), "{request:?}");
        let post = Post {
            url: request.url.clone(),
            delivery: header("webhook-id"),
            body,
            text: String::from_utf8(request.body.clone()).unwrap(),
            began_ms: self.time.passed_ms(),
            status: None,
        };
        let (place, status, takes, retry_after) = {
            let mut inner = self.inner();
            let poison = inner.poisoned.get(&post.chat()).or_else(|| inner.poisoned.get(post.phone()));
            let (status, takes) = match poison {
                Some(Poison::Refused(status)) => (*status, Duration::ZERO),
                Some(Poison::Hangs) => (inner.status, DEADLINE),
                None => (inner.status, inner.takes),
            };
            let takes = if inner.hanging.contains(&post.url) { DEADLINE } else { takes };
            let status = inner.in_time(post.began_ms, status);
            inner.posts.push(post);
            (inner.posts.len() - 1, status, takes, inner.retry_after)
        };
        let takes = if self.fate.fault("a receiver hangs", 5) { DEADLINE } else { takes };
        let status = if self.fate.fault("a receiver fails", 15) { 503 } else { status };
        let (status, retry_after) = if self.fate.fault("a receiver asks for patience", 10) {
            (429, retry_after.or(Some(PATIENCE)))
        } else {
            (status, retry_after)
        };
        tokio::time::sleep(takes.min(DEADLINE)).await;
        if takes >= DEADLINE {
            return Answered { response: None, fault: Some(Fault::Timeout(DEADLINE)), duration: DEADLINE };
        }
        self.inner().posts[place].status = Some(status);
        self.fate.port(50).await;
        let babbles = self.fate.fault("a receiver answers at length", 5);
        let body = if babbles { "<html>\u{0}\u{fffd}".repeat(2_000) } else { String::new() };
        let response = Response { status, headers: Vec::new(), body, body_cut: babbles, retry_after };
        Answered { response: Some(response), fault: Fault::of_status(status, Success::Any2xx), duration: takes }
    }
}

impl HttpPoster for Receiver {
    fn post(&self, request: Request) -> BoxFuture<'_, Answered> {
        self.take(request).boxed()
    }
}
