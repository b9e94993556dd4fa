//! Typed clients of the three APIs: the operator's, a workspace's with its inbound webhook, and the simulator's.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{ADMIN_KEY, Answer, Http, Request, Server, poll};

/// The states of a message that nothing goes wrong with, in order.
const WAY: [&str; 5] = ["queued", "sending", "sent", "delivered", "read"];
const PAGE: usize = 500;

/// A workspace, with the keys that were shown when it was created.
pub struct Workspace {
    pub id: u64,
    pub api_key: String,
    /// The path of the inbound webhook's URL, which is secret.
    pub inbound: String,
    http: Arc<Http>,
}

/// A client of the simulated `WhatsApp`.
pub struct Simulator {
    http: Http,
}

/// A row of the credit ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    pub kind: String,
    pub amount: i64,
    pub balance: i64,
    pub message_id: Option<String>,
    at: DateTime<Utc>,
}

/// A message as the API shows it.
#[derive(Debug, Clone)]
pub struct Message {
    pub state: String,
    /// The code of the failure.
    pub failure: Option<String>,
    pub sent_at: Option<DateTime<Utc>>,
    pub view: Value,
}

impl Server {
    /// Creates a workspace through the operator's API.
    pub fn create_workspace(&self, name: &str, credits: u64) -> Workspace {
        self.create_workspace_of(name, credits, "en")
    }

    /// Like [`Server::create_workspace`], with an owner who reads this language.
    pub fn create_workspace_of(&self, name: &str, credits: u64, language: &str) -> Workspace {
        Workspace::create(self.http(), name, credits, language)
    }

    /// Grants credits to a workspace through the operator's API.
    pub fn grant(&self, workspace: &Workspace, amount: u64) {
        let path = format!("/admin/v1/workspaces/{}/credits", workspace.id);
        let body = json!({"amount": amount, "reason": "bought"});
        self.http().ask(&Request::post(path).bearer(ADMIN_KEY).json(&body)).success();
    }

    /// Creates a workspace with ten credits and one connected account.
    pub fn workspace(&self) -> Workspace {
        let workspace = self.create_workspace("Acme", 10);
        workspace.connect_account(super::ACCOUNT_PHONE);
        workspace
    }
}

impl Workspace {
    /// Creates a workspace through the operator's API.
    pub fn create(http: Http, name: &str, credits: u64, language: &str) -> Self {
        let http = Arc::new(http);
        let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": language});
        let body = json!({"name": name, "owner": owner, "credits": credits});
        let answer = http.ask(&Request::post("/admin/v1/workspaces").bearer(ADMIN_KEY).json(&body));
        assert_eq!(answer.status, 201, "{answer:?}");
        let created = answer.json();
        let (_, token) = text(&created, "inbound_url").split_once("/in/").expect("the inbound URL ends in /in/{token}");
        Self {
            id: number(&created, "workspace_id"),
            api_key: text(&created, "api_key").to_owned(),
            inbound: format!("/in/{token}"),
            http,
        }
    }

    /// A request to the workspace's API, with its key.
    pub fn api(&self, method: &'static str, path: &str) -> Request {
        Request::new(method, format!("/api/v1{path}")).bearer(&self.api_key)
    }

    pub fn ask(&self, request: &Request) -> Answer {
        self.http.ask(request)
    }

    /// Like [`Workspace::ask`]. An error means that no answer came, because the server was killed.
    pub fn try_ask(&self, request: &Request) -> std::io::Result<Answer> {
        self.http.send(request)
    }

    pub fn connect_account(&self, phone: &str) {
        let body = json!({"phone": phone, "full_name": "Acme Sales", "email": "sales@acme.example",
            "transport": "simulator"});
        self.ask(&self.api("POST", "/accounts").json(&body)).success();
    }

    /// Returns the account with this phone.
    pub fn account(&self, phone: &str) -> Value {
        let accounts = self.rows("/accounts");
        accounts.into_iter().find(|account| account["phone"] == phone).expect("the account is listed")
    }

    /// Posts to the inbound webhook, as a CRM does.
    pub fn post(&self, body: &Value) -> Answer {
        self.ask(&Request::post(&*self.inbound).json(body))
    }

    /// Posts to the inbound webhook with an idempotency key. An error means that no answer came, because the server
    /// was killed.
    pub fn try_post(&self, body: &Value, key: &str) -> std::io::Result<Answer> {
        self.http.send(&Request::post(&*self.inbound).header("Idempotency-Key", key).json(body))
    }

    pub fn post_with_key(&self, body: &Value, key: &str) -> Answer {
        self.try_post(body, key).unwrap_or_else(|error| panic!("{key}: {error}"))
    }

    /// Posts a text to a phone, which must be accepted, and returns the message's id.
    pub fn send(&self, phone: &str, text: &str) -> String {
        self.post(&message(phone, text)).message_id()
    }

