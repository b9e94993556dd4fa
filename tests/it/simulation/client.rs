//! The people around the gateway: an operator, owners, and CRMs that remember what was promised to them.

mod erase;
mod follow;
mod owner;
mod posts;
mod reads;
mod reports;

use std::collections::{BTreeMap, BTreeSet};

use events::ids::{AccountId, ChatId, MessageId, WorkspaceId};
use serde_json::json;

use super::fate::Rng;
use super::life::{ADMIN_KEY, Life, Machine, Reply};
use super::referee::Referee;
use super::whatsapp::WhatsApp;
use posts::Post;
pub use posts::Promise;

/// Out of a thousand crowds, this many become a burst of a thousand messages.
const BURSTS: u64 = 20;
const ACCOUNTS: &[&str] = &["+12025550190", "+12025550191", "+12025550192"];

/// After this idle time, in seconds, people no longer use earlier idempotency keys.
const KEYS_KEPT_S: u64 = 12 * 3_600;

/// The knowledge of all people.
#[derive(Default)]
pub struct People {
    tenants: Vec<Tenant>,
    /// The promise of every answer 200.
    pub promised: BTreeMap<MessageId, Promise>,
    /// The promises that have not been checked yet.
    pub promised_now: Vec<MessageId>,
    /// The messages of dry runs.
    pub only_tried: Vec<Promise>,
    /// The chats that somebody asked to erase.
    pub erasing: BTreeSet<ChatId>,
    /// Texts sent to accounts or typed on their phones, each with the account's number.
    pub said: Vec<(&'static str, String)>,
    posts: Vec<Post>,
    /// The time of their last action, in seconds of the story.
    acted_s: u64,
    texts: u64,
    pub last: &'static str,
    pub counts: BTreeMap<&'static str, u64>,
}

struct Tenant {
    workspace: WorkspaceId,
    /// Valid API keys with their numbers; the first one is never revoked.
    keys: Vec<(u64, String)>,
    revoked: Vec<String>,
    inbound: String,
    /// URLs that were replaced.
    retired: Vec<String>,
    enabled: bool,
    strict: bool,
    /// True if the URL or the settings may differ, because a change got no answer.
    unsure: bool,
    /// The follower has got all events up to this position.
    followed_to: u64,
}

/// The actions of people, with their weights.
const DEEDS: &[(&str, u64)] = &[
    ("connect", 6),
    ("post", 44),
    ("repeat", 6),
    ("nonsense", 3),
    ("grant", 6),
    ("look", 4),
    ("settle", 4),
    ("account", 9),
    ("line", 4),
    ("say", 9),
    ("pace", 2),
    ("door", 3),
    ("key", 2),
    ("chat", 2),
    ("report", 18),
    ("weather", 10),
    ("crowd", 4),
    ("read", 6),
    ("follow", 5),
    ("erase", 6),
];

impl People {
    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Chooses the next deed by how often each is wanted.
    fn choose(&self, nth: usize, rng: &mut Rng) -> &'static str {
        let mut left = rng.below(DEEDS.iter().map(|(_, often)| often).sum());
        let deed = DEEDS.iter().find(|(_, often)| {
            let found = left < *often;
            left = left.saturating_sub(*often);
            found
        });
        // Nothing is accepted while a webhook is disabled: not for long.
        if !self.tenants[nth].enabled && rng.percent(40) { "door" } else { deed.map_or("look", |(deed, _)| deed) }
    }

    /// Does one random action.
    pub async fn act(
        &mut self,
        rng: &mut Rng,
        life: &Life,
        referee: &mut Referee,
        machine: &Machine,
    ) -> Result<(), String> {
        if self.tenants.is_empty() || (self.tenants.len() < 2 && rng.percent(3)) {
            self.last = "create";
            return self.create(rng, life, referee).await;
        }
        self.make_sure(life).await?;
        let nth = usize::try_from(rng.below(self.tenants.len() as u64)).unwrap();
        self.last = self.choose(nth, rng);
        self.perform(nth, rng, life, referee, machine).await
    }

