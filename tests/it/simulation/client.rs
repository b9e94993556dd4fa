//! The people around the gateway: an operator, and CRMs that remember what they were promised.

use std::collections::BTreeMap;

use actix_web::test::TestRequest;
use events::ids::MessageId;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::fate::Rng;
use super::life::{ADMIN_KEY, Life, Reply};
use super::referee::Referee;

/// Ordinary numbers, test numbers and one that is none; the number that blocks an account is rare.
const PHONES: &[&str] = &[
    "+12025550101",
    "+12025550102",
    "+1 (202) 555-0102",
    "12025550103",
    "12025550101@s.whatsapp.net",
    "+12025550140",
    "+12025550141",
    "+12025550142",
    "+12025550143",
    "+12025550144",
    "no number",
];
const BLOCKED: &str = "+12025550145";
const ACCOUNTS: &[&str] = &["+12025550190", "+12025550191", "+12025550192"];

/// What the people know.
#[derive(Default)]
pub struct People {
    tenants: Vec<Tenant>,
    /// What was promised: id and text of every answer 200.
    pub promised: BTreeMap<MessageId, String>,
    posts: Vec<Post>,
    texts: u64,
    pub last: &'static str,
    pub counts: BTreeMap<&'static str, u64>,
}

struct Tenant {
    api_key: String,
    inbound: String,
}

/// A post that may be repeated, because it bears a key.
#[derive(Clone)]
struct Post {
    inbound: String,
    body: Value,
    key: String,
    answered: Option<MessageId>,
}

impl People {
    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Something that one of them does now.
    pub async fn act(&mut self, rng: &mut Rng, life: &Life, referee: &Referee) -> Result<(), String> {
        if self.tenants.is_empty() || (self.tenants.len() < 2 && rng.percent(3)) {
            return self.create(rng, life).await;
        }
        let choice = rng.below(100);
        self.last = match choice {
            0..=9 => "connect",
            10..=69 => "post",
            70..=79 => "repeat",
            80..=84 => "nonsense",
            85..=89 => "grant",
            90..=93 => "look",
            _ => "settle",
        };
        match choice {
            0..=9 => self.connect(rng, life).await,
            10..=69 => self.post_some(rng, life).await,
            70..=79 => self.repeat(rng, life).await,
            80..=84 => self.nonsense(rng, life).await,
            85..=89 => self.grant(rng, life).await,
            90..=93 => self.look(rng, life).await,
            _ => self.settle(rng, life, referee).await,
        }
    }

    async fn create(&mut self, rng: &mut Rng, life: &Life) -> Result<(), String> {
        let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": "en"});
        let body = json!({"name": "Acme", "owner": owner, "credits": rng.below(80)});
        let created = life.post("/admin/v1/workspaces", ADMIN_KEY, &body).await;
        expect(created.status == 201, "a workspace is created", &created)?;
        let text = |key: &str| created.body[key].as_str().unwrap_or_default().to_owned();
        let inbound = text("inbound_url").replace("http://tidings.example", "");
        self.tenants.push(Tenant { api_key: text("api_key"), inbound });
        if rng.percent(80) { self.connect(rng, life).await } else { Ok(()) }
    }

    async fn connect(&mut self, rng: &mut Rng, life: &Life) -> Result<(), String> {
        let tenant = rng.below(self.tenants.len() as u64);
        let tenant = &self.tenants[usize::try_from(tenant).unwrap()];
        let phone = *rng.pick(ACCOUNTS);
        let body = json!({"phone": phone, "full_name": "Sales", "email": "sales@acme.example"});
        let connected = life.post("/api/v1/accounts", &tenant.api_key, &body).await;
        // Whoever got no answer before a crash finds it connected already.
        expect([201, 409].contains(&connected.status), "an account is connected once", &connected)
    }

    /// Up to four posts at the same moment, some with keys.
    async fn post_some(&mut self, rng: &mut Rng, life: &Life) -> Result<(), String> {
        let mut posts = Vec::new();
        for _ in 0..=rng.below(4) {
            let post = self.compose(rng);
            let twins = if rng.percent(15) { 2 } else { 1 };
            posts.extend(vec![post; twins]);
        }
        self.deliver(life, posts).await
    }