    pub fn message(&self, id: &str) -> Message {
        let view = self.ask(&self.api("GET", &format!("/messages/{id}"))).success();
        Message {
            state: text(&view, "state").to_owned(),
            failure: view["failure"]["code"].as_str().map(str::to_owned),
            sent_at: view["sent_at"].as_str().map(time),
            view,
        }
    }

    /// Waits until the message is in this state or a later one of [`WAY`], and returns it.
    pub fn wait_for_state(&self, id: &str, wanted: &str, within: Duration) -> Message {
        let arrived = poll(within, || {
            let message = self.message(id);
            let lost = message.state == "failed" && wanted != "failed";
            (lost || has_reached(&message.state, wanted)).then_some(message)
        });
        match arrived {
            Some(message) if has_reached(&message.state, wanted) => message,
            _ => panic!("{id} is not {wanted} within {within:?}: {:?}", self.message(id)),
        }
    }

    pub fn settle(&self, id: &str, outcome: &str) -> Answer {
        let body = json!({"as": outcome, "reason": "looked at the phone"});
        self.ask(&self.api("POST", &format!("/messages/{id}/settle")).json(&body))
    }

    pub fn credits(&self) -> i64 {
        let view = self.ask(&self.api("GET", "/credits")).success();
        view["balance"].as_i64().unwrap_or_else(|| panic!("no balance: {view}"))
    }

    pub fn chats(&self) -> Vec<Value> {
        self.rows("/chats")
    }

    /// Returns the whole ledger, the newest row first.
    pub fn ledger(&self) -> Vec<LedgerRow> {
        self.rows("/credits/ledger").iter().map(ledger_row).collect()
    }

    /// Checks every balance in the ledger, and that each message has one charge and at most one refund. Returns the
    /// ledger.
    pub fn assert_ledger_adds_up(&self) -> Vec<LedgerRow> {
        let (rows, balance_now) = self.settled_ledger();
        let mut balance = 0;
        let mut time = DateTime::UNIX_EPOCH;
        let mut movements: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        for row in rows.iter().rev() {
            balance += row.amount;
            assert_eq!(row.balance, balance, "{row:?}");
            assert!(balance >= 0 && row.at >= time, "{row:?}");
            assert_eq!(row.amount > 0, row.kind != "charged", "{row:?}");
            time = row.at;
            if let Some(id) = row.message_id.as_deref() {
                let earlier = movements.insert((id, row.kind.as_str()), row.amount);
                assert_eq!(earlier, None, "twice: {row:?}");
                let charge = movements.get(&(id, "charged"));
                assert!(row.kind == "charged" || charge == Some(&-row.amount), "not what was charged: {row:?}");
            }
        }
        assert_eq!(balance_now, balance, "the balance is not what the ledger's newest row says");
        rows
    }

    /// Reads the ledger and the balance of the same moment; reads again if credits moved meanwhile.
    fn settled_ledger(&self) -> (Vec<LedgerRow>, i64) {
        loop {
            let (before, rows, after) = (self.credits(), self.ledger(), self.credits());
            if before == after && rows.first().is_none_or(|row| row.balance == after) {
                return (rows, after);
            }
        }
    }

    /// Returns the newest hundred rows of a list that keeps no more than that.
    pub fn newest(&self, path: &str) -> Vec<Value> {
        let mut view = self.ask(&self.api("GET", &format!("{path}?limit=100"))).success();
        std::mem::take(view["data"].as_array_mut().unwrap_or_else(|| panic!("no list at {path}")))
    }

    /// Returns a whole list of the workspace's API, the newest row first.
    pub fn rows(&self, path: &str) -> Vec<Value> {
        rows(&self.http, &format!("/api/v1{path}"), &self.api_key)
    }
}

/// Checks the ledger at the end of every test with a workspace, unless the test failed or stopped the server.
impl Drop for Workspace {
    fn drop(&mut self) {
        let answers = || self.http.send(&Request::get("/livez")).is_ok_and(|answer| answer.status == 200);
        if !std::thread::panicking() && answers() {
            self.assert_ledger_adds_up();
        }
    }
}

impl Simulator {
    pub fn new(port: u16) -> Self {
        Self { http: Http::new(port) }
    }

    /// Returns the texts that a phone has got, including duplicates.
    pub fn texts(&self, phone: &str) -> Vec<String> {
        self.phone(phone).iter().map(|message| text(message, "text").to_owned()).collect()
    }

    /// Returns all messages that a phone has got.
    pub fn phone(&self, phone: &str) -> Vec<Value> {
        rows(&self.http, &format!("/sim/v1/phones/{phone}/messages"), "")
    }

