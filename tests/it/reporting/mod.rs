//! Messages reach the CRM as reports, in virtual time: bundles, order, the fuse, backlogs.

mod causes;
mod failing;
mod neighbours;
mod refused;
mod timeline;
mod windows;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tidings::whatsapp::transports::simulator::address::Address;
use tidings::whatsapp::transports::simulator::world::{Incoming, Typed};

use crate::simulation::life::{ADMIN_KEY, Life, Machine};
use crate::simulation::receiver::Post;

pub const ACCOUNT: &str = "+12025550190";
pub const URL: &str = "https://crm.example/hook";

/// A workspace with one account, in a running gateway.
pub struct Desk {
    pub life: Life,
    pub machine: Machine,
    pub key: String,
    account: String,
    inbound: String,
}

impl Desk {
    /// Creates a workspace whose webhook has these settings.
    pub async fn open(machine: &Machine, life: Life, settings: Value) -> Self {
        Self::open_as(ACCOUNT, machine, life, settings).await
    }

    /// Like [`Desk::open`], for an account with this phone.
    pub async fn open_as(phone: &str, machine: &Machine, life: Life, settings: Value) -> Self {
        let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": "en"});
        let body = json!({"name": "Acme", "owner": owner, "credits": 100_000});
        let created = life.post("/admin/v1/workspaces", ADMIN_KEY, &body).await.body;
        let text = |field: &str| created[field].as_str().unwrap().to_owned();
        let inbound = text("inbound_url").replace("http://tidings.example", "");
        let desk = Self { life, machine: machine.clone(), key: text("api_key"), account: phone.to_owned(), inbound };
        let account = json!({"phone": phone, "full_name": "Sales", "email": "sales@acme.example"});
        assert_eq!(desk.life.post("/api/v1/accounts", &desk.key, &account).await.status, 201);
        let url = settings["url"].clone();
        assert_eq!(desk.set(settings).await["url"], url);
        desk
    }

    /// Changes the webhook's settings.
    pub async fn set(&self, settings: Value) -> Value {
        let reply = self.life.patch("/api/v1/outbound", &self.key, &settings).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.body
    }

    pub async fn shown(&self) -> Value {
        self.life.get("/api/v1/outbound", &self.key).await.body
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let reply = self.life.post(path, &self.key, &body).await;
        assert!((200..300).contains(&reply.status), "{path}: {reply:?}");
        reply.body
    }

    /// Lets a contact write to the account.
    pub fn says(&self, phone: &str, text: &str) {
        self.machine.whatsapp.receive(Incoming {
            account: Address::parse(&self.account).unwrap(),
            chat: Address::parse(phone).unwrap(),
            member: None,
            name: "Mary Major".to_owned(),
            text: text.to_owned(),
            file_name: None,
        });
    }

    /// Lets the owner type on the phone itself.
    pub fn types(&self, phone: &str, text: &str) {
        let (account, chat) = (Address::parse(&self.account).unwrap(), Address::parse(phone).unwrap());
        self.machine.whatsapp.typed(Typed { account, chat, text: text.to_owned() });
    }

    /// Sends a message through the gateway, as a CRM does.
    pub async fn sends(&self, phone: &str, text: &str) {
        let message = json!({"action": "send", "phone": phone, "text": text});
        assert_eq!(self.life.post(&self.inbound, "", &message).await.status, 200);
    }

    pub fn posts(&self) -> Vec<Post> {
        self.machine.receiver.posts()
    }
}

pub async fn pass(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// The texts of a report, in order.
pub fn texts(post: &Post) -> Vec<&str> {
    let messages =
        post.body["messages"].as_array().map_or_else(|| vec![&post.body["message"]], |all| all.iter().collect());
    messages.into_iter().map(|message| message["text"].as_str().unwrap()).collect()
}

/// Runs a test in a gateway in virtual time without random faults.
pub fn story<T>(tell: impl AsyncFnOnce(Machine, Life) -> T) -> T {
    story_waiting(None, tell)
}

/// Like [`story`], with these waits after errors, in seconds.
pub fn story_waiting<T>(retry_s: Option<&[u32]>, tell: impl AsyncFnOnce(Machine, Life) -> T) -> T {
    let mut machine = Machine::new(1);
    machine.retry_s = retry_s.map(<[u32]>::to_vec);
    machine.fate.be_kind();
    let shared = machine.clone();
    machine.live(1, None, async move |life| tell(shared, life).await).expect("it must not crash")
}

/// Checks that every message was delivered in only one bundle.
pub fn check_once(posts: &[Post]) {
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for post in posts.iter().filter(|post| post.was_taken()) {
        for message in post.messages() {
            let bundle = taken.insert(message.clone(), post.delivery.clone());
            assert!(bundle.is_none_or(|bundle| bundle == post.delivery), "{message} is in two bundles");
        }
    }
}
