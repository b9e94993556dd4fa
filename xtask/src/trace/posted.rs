//! Posts the messages to trace: short ones, and some of the maximum length, from several clients at once.

use std::thread;

use anyhow::{Result, bail, ensure};

use crate::http::Client;
use crate::random::fresh_seed;
use crate::server::Server;
use crate::workspace::{Workspace, message_id};

const CLIENTS: u64 = 4;
const MESSAGES_EACH: u64 = 10;
const CREDITS: u64 = 1_000;

/// The longest text allowed, in characters.
const CHARS_MAX: usize = 65_536;
/// A character with the most bytes.
const FILLER: &str = "😀";

/// Returns the ids of the messages that were answered with 200.
pub fn post(server: &Server) -> Result<Vec<String>> {
    let workspace = Workspace::create(&Client::new(server.address), CREDITS)?;
    let run = fresh_seed();
    thread::scope(|scope| {
        let post = |client| {
            let workspace = &workspace;
            scope.spawn(move || post_some(workspace, &Client::new(server.address), &format!("{run}-{client}")))
        };
        let clients: Vec<_> = (0..CLIENTS).map(post).collect();
        let mut all = Vec::new();
        for client in clients {
            match client.join() {
                Ok(posted) => all.extend(posted?),
                Err(_) => bail!("a client panicked"),
            }
        }
        Ok(all)
    })
}

fn post_some(workspace: &Workspace, client: &Client, name: &str) -> Result<Vec<String>> {
    let mut posted = Vec::new();
    for number in 0..MESSAGES_EACH {
        let key = format!("traced-{name}-{number}");
        let text = if number + 1 == MESSAGES_EACH { FILLER.repeat(CHARS_MAX) } else { key.clone() };
        let answer = workspace.submit(client, &key, "+12025550110", &text)?;
        ensure!(answer.status == 200, "a message was refused: {}", answer.abridged());
        posted.push(message_id(&answer)?);
    }
    Ok(posted)
}