    async fn perform(
        &mut self,
        nth: usize,
        rng: &mut Rng,
        life: &Life,
        referee: &mut Referee,
        machine: &Machine,
    ) -> Result<(), String> {
        match self.last {
            "connect" => {
                let phone = *rng.pick(ACCOUNTS);
                self.connect(nth, phone, life).await
            }
            "post" => self.post_some(rng, life, referee).await,
            "repeat" => self.repeat(rng, life, referee).await,
            "nonsense" => self.nonsense(nth, rng, life).await,
            "grant" => self.grant(nth, rng, life).await,
            "settle" => self.settle(rng, life, referee).await,
            "account" => self.hold(nth, rng, life, referee).await,
            "line" => {
                machine.whatsapp.set_connected(rng.pick::<&str>(ACCOUNTS), rng.percent(60));
                Ok(())
            }
            "say" => {
                self.say(rng, &machine.whatsapp);
                Ok(())
            }
            "report" => self.report(nth, rng, life, referee).await,
            "weather" => {
                reports::weather(rng, &machine.receiver, referee);
                Ok(())
            }
            "crowd" if rng.below(1_000) < BURSTS => {
                self.last = "burst";
                self.burst(nth, rng, life, machine, referee).await
            }
            "crowd" => {
                self.crowd(rng, machine, referee).await;
                Ok(())
            }
            "read" => self.read(nth, rng, life, referee, machine).await,
            "follow" => self.follow(nth, rng, life, referee, machine).await,
            "erase" => self.erase(nth, rng, life, referee, machine).await,
            "pace" => self.pace(nth, rng, life).await,
            "door" => self.turn(nth, rng, life).await,
            "key" => self.change_keys(nth, rng, life).await,
            "chat" => self.change_chat(nth, rng, life, referee).await,
            _ => self.look(nth, rng, life).await,
        }
    }

    /// Sets the time of the next action. After a long pause, whatever its reason, the gateway may have forgotten
    /// earlier keys.
    pub fn at(&mut self, now_s: u64) {
        if now_s.saturating_sub(self.acted_s) > KEYS_KEPT_S {
            self.forget_keys();
        }
        self.acted_s = now_s;
    }

    /// Forgets all keys, because more than a day passes and the gateway forgets them too.
    pub fn forget_keys(&mut self) {
        self.posts.clear();
    }

    async fn create(&mut self, rng: &mut Rng, life: &Life, referee: &Referee) -> Result<(), String> {
        let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": "en"});
        let body = json!({"name": "Acme", "owner": owner, "credits": rng.below(80)});
        let created = life.post("/admin/v1/workspaces", ADMIN_KEY, &body).await;
        expect(created.status == 201, "a workspace is created", &created)?;
        let workspace = created.body["workspace_id"].as_u64().and_then(WorkspaceId::new);
        let key = created.body["api_key"].as_str().unwrap_or_default().to_owned();
        self.tenants.push(Tenant {
            workspace: workspace.ok_or("a workspace without a number")?,
            keys: vec![(1, key)],
            revoked: Vec::new(),
            inbound: path_of(&created.body["inbound_url"]),
            retired: Vec::new(),
            enabled: true,
            strict: false,
            unsure: false,
            followed_to: 0,
        });
        if rng.percent(60) {
            self.report(self.tenants.len() - 1, rng, life, referee).await?;
        }
        let connects = rng.percent(80);
        let phone = *rng.pick(ACCOUNTS);
        if connects { self.connect(self.tenants.len() - 1, phone, life).await } else { Ok(()) }
    }

    async fn connect(&mut self, nth: usize, phone: &str, life: &Life) -> Result<(), String> {
        let body = json!({"phone": phone, "full_name": "Sales", "email": "sales@acme.example"});
        let connected = life.post("/api/v1/accounts", self.tenants[nth].key(), &body).await;
        // After a crash without an answer, the account may be connected already.
        expect([201, 409].contains(&connected.status), "an account is connected once", &connected)
    }

