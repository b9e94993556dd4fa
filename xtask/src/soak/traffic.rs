//! The traffic of a soak: the CRM posts, contacts write and the owner turns switches, until it is over.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::tenant::Tenant;
use crate::http::{Answer, Client};
use crate::random::{Random, fresh_seed};
use crate::stopwatch::Stopwatch;
use crate::workspace::message_id;
use crate::world::{FILE, FILE_GONE, Receiver, Simulator};

/// A number that is not on `WhatsApp`.
const NOBODY: &str = "+12025550140";
const CHATS: u64 = 60;
const FLOOD_WORDS: usize = 60;
const TALK_EVERY: Duration = Duration::from_millis(200);
const SWITCH_EVERY: Duration = Duration::from_secs(3);
const TEXT_CHARS_MAX: u64 = 400;

/// One request to post.
struct Post {
    body: Value,
    cost: u64,
    must_fail: bool,
    wanted: Wanted,
}

/// The expected result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Accepted,
    Valid,
    Refused,
    Repeated,
}

/// Acts as the CRM: posts requests of all kinds, evenly spread.
pub fn post(
    tenant: &Tenant,
    every: Duration,
    receiver: &Receiver,
    address: SocketAddr,
    is_over: &AtomicBool,
) -> Result<()> {
    let (client, mut random) = (Client::new(address), Random::seeded(fresh_seed()));
    let (watch, mut last) = (Stopwatch::start(), None::<(String, Post, String)>);
    for nth in 0_u32.. {
        if is_over.load(Ordering::Acquire) {
            break;
        }
        let post = draft(tenant, receiver, &mut random, nth);
        let key = format!("soak-{}-{nth}", tenant.nth);
        match (post.wanted, &last) {
            (Wanted::Repeated, Some((key, post, id))) => repeat(tenant, &client, key, post, id)?,
            (Wanted::Repeated, None) => {}
            _ => {
                if let Some(id) = post_one(tenant, &client, &key, &post)? {
                    last = Some((key, post, id));
                }
            }
        }
        thread::sleep((every * nth).saturating_sub(watch.elapsed()));
    }
    Ok(())
}

fn draft(tenant: &Tenant, receiver: &Receiver, random: &mut Random, nth: u32) -> Post {
    let length = usize::try_from(random.below(TEXT_CHARS_MAX)).unwrap_or(0);
    let text = format!("message {nth} {}", "words ".repeat(length / 6));
    let phone = format!("+12025551{:03}", random.below(CHATS));
    let account = tenant.accounts.get(nth as usize % tenant.accounts.len()).cloned().unwrap_or_default();
    let text = |phone: &str| json!({"action": "send", "phone": phone, "text": text, "whatsapp account phone": account});
    let file = |path: &str| {
        let mut body = text(&phone);
        if let Some(body) = body.as_object_mut() {
            body.insert("file_url".to_owned(), receiver.url(path).into());
            body.insert("file_name".to_owned(), "a.png".into());
        }
        body
    };
    let (body, cost, must_fail, wanted) = match nth % 20 {
        3 | 13 => (file(FILE), 2, false, Wanted::Accepted),
        6 => (file(FILE_GONE), 2, true, Wanted::Accepted),
        9 => (text(NOBODY), 1, true, Wanted::Accepted),
        11 => (text(&phone), 1, false, Wanted::Valid),
        15 => (json!({"action": "send", "phone": phone, "text": " "}), 0, false, Wanted::Refused),
        17 => (Value::Null, 0, false, Wanted::Repeated),
        _ => (text(&phone), 1, false, Wanted::Accepted),
    };
    Post { body, cost, must_fail, wanted }
}

fn send(tenant: &Tenant, client: &Client, key: &str, post: &Post) -> Result<Answer> {
    let dry_run = if post.wanted == Wanted::Valid { "true" } else { "false" };
    let headers = [("Idempotency-Key", key), ("Dry-Run", dry_run)];
    Ok(client.post(tenant.workspace.inbound_path(), &headers, &post.body)?)
}

