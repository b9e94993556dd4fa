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

/// The longest text allowed, in characters, and the length of a part with its own mark: shorter in bytes than one
/// stored piece of the log, so that every piece contains a mark.
const CHARS_MAX: usize = 65_536;
const CHARS_PER_MARK: usize = 512;
/// A character with the most bytes.
const FILLER: &str = "😀";

/// A message that was answered with 200.
pub struct Posted {
    /// The marks that identify the parts of its text in a system call.
    pub marks: Vec<String>,
    /// Identifies the response.
    pub message_id: String,
}

pub fn post(server: &Server) -> Result<Vec<Posted>> {
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

fn post_some(workspace: &Workspace, client: &Client, name: &str) -> Result<Vec<Posted>> {
    let mut posted = Vec::new();
    for number in 0..MESSAGES_EACH {
        let key = format!("traced-{name}-{number}");
        let (marks, text) = if number + 1 == MESSAGES_EACH { long(&key) } else { short(&key) };
        let answer = workspace.submit(client, &key, "+12025550110", &text)?;
        ensure!(answer.status == 200, "a message was refused: {}", answer.abridged());
        posted.push(Posted { marks, message_id: message_id(&answer)? });
    }
    Ok(posted)
}

fn short(key: &str) -> (Vec<String>, String) {
    let text = format!("{key}.");
    (vec![text.clone()], text)
}

/// Each mark is at both ends of its part: a border between two stored pieces can cut only one of them.
fn long(key: &str) -> (Vec<String>, String) {
    let marks: Vec<String> = (0..CHARS_MAX / CHARS_PER_MARK).map(|part| format!("{key}-{part}.")).collect();
    let part = |mark: &String| {
        let filler = FILLER.repeat(CHARS_PER_MARK.saturating_sub(2 * mark.len()));
        format!("{mark}{filler}{mark}")
    };
    let text = marks.iter().map(part).collect();
    (marks, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_has_the_greatest_length_and_a_mark_twice_in_every_part() {
        let (marks, text) = long("traced-18446744073709551615-3-9");
        assert_eq!(text.chars().count(), CHARS_MAX);
        assert_eq!(marks.len(), 128);
        assert!(marks.iter().all(|mark| text.matches(mark.as_str()).count() == 2));
    }
}