    /// Lets a contact write to an account, and returns the message's wire id.
    pub fn receive(&self, account: &str, from: &str, text: &str) -> String {
        self.hear("receive", &json!({"account": account, "from": from, "name": "Mary Major", "text": text}))
    }

    /// Lets the owner of an account type on the phone itself, and returns the message's wire id.
    pub fn typed(&self, account: &str, to: &str, text: &str) -> String {
        self.hear("sent", &json!({"account": account, "to": to, "text": text}))
    }

    /// Posts a full body to the route `receive` or `sent`, and returns the message's wire id.
    pub fn hear(&self, route: &str, body: &Value) -> String {
        let answer = self.http.ask(&Request::post(format!("/sim/v1/{route}")).json(body)).success();
        text(&answer, "message_id").to_owned()
    }

    /// Disconnects an account, or connects it again.
    pub fn set_connected(&self, account: &str, connected: bool) {
        let change = if connected { "connect" } else { "disconnect" };
        self.http.ask(&Request::post(format!("/sim/v1/accounts/{account}/{change}"))).success();
    }

    /// Replaces all chaos settings; those that are not named become 0.
    pub fn set_chaos(&self, chaos: &Value) {
        self.http.ask(&Request::new("PUT", "/sim/v1/chaos").json(chaos)).success();
    }

    /// Waits for updates numbered above `after`, as a gateway does, and returns the next few, at least one.
    pub fn updates(&self, after: u64) -> Vec<Value> {
        let path = format!("/sim/v1/updates?after={after}&wait_ms=20000");
        let mut view = self.http.ask(&Request::get(path)).success();
        std::mem::take(view["data"].as_array_mut().unwrap_or_else(|| panic!("no updates")))
    }

    pub fn ask(&self, request: &Request) -> Answer {
        self.http.ask(request)
    }

    /// Returns how many sends the simulator took, and how many of those were duplicates.
    pub fn stats(&self) -> (u64, u64) {
        let stats = self.http.ask(&Request::get("/sim/v1/stats")).success();
        (number(&stats, "sends"), number(&stats, "duplicates"))
    }
}

impl Answer {
    /// Returns the id of the accepted message; any other answer fails the test.
    pub fn message_id(&self) -> String {
        assert_eq!(self.status, 200, "not accepted: {self:?}");
        text(&self.json()["data"], "message_id").to_owned()
    }

    /// True if an earlier answer was replayed.
    pub fn is_replayed(&self) -> bool {
        self.header("Idempotent-Replayed") == Some("true")
    }
}

/// The body of an ordinary message.
pub fn message(phone: &str, text: &str) -> Value {
    json!({"action": "send", "phone": phone, "text": text})
}

/// The place of a state in [`WAY`]; `None` for others, such as `uncertain` and `failed`.
pub fn steps(state: &str) -> Option<usize> {
    WAY.iter().position(|step| *step == state)
}

fn has_reached(state: &str, wanted: &str) -> bool {
    state == wanted || steps(wanted).is_some_and(|least| steps(state) >= Some(least))
}

/// Reads a whole list, page by page.
fn rows(http: &Http, path: &str, key: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut page = format!("{path}?limit={PAGE}");
    loop {
        let mut view = http.ask(&Request::get(page).bearer(key)).success();
        let data = view["data"].as_array_mut().unwrap_or_else(|| panic!("no list at {path}"));
        if data.is_empty() {
            return rows;
        }
        rows.append(data);
        page = match &view["page"]["next"] {
            Value::Null => return rows,
            Value::String(link) if link.contains('?') => format!("{path}?{}", link.split_once('?').unwrap().1),
            Value::String(cursor) => format!("{path}?limit={PAGE}&after={cursor}"),
            cursor => format!("{path}?limit={PAGE}&after={cursor}"),
        };
    }
}

fn ledger_row(row: &Value) -> LedgerRow {
    LedgerRow {
        kind: text(row, "kind").to_owned(),
        amount: row["amount"].as_i64().unwrap_or_else(|| panic!("no amount: {row}")),
        balance: row["balance"].as_i64().unwrap_or_else(|| panic!("no balance: {row}")),
        message_id: row["message_id"].as_str().map(str::to_owned),
        at: time(text(row, "at")),
    }
}

fn time(text: &str) -> DateTime<Utc> {
    let parsed = DateTime::parse_from_rfc3339(text);
    parsed.unwrap_or_else(|error| panic!("{text:?} is not RFC 3339: {error}")).to_utc()
}

fn text<'a>(view: &'a Value, key: &str) -> &'a str {
    view[key].as_str().unwrap_or_else(|| panic!("no text {key:?} in {view}"))
}

/// Reads a number that is written as a number or as a text.
fn number(view: &Value, key: &str) -> u64 {
    let value = &view[key];
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.unwrap_or_else(|| panic!("no number {key:?} in {view}"))
}
