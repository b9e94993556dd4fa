//! Clients that post until the server is gone.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Result, bail, ensure};
use serde_json::Value;

use crate::http::Client;
use crate::workspace::{Workspace, message_id};

const CLIENTS: u64 = 4;
/// Use texts of these lengths in turn, so that the disk gets full at all parts of a batch.
const CHARS: [usize; 4] = [8, 2_000, 200, 20_000];

/// A message that was answered with 200.
pub struct Accepted {
    message_id: String,
    text: String,
}

/// The results of all clients of a round.
#[derive(Default)]
pub struct LoadRecord {
    pub accepted: Vec<Accepted>,
    /// Requests without an answer.
    pub unanswered: usize,
    /// Requests answered with 500: once a write has failed, the store fails all reads too, until the process ends.
    pub failed: usize,
}

/// Posts until the server stops answering; `end` makes it end.
pub fn run(
    workspace: &Workspace,
    address: SocketAddr,
    round: u64,
    end: impl FnOnce() -> Result<()>,
) -> Result<LoadRecord> {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let start = |client| {
            let is_over = &is_over;
            scope.spawn(move || post_until_gone(workspace, &Client::new(address), is_over, round, client))
        };
        let clients: Vec<_> = (0..CLIENTS).map(start).collect();
        let ended = end();
        is_over.store(true, Ordering::Release);
        let mut all = LoadRecord::default();
        for client in clients {
            match client.join() {
                Ok(seen) => all.add(seen?),
                Err(_) => bail!("a client panicked"),
            }
        }
        ended.map(|()| all)
    })
}

/// Checks that each message exists with its text.
pub fn look_for(accepted: &[Accepted], workspace: &Workspace, client: &Client) -> Result<()> {
    for Accepted { message_id, text } in accepted {
        let found = workspace.message(client, message_id)?;
        let json = found.json();
        let found_text = json.get("text").and_then(Value::as_str);
        ensure!(found_text == Some(text), "lost: {message_id}: {}", found.abridged());
    }
    Ok(())
}

impl LoadRecord {
    pub fn add(&mut self, other: Self) {
        self.accepted.extend(other.accepted);
        self.unanswered += other.unanswered;
        self.failed += other.failed;
    }
}

fn post_until_gone(
    workspace: &Workspace,
    client: &Client,
    is_over: &AtomicBool,
    round: u64,
    number: u64,
) -> Result<LoadRecord> {
    let mut seen = LoadRecord::default();
    for (nth, chars) in CHARS.into_iter().cycle().enumerate() {
        if is_over.load(Ordering::Acquire) {
            break;
        }
        let key = format!("full-{round}-{number}-{nth}");
        let text = format!("{key}{}", "x".repeat(chars));
        let Ok(answer) = workspace.submit(client, &key, "+12025550111", &text) else {
            seen.unanswered = 1;
            break;
        };
        if answer.status == 500 {
            seen.failed = 1;
            break;
        }
        ensure!(answer.status == 200, "refused: {}", answer.abridged());
        seen.accepted.push(Accepted { message_id: message_id(&answer)?, text });
    }
    Ok(seen)
}