    fn compose(&mut self, rng: &mut Rng) -> Post {
        self.texts += 1;
        let tenant = rng.pick(&self.tenants);
        let phone = if rng.percent(1) { BLOCKED } else { *rng.pick(PHONES) };
        let field = if phone.contains('@') { "jid" } else { "phone" };
        let mut body = json!({"action": "send", "text": format!("text {}", self.texts), field: phone});
        if rng.percent(15) {
            body["whatsapp account phone"] = json!(rng.pick(ACCOUNTS));
        }
        Post { inbound: tenant.inbound.clone(), body, key: format!("key-{}", self.texts), answered: None }
    }

    /// An earlier post again, under its key: perhaps it was never answered.
    async fn repeat(&mut self, rng: &mut Rng, life: &Life) -> Result<(), String> {
        if self.posts.is_empty() {
            return Ok(());
        }
        let post = rng.pick(&self.posts).clone();
        self.deliver(life, vec![post.clone(), post]).await
    }

    async fn deliver(&mut self, life: &Life, posts: Vec<Post>) -> Result<(), String> {
        // Noted before the answers: a crash may come in between, and then the key is all that is left.
        for post in &posts {
            if !self.posts.iter().any(|known| known.key == post.key) {
                self.posts.push(post.clone());
            }
        }
        let answers = join_all(posts.iter().map(|post| {
            let request = TestRequest::post().uri(&post.inbound).insert_header(("Idempotency-Key", post.key.clone()));
            life.ask(request.set_payload(post.body.to_string()))
        }));
        for (post, reply) in posts.iter().zip(answers.await) {
            self.answered(post, &reply)?;
        }
        Ok(())
    }

    fn answered(&mut self, post: &Post, reply: &Reply) -> Result<(), String> {
        if reply.status != 200 {
            self.count("refused");
            let known = [402, 404, 409].contains(&reply.status);
            return expect(known, "a refusal has one of the known reasons", reply);
        }
        self.count(if reply.replayed { "replayed" } else { "accepted" });
        let id = reply.body["data"]["message_id"].as_str().and_then(|id| id.parse().ok());
        let id: MessageId = id.ok_or("an answer without an id")?;
        self.promised.insert(id, post.body["text"].as_str().unwrap_or_default().to_owned());
        let known = self.posts.iter_mut().find(|known| known.key == post.key).ok_or("an unknown post")?;
        let first = *known.answered.get_or_insert(id);
        expect(first == id, "one key, one answer", reply)
    }

    async fn nonsense(&mut self, rng: &mut Rng, life: &Life) -> Result<(), String> {
        let tenant = rng.pick(&self.tenants);
        let body = *rng.pick(&["", "{", "[]", r#"{"action":"send"}"#, r#"{"action":"send","text":"x"}"#]);
        let reply = life.ask(TestRequest::post().uri(&tenant.inbound).set_payload(body)).await;
        expect(reply.status == 400, "nonsense is refused", &reply)
    }

    async fn grant(&mut self, rng: &mut Rng, life: &Life) -> Result<(), String> {
        let nth = rng.below(self.tenants.len() as u64);
        let body = json!({"amount": 1 + rng.below(10), "reason": "bought"});
        let path = format!("/admin/v1/workspaces/{}/credits", 1_001 + nth);
        let reply = life.post(&path, ADMIN_KEY, &body).await;
        expect([200, 404].contains(&reply.status), "credits are granted", &reply)
    }

    async fn look(&mut self, rng: &mut Rng, life: &Life) -> Result<(), String> {
        let tenant = rng.pick(&self.tenants);
        for path in ["/credits", "/credits/ledger", "/accounts", "/chats"] {
            let reply = life.get(&format!("/api/v1{path}"), &tenant.api_key).await;
            expect(reply.status == 200, "the API answers", &reply)?;
        }
        Ok(())
    }

    /// Settles a message that the log calls uncertain. By then a receipt may have done so.
    async fn settle(&mut self, rng: &mut Rng, life: &Life, referee: &Referee) -> Result<(), String> {
        let uncertain: Vec<_> = referee.messages.iter().filter(|(_, told)| told.uncertain).map(|(id, _)| id).collect();
        if uncertain.is_empty() || self.tenants.is_empty() {
            return Ok(());
        }
        let id = **rng.pick(&uncertain);
        let body = json!({"as": rng.pick(&["sent", "failed"]), "reason": "looked at the phone"});
        for tenant in &self.tenants {
            let reply = life.post(&format!("/api/v1/messages/{id}/settle"), &tenant.api_key, &body).await;
            expect([200, 404, 409].contains(&reply.status), "only an uncertain message is settled", &reply)?;
        }
        self.count("settled");
        Ok(())
    }
}

fn expect(holds: bool, rule: &str, reply: &Reply) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("{rule}: {reply:?}")) }
}
