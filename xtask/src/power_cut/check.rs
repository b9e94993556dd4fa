//! Checks that a restarted server still has all acknowledged messages.

use std::net::SocketAddr;
use std::path::Path;
use std::thread;

use anyhow::{Result, bail};

use super::load::{Acknowledged, CLIENTS, submit};
use crate::http::Client;
use crate::workspace::{Workspace, message_id};
use crate::world::Receiver;

/// The number of messages that were found, and one line for each that was not.
#[derive(Default)]
pub struct Findings {
    pub verified: usize,
    pub lost: Vec<String>,
}

/// Looks for each message: it must exist with its text, and a retry must return the same id.
pub fn look_for(
    messages: &[Acknowledged],
    workspace: &Workspace,
    receiver: &Receiver,
    address: SocketAddr,
) -> Result<Findings> {
    let share = messages.len().div_ceil(CLIENTS).max(1);
    thread::scope(|scope| {
        let check = |part| scope.spawn(move || look_for_part(part, workspace, receiver, &Client::new(address)));
        let clients: Vec<_> = messages.chunks(share).map(check).collect();
        let mut all = Findings::default();
        for client in clients {
            match client.join() {
                Ok(part) => all.add(part?),
                Err(_) => bail!("a client panicked"),
            }
        }
        Ok(all)
    })
}

/// Checks that no value has a file of its own: sled never syncs those files.
pub fn no_blobs(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if !path.is_dir() {
            continue;
        }
        if path.ends_with("blobs") && std::fs::read_dir(&path)?.next().is_some() {
            bail!("{} is not empty", path.display());
        }
        no_blobs(&path)?;
    }
    Ok(())
}

impl Findings {
    fn add(&mut self, part: Self) {
        self.verified += part.verified;
        self.lost.extend(part.lost);
    }
}

fn look_for_part(
    messages: &[Acknowledged],
    workspace: &Workspace,
    receiver: &Receiver,
    client: &Client,
) -> Result<Findings> {
    let mut findings = Findings::default();
    for message in messages {
        match why_lost(message, workspace, receiver, client)? {
            None => findings.verified += 1,
            Some(why) => findings.lost.push(format!("{} (number {}): {why}", message.message_id, message.draft.number)),
        }
    }
    Ok(findings)
}

fn why_lost(
    message: &Acknowledged,
    workspace: &Workspace,
    receiver: &Receiver,
    client: &Client,
) -> Result<Option<String>> {
    let (draft, text) = (message.draft, message.draft.text());
    let found = workspace.message(client, &message.message_id)?;
    if found.status != 200 {
        return Ok(Some(format!("not there: {}", found.abridged())));
    }
    if found.json().get("text").and_then(serde_json::Value::as_str) != Some(&text) {
        return Ok(Some(format!("another text than the {} bytes sent: {}", text.len(), found.abridged())));
    }
    let again = submit(draft, &text, workspace, receiver, client)?;
    match message_id(&again) {
        Ok(id) if again.status == 200 && id == message.message_id => Ok(None),
        _ => Ok(Some(format!("a retry was answered {}", again.abridged()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_a_blobs_folder_is_found_at_any_depth() {
        let folder = std::env::temp_dir().join(format!("tidings-blobs-{}", std::process::id()));
        let blobs = folder.join("log").join("blobs");
        std::fs::create_dir_all(&blobs).unwrap();
        assert!(no_blobs(&folder).is_ok());
        std::fs::write(blobs.join("7"), "x").unwrap();
        assert!(no_blobs(&folder).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