/// Posts a request; returns the id if it was accepted. A valid request may only be refused because the owner switched
/// the webhook off.
fn post_one(tenant: &Tenant, client: &Client, key: &str, post: &Post) -> Result<Option<String>> {
    let answer = send(tenant, client, key, post)?;
    match (post.wanted, answer.status) {
        (Wanted::Accepted, 200) => {
            let id = message_id(&answer)?;
            tenant.count(|counts| counts.accepted.push((id.clone(), post.cost, post.must_fail)));
            return Ok(Some(id));
        }
        (Wanted::Valid, 200) => tenant.count(|counts| counts.dry_runs += 1),
        (Wanted::Refused, 400) | (_, 403) => tenant.count(|counts| counts.refused += 1),
        _ => anyhow::bail!("answered with {}", answer.abridged()),
    }
    Ok(None)
}

fn repeat(tenant: &Tenant, client: &Client, key: &str, post: &Post, id: &str) -> Result<()> {
    let answer = send(tenant, client, key, post)?;
    ensure!(answer.status == 403 || message_id(&answer)? == id, "a repeated key was answered {}", answer.abridged());
    tenant.count(|counts| counts.repeated += 1);
    Ok(())
}

/// Sends this many long messages from contacts, without a pause.
pub fn flood(tenant: &Tenant, simulator: &Simulator, messages: usize) -> Result<()> {
    let (client, mut chat) = (Client::new(simulator.address), 0);
    let text = "how much is it? ".repeat(FLOOD_WORDS);
    for account in tenant.accounts.iter().cycle().take(messages) {
        chat = (chat + 7) % CHATS;
        Simulator::receive(&client, account, &format!("+12025551{chat:03}"), &text)?;
        tenant.count(|counts| counts.heard += 1);
    }
    Ok(())
}

/// Sends messages from contacts to all accounts.
pub fn talk(tenant: &Tenant, simulator: &Simulator, is_over: &AtomicBool) -> Result<()> {
    let (client, mut random) = (Client::new(simulator.address), Random::seeded(fresh_seed()));
    for account in tenant.accounts.iter().cycle() {
        if is_over.load(Ordering::Acquire) {
            break;
        }
        let from = format!("+12025551{:03}", random.below(CHATS));
        Simulator::receive(&client, account, &from, "how much is it?")?;
        tenant.count(|counts| counts.heard += 1);
        thread::sleep(TALK_EVERY);
    }
    Ok(())
}

/// Changes a setting every few seconds as the owner does, and mostly changes it back.
pub fn turn_switches(tenant: &Tenant, address: SocketAddr, is_over: &AtomicBool) -> Result<()> {
    let client = Client::new(address);
    let accounts = tenant.account_ids(&client)?;
    for (nth, account) in accounts.iter().cycle().enumerate() {
        if is_over.load(Ordering::Acquire) {
            break;
        }
        let (pause, resume) = (format!("/accounts/{account}/pause"), format!("/accounts/{account}/resume"));
        let reason = json!({"reason": "soak"});
        let pair = match nth % 5 {
            0 => [("POST", pause.as_str(), reason.clone()), ("POST", resume.as_str(), reason)],
            1 => [("PATCH", "/inbound", json!({"enabled": false})), ("PATCH", "/inbound", json!({"enabled": true}))],
            2 => {
                [("PATCH", "/outbound", json!({"aggregation": "1h"})), ("PATCH", "/inbound", json!({"strict": false}))]
            }
            3 => [
                ("PATCH", "/outbound", json!({"enabled": false})),
                ("PATCH", "/outbound", json!({"enabled": true, "backlog": "send"})),
            ],
            _ => [
                ("PATCH", "/workspace", json!({"name": format!("Example {nth}")})),
                ("PATCH", "/outbound", json!({"aggregation": "none"})),
            ],
        };
        for (method, path, body) in pair {
            tenant.change(&client, method, path, &body)?;
            tenant.count(|counts| counts.switched += 1);
            thread::sleep(SWITCH_EVERY / 4);
        }
        thread::sleep(SWITCH_EVERY / 2);
    }
    Ok(())
}