    async fn grant(&mut self, nth: usize, rng: &mut Rng, life: &Life) -> Result<(), String> {
        let body = json!({"amount": 1 + rng.below(20), "reason": "bought"});
        let path = format!("/admin/v1/workspaces/{}/credits", self.tenants[nth].workspace);
        let reply = life.post(&path, ADMIN_KEY, &body).await;
        expect(reply.status == 200, "credits are granted", &reply)
    }

    async fn look(&mut self, nth: usize, rng: &mut Rng, life: &Life) -> Result<(), String> {
        let tenant = &self.tenants[nth];
        let key = &rng.pick(&tenant.keys).1;
        for path in ["/credits", "/credits/ledger", "/accounts", "/chats", "/inbound/attempts"] {
            let reply = life.get(&format!("/api/v1{path}"), key).await;
            expect(reply.status == 200, "the API answers", &reply)?;
        }
        for key in &tenant.revoked {
            let reply = life.get("/api/v1/credits", key).await;
            expect(reply.status == 401, "a revoked key opens nothing", &reply)?;
        }
        Ok(())
    }

    /// Settles a message that is uncertain in the log. A receipt may settle it first.
    async fn settle(&mut self, rng: &mut Rng, life: &Life, referee: &Referee) -> Result<(), String> {
        let uncertain: Vec<_> = referee.messages.iter().filter(|(_, told)| told.uncertain).map(|(id, _)| id).collect();
        if uncertain.is_empty() {
            return Ok(());
        }
        let id = **rng.pick(&uncertain);
        let body = json!({"as": rng.pick(&["sent", "failed"]), "reason": "looked at the phone"});
        for tenant in &self.tenants {
            let reply = life.post(&format!("/api/v1/messages/{id}/settle"), tenant.key(), &body).await;
            expect([200, 404, 409].contains(&reply.status), "only an uncertain message is settled", &reply)?;
        }
        self.count("settled");
        Ok(())
    }

    /// Resumes and reconnects all accounts that were paused, stopped or disconnected.
    pub async fn release_all(&mut self, life: &Life, referee: &Referee) -> Result<(), String> {
        for nth in 0..self.tenants.len() {
            for (account, line) in self.tenants[nth].accounts(referee) {
                if line.disconnected.is_some() {
                    self.connect(nth, &line.phone, life).await?;
                }
                let path = format!("/api/v1/accounts/{account}/resume");
                let reply = life.post(&path, self.tenants[nth].key(), &json!({"reason": "go on"})).await;
                expect([200, 409].contains(&reply.status), "an account is let go on", &reply)?;
            }
        }
        Ok(())
    }
}

/// Restores all connections.
pub fn connect_all(whatsapp: &WhatsApp) {
    for account in ACCOUNTS {
        whatsapp.set_connected(account, true);
    }
}

impl Tenant {
    fn key(&self) -> &str {
        &self.keys[0].1
    }

    /// The workspace's accounts that the log knows, connected or not.
    fn accounts<'a>(&self, referee: &'a Referee) -> Vec<(AccountId, &'a super::referee::Line)> {
        let own = referee.accounts.iter().filter(|(id, _)| id.workspace() == self.workspace);
        own.map(|(id, line)| (*id, line)).collect()
    }
}

fn path_of(url: &serde_json::Value) -> String {
    url.as_str().unwrap_or_default().replace("http://tidings.example", "")
}

/// The error of an action that got no answer for a good reason.
pub const NO_ANSWER: &str = "no answer";

fn expect(holds: bool, rule: &str, reply: &Reply) -> Result<(), String> {
    match (holds, reply.excused) {
        (true, _) => Ok(()),
        (false, true) => Err(NO_ANSWER.to_owned()),
        (false, false) => Err(format!("{rule}: {reply:?}")),
    }
}
