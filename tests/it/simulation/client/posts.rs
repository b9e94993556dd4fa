//! The posts of CRMs, and what they may conclude from the answers.

use actix_web::test::TestRequest;
use events::ids::{ChatId, MessageId};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::super::fate::Rng;
use super::super::files::KINDS;
use super::super::life::{Life, Reply};
use super::super::referee::{MessageStory, Referee};
use super::{ACCOUNTS, People, expect};

/// Ordinary numbers, test numbers, a group and an invalid number. The number that blocks an account is separate,
/// because it is used rarely.
const PHONES: &[&str] = &[
    "+12025550101",
    "+12025550102",
    "+1 (202) 555-0102",
    "12025550103",
    "12025550101@s.whatsapp.net",
    "120363025550101@g.us",
    "+12025550140",
    "+12025550141",
    "+12025550142",
    "+12025550143",
    "+12025550144",
    "no number",
];
const BLOCKED: &str = "+12025550145";

/// A post that can be repeated, because it has an idempotency key.
#[derive(Clone)]
pub(super) struct Post {
    tenant: usize,
    body: Value,
    key: String,
    dry_run: bool,
    promise: Promise,
    answered: Option<MessageId>,
}

/// The promise of an answer 200.
#[derive(Debug, Clone)]
pub struct Promise {
    text: String,
    file: Option<String>,
    to: To,
    sender: Option<&'static str>,
}

#[derive(Debug, Clone)]
enum To {
    Peer,
    Chat(ChatId),
    Name(String),
}

impl Promise {
    /// True if text and file are the same.
    pub fn is_about(&self, told: &MessageStory) -> bool {
        told.text == self.text && told.file.as_ref().map(|(_, name)| name) == self.file.as_ref()
    }

    /// True if the message in the log fulfils the promise.
    pub fn is_kept_by(&self, told: &MessageStory, referee: &Referee) -> bool {
        let from_sender = self.sender.is_none_or(|sender| referee.accounts[&told.account].phone == sender);
        let to_whom = match &self.to {
            To::Peer => from_sender && (self.sender.is_some() || told.by_default),
            To::Chat(chat) => told.chat == *chat,
            To::Name(name) => from_sender && told.title.0 == *name && (self.sender.is_some() || told.title.1 == 1),
        };
        to_whom && self.is_about(told)
    }
}

impl People {
    /// Sends up to five different posts at the same moment, some twice; an account may be paused or resumed at that
    /// moment too.
    pub(super) async fn post_some(&mut self, rng: &mut Rng, life: &Life, referee: &Referee) -> Result<(), String> {
        let mut posts = Vec::new();
        for _ in 0..=rng.below(4) {
            let post = self.compose(rng, referee);
            let twins = if rng.percent(15) { 2 } else { 1 };
            posts.extend(vec![post; twins]);
        }
        let hold = if rng.percent(15) { self.tenants[posts[0].tenant].some_hold(rng, referee) } else { None };
        let beside = async {
            match hold {
                Some((path, key)) => Some(life.post(&path, &key, &json!({"reason": "now"})).await),
                None => None,
            }
        };
        let (delivered, answer) = join(self.deliver(life, posts), beside).await;
        let known = answer.as_ref().is_none_or(|reply| reply.excused || [200, 409].contains(&reply.status));
        delivered.and(if known { Ok(()) } else { Err(format!("an account is held or let go on: {answer:?}")) })
    }

    pub(super) fn compose(&mut self, rng: &mut Rng, referee: &Referee) -> Post {
        self.texts += 1;
        let number = self.texts;
        let tenant = usize::try_from(rng.below(self.tenants.len() as u64)).unwrap();
        let mut body = json!({"action": "send"});
        let file = rng.percent(25).then(|| format!("{number}.png"));
        if let Some(name) = &file {
            let kind = if rng.percent(60) { "here" } else { *rng.pick(KINDS) };
            body["file_url"] = json!(format!("https://{}.files.example/{kind}/{name}", rng.below(2)));
            body["file_name"] = json!(name);
        }
        let text = if file.is_some() && rng.percent(40) { String::new() } else { format!("text {number}") };
        body["text"] = json!(text);
        let to = self.recipient(tenant, &mut body, rng, referee);
        let sender = rng.percent(15).then(|| *rng.pick(ACCOUNTS));
        if let Some(sender) = sender {
            body["whatsapp account phone"] = json!(sender);
        }
        if rng.percent(4) {
            body["priority"] = json!("high");
        }
        let promise = Promise { text, file, to, sender };
        Post { tenant, body, key: format!("key-{number}"), dry_run: rng.percent(5), promise, answered: None }
    }

