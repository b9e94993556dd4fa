//! Reads each record as it is written, while its texts can still be read, and remembers under which keys they are sealed.
//! What is written later may be lost, but not unseen.

use std::collections::{BTreeMap, BTreeSet};

use events::codec::{Opening, Sealed, decode, sealed_parts};
use events::event::Event;
use events::ids::{ChatId, WorkspaceId};
use events::log::StoredRecord;
use events::notes::Space;
use events::personal::Digest;
use events::record::Record;
use events::sealing::{SALT_BYTES, SealedPart, whole};
use events::vault::{Owner, Turn, Vault};

use super::vault::{VaultDisk, fingerprint};

/// The notes with rows that are beside the log.
const ROWS: [Space; 2] = [Space::Attempts, Space::Tries];
/// Bytes of a row's note before what is sealed: its number, the number of its parts, and the letter of its seed.
const ROW_HEAD: usize = 10;

/// A record on the disk.
#[derive(Clone)]
pub struct Written {
    pub stored: StoredRecord,
    /// What it said when it was written.
    pub record: Record,
    /// Whose keys seal its texts.
    keys: Vec<(Owner, Digest)>,
}

/// What was ever written, even if it was lost.
#[derive(Default)]
pub struct EverWritten {
    /// What was sealed with a key stream, by the beginning of that.
    streams: BTreeMap<[u8; SALT_BYTES], SealedPart>,
    /// Rows beside the log, also those that were replaced: the real disk forgets nothing.
    rows: Vec<(Vec<u8>, Vec<u8>)>,
    /// The rule that was broken first.
    broken: Option<String>,
}

impl EverWritten {
    pub fn broken(&self) -> Option<String> {
        self.broken.clone()
    }

    /// Notes what was checked.
    pub fn note(&mut self, checked: Result<(), String>) {
        if let Err(rule) = checked {
            self.broken.get_or_insert(rule);
        }
    }

    /// Reads a record that is being written.
    pub fn read(&mut self, stored: &StoredRecord, vault: &VaultDisk) -> Result<Written, String> {
        let open = vault.vault();
        let record = decode(stored, Opening::With(open.as_ref()));
        let record = record.map_err(|error| format!("what is written does not open: {error}"))?;
        let mut keys = Vec::new();
        let sealed = sealed_parts(&stored.bytes).map_err(|error| error.to_string())?;
        for Sealed { owner, number, part } in sealed.into_iter().flatten() {
            let key = open.key(owner).map_err(|error| error.to_string())?;
            let Some(key) = key.filter(|_| !part.bytes.is_empty()) else {
                if vault.is_destroyed(owner) {
                    continue;
                }
                return Err(format!("texts of {owner} are lost, whom nobody erases"));
            };
            let texts = part.open(number, &key).ok_or("a sealed part does not open")?;
            keys.push((owner, fingerprint(&key)));
            let mut stream = texts.salt;
            stream.iter_mut().zip(&part.bytes).for_each(|(plain, sealed)| *plain ^= sealed);
            let before = self.streams.insert(stream, part.clone());
            if before.is_some_and(|before| before != part) {
                return Err("two texts are sealed under one key with one nonce".to_owned());
            }
        }
        Ok(Written { stored: stored.clone(), record, keys })
    }

    /// Keeps a row that is stored beside the log.
    pub fn keep(&mut self, key: &[u8], value: &[u8]) {
        if Space::of(key).is_some_and(|space| ROWS.contains(&space)) {
            self.rows.push((key.to_vec(), value.to_vec()));
        }
    }

    /// Calls `see` with every row that was ever stored and that can still be opened.
    pub fn open_rows(
        &self,
        vault: &dyn Vault,
        workspace: WorkspaceId,
        mut see: impl FnMut(&str) -> Result<(), String>,
    ) -> Result<(), String> {
        let own: Vec<Vec<u8>> = ROWS.iter().map(|space| space.slots(workspace)).collect();
        for (key, value) in self.rows.iter().filter(|(key, _)| own.iter().any(|prefix| key.starts_with(prefix))) {
            let Some((head, sealed)) = value.split_at_checked(ROW_HEAD) else { continue };
            let turn = if head[ROW_HEAD - 1] == b'A' { Turn::A } else { Turn::B };
            // What does not open was sealed under a seed that is no more, or is a part of something longer.
            if let Ok(Some(plain)) = whole::open(vault, Owner::Ring(workspace, turn), key, sealed) {
                see(&String::from_utf8_lossy(&plain))?;
            }
        }
        Ok(())
    }
}

/// Checks after a crash that each durable record has the seeds that its texts need, and that those which were destroyed
/// are gone from both copies.
pub fn check_seeds<'a>(records: impl Iterator<Item = &'a Written>, vault: &VaultDisk) -> Result<(), String> {
    let open = vault.vault();
    let (mut seen, mut gone): (BTreeSet<(Owner, Digest)>, Vec<ChatId>) = (BTreeSet::new(), Vec::new());
    for written in records {
        gone.extend(written.record.events.iter().filter_map(|event| match event {
            Event::ChatKeyDestroyed(e) => Some(e.chat),
            _ => None,
        }));
        for (owner, known) in written.keys.iter().filter(|known| seen.insert(**known)) {
            let key = open.key(*owner).map_err(|error| format!("a durable record without its seed: {error}"))?;
            let right = match &key {
                Some(key) => fingerprint(key) == *known,
                None => vault.is_destroyed(*owner),
            };
            if !right {
                return Err(format!("a durable record of {owner} without its seed: {}", written.stored.first));
            }
        }
    }
    let back = gone.into_iter().find(|chat| !matches!(open.key(Owner::Chat(*chat)), Ok(None)));
    back.map_or(Ok(()), |chat| Err(format!("the destroyed key of chat {chat} is back")))
}
