//! One workspace with one simulated account, used over HTTP like a customer does.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::http::{Answer, Client};
use crate::server::ADMIN_KEY;
use crate::stopwatch::Stopwatch;

const CONNECTED_WITHIN: Duration = Duration::from_secs(10);
const ASK_EVERY: Duration = Duration::from_millis(100);

/// The first account of every workspace.
pub const ACCOUNT: &str = "+12025550100";

/// The credentials of a workspace.
pub struct Workspace {
    authorization: String,
    inbound_path: String,
}

impl Workspace {
    /// Creates the workspace and its account, and sends a first message.
    pub fn create(client: &Client, credits: u64) -> Result<Self> {
        Self::create_as(ACCOUNT, client, credits)
    }

    /// Like [`Workspace::create`], with this number: the simulator connects each number only once.
    pub fn create_as(phone: &str, client: &Client, credits: u64) -> Result<Self> {
        let owner = json!({"full_name": "Ada Example", "email": "ada@crm.example", "language": "en"});
        let body = json!({"name": "Example CRM", "owner": owner, "credits": credits});
        let admin = format!("Bearer {ADMIN_KEY}");
        let answer = client.post("/admin/v1/workspaces", &[("Authorization", &admin)], &body)?;
        ensure!(answer.status == 201, "the workspace was refused: {}", answer.abridged());
        let created = answer.json();
        let workspace = Self {
            authorization: format!("Bearer {}", field(&created, "/api_key")?),
            inbound_path: path_of(field(&created, "/inbound_url")?)?,
        };
        workspace.connect(client, phone)?;
        workspace.wait_until_it_sends(client)?;
        Ok(workspace)
    }

    /// Returns the value of the `Authorization` header for its API.
    pub fn authorization(&self) -> &str {
        &self.authorization
    }

    /// Returns the path of its inbound URL.
    pub fn inbound_path(&self) -> &str {
        &self.inbound_path
    }

    /// Posts one message to the inbound URL.
    pub fn submit(&self, client: &Client, key: &str, phone: &str, text: &str) -> std::io::Result<Answer> {
        let body = json!({"action": "send", "phone": phone, "text": text});
        client.post(&self.inbound_path, &[("Idempotency-Key", key)], &body)
    }

    /// Like [`Workspace::submit`], with a file.
    pub fn submit_file(
        &self,
        client: &Client,
        key: &str,
        phone: &str,
        text: &str,
        file_url: &str,
    ) -> std::io::Result<Answer> {
        let body = json!({
            "action": "send", "phone": phone, "text": text, "file_url": file_url, "file_name": "a.png",
        });
        client.post(&self.inbound_path, &[("Idempotency-Key", key)], &body)
    }

    /// Sends any request to its API, below `/api/v1`.
    pub fn ask(&self, client: &Client, method: &str, path: &str, body: &Value) -> std::io::Result<Answer> {
        let headers = [("Authorization", self.authorization.as_str())];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        client.send(method, &format!("/api/v1{path}"), &headers, body.as_bytes())
    }

    /// Reads one message.
    pub fn message(&self, client: &Client, message_id: &str) -> std::io::Result<Answer> {
        client.get(&format!("/api/v1/messages/{message_id}"), &[("Authorization", &self.authorization)])
    }

    pub fn connect(&self, client: &Client, phone: &str) -> Result<()> {
        let body = json!({
            "phone": phone, "full_name": "Ada Example", "email": "ada@crm.example", "transport": "simulator",
        });
        let answer = client.post("/api/v1/accounts", &[("Authorization", &self.authorization)], &body)?;
        ensure!(matches!(answer.status, 200 | 201), "the account was refused: {}", answer.abridged());
        Ok(())
    }

    fn wait_until_it_sends(&self, client: &Client) -> Result<()> {
        let waited = Stopwatch::start();
        loop {
            let answer = self.submit(client, "first", "+12025550199", "first")?;
            match answer.status {
                200 => return Ok(()),
                409 if waited.elapsed() < CONNECTED_WITHIN => thread::sleep(ASK_EVERY),
                _ => bail!("the first message was refused: {}", answer.abridged()),
            }
        }
    }
}

/// Returns the message id in a 200 response of the inbound URL.
pub fn message_id(answer: &Answer) -> Result<String> {
    field(&answer.json(), "/data/message_id").map(str::to_owned)
}

/// Makes the server verify the whole hash chain.
pub fn verify_chain(client: &Client) -> Result<()> {
    let admin = format!("Bearer {ADMIN_KEY}");
    let answer = client.post("/admin/v1/events/verify", &[("Authorization", &admin)], &json!({}))?;
    let ok = answer.json().get("ok").and_then(Value::as_bool) == Some(true);
    ensure!(answer.status == 200 && ok, "the chain does not verify: {}", answer.abridged());
    Ok(())
}

fn field<'a>(json: &'a Value, pointer: &str) -> Result<&'a str> {
    json.pointer(pointer).and_then(Value::as_str).with_context(|| format!("no {pointer} in {json}"))
}

fn path_of(url: &str) -> Result<String> {
    let at = url.find("/in/").with_context(|| format!("not an inbound URL: {url}"))?;
    Ok(url.get(at..).unwrap_or_default().to_owned())
}