    fn recipient(&self, tenant: usize, body: &mut Value, rng: &mut Rng, referee: &Referee) -> To {
        let chats: Vec<_> = referee.chats.iter().collect();
        let choice = if chats.is_empty() { 0 } else { rng.below(100) };
        match choice {
            0..70 => {
                let phone = if rng.percent(1) { BLOCKED } else { *rng.pick(PHONES) };
                body[if phone.contains('@') { "jid" } else { "phone" }] = json!(phone);
                To::Peer
            }
            70..86 => {
                // Sometimes the chat belongs to another workspace.
                let (chat, _) = *rng.pick(&chats);
                body["chat_id"] = json!(chat.to_string());
                To::Chat(*chat)
            }
            _ => {
                let own: Vec<_> =
                    chats.iter().filter(|(id, _)| id.workspace() == self.tenants[tenant].workspace).collect();
                let name = if own.is_empty() { "Nobody".to_owned() } else { rng.pick(&own).1.called() };
                body["chat_name"] = json!(name);
                To::Name(name)
            }
        }
    }

    /// Repeats an earlier post with its key; it may never have been answered.
    pub(super) async fn repeat(&mut self, rng: &mut Rng, life: &Life, referee: &Referee) -> Result<(), String> {
        if self.posts.is_empty() {
            return Ok(());
        }
        let post = rng.pick(&self.posts).clone();
        if referee.was_told_in_erased(&post.promise.text) {
            // Its attempt may be listed before or after the erasure has come to its end.
            life.leaks.allow_for_ever(&post.promise.text);
        }
        self.deliver(life, vec![post.clone(), post]).await
    }

    pub(super) async fn deliver(&mut self, life: &Life, posts: Vec<Post>) -> Result<(), String> {
        // Noted before the answers come: after a crash in between, only the key is left.
        for post in posts.iter().filter(|post| !post.dry_run) {
            if !self.posts.iter().any(|known| known.key == post.key) {
                self.posts.push(post.clone());
            }
        }
        // Whoever repeats a post says its text again, whatever was erased.
        for post in &posts {
            life.leaks.allow(&post.promise.text);
        }
        let answers = join_all(posts.iter().map(|post| {
            let inbound = &self.tenants[post.tenant].inbound;
            let mut request = TestRequest::post().uri(inbound).insert_header(("Idempotency-Key", post.key.clone()));
            if post.dry_run {
                request = request.insert_header(("Dry-Run", "true"));
            }
            life.ask_with(request, post.body.to_string())
        }));
        for (post, reply) in posts.iter().zip(answers.await).filter(|(_, reply)| !reply.excused) {
            self.answered(post, &reply)?;
        }
        Ok(())
    }

    fn answered(&mut self, post: &Post, reply: &Reply) -> Result<(), String> {
        let (enabled, strict) = (self.tenants[post.tenant].enabled, self.tenants[post.tenant].strict);
        expect((reply.status == 403) != enabled, "a webhook refuses everything exactly while it is disabled", reply)?;
        if reply.status != 200 {
            self.count("refused");
            let known = [402, 403, 404, 409].contains(&reply.status) || (strict && reply.status == 400);
            return expect(known, "a refusal has one of the known reasons", reply);
        }
        if post.dry_run {
            self.count("dry runs");
            self.only_tried.push(post.promise.clone());
            return expect(reply.body["data"]["dry_run"] == true, "a dry run gives a verdict", reply);
        }
        self.count(if reply.replayed { "replayed" } else { "accepted" });
        let id = reply.body["data"]["message_id"].as_str().and_then(|id| id.parse().ok());
        let id: MessageId = id.ok_or("an answer without an id")?;
        self.promised.insert(id, post.promise.clone());
        self.promised_now.push(id);
        let known = self.posts.iter_mut().find(|known| known.key == post.key).ok_or("an unknown post")?;
        let first = *known.answered.get_or_insert(id);
        expect(first == id, "one key, one answer", reply)
    }

    pub(super) async fn nonsense(&mut self, nth: usize, rng: &mut Rng, life: &Life) -> Result<(), String> {
        let tenant = &self.tenants[nth];
        let body = *rng.pick(&["", "{", "[]", r#"{"action":"send"}"#, r#"{"action":"send","text":"x"}"#]);
        let reply = life.ask_with(TestRequest::post().uri(&tenant.inbound), body.to_owned()).await;
        expect(reply.status == 400, "nonsense is refused", &reply)?;
        let listed = life.get("/api/v1/inbound/attempts", tenant.key()).await;
        // A life may begin in the very millisecond in which the one before ended, and numbers its attempts anew.
        let listed_last = listed.body["data"].as_array().into_iter().flatten();
        let mut newest = listed_last.take_while(|attempt| attempt["at"] == listed.body["data"][0]["at"]);
        let is_listed = newest.any(|attempt| attempt["status"] == 400 && attempt["request"]["body"] == body);
        expect(is_listed, "the last attempt is listed", &listed)?;
        if !tenant.retired.is_empty() {
            let retired: &String = rng.pick(&tenant.retired);
            let reply = life.ask_with(TestRequest::post().uri(retired), json!({"text": "x"}).to_string()).await;
            expect(reply.status == 404, "a replaced URL is unknown", &reply)?;
        }
        Ok(())
    }
}
