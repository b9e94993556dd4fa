//! A record of what was acknowledged, said and reported, in a file that the gateway does not know.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::crm::Kind;
use crate::outbound::receiver::Arrived;

/// The record file. Clones share it.
#[derive(Clone)]
pub struct Record(Arc<RecordFile>);

struct RecordFile {
    folder: TempDir,
    file: Mutex<File>,
}

/// A line of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    Accepted(Accepted),
    /// A message that a contact wrote, or that an account's owner typed on the phone.
    Said(Talk),
    /// A request to the receiver, and the status that it answers.
    Reported(Reported),
}

/// A message whose post was answered with 200.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Accepted {
    pub id: String,
    pub kind: Kind,
    pub phone: String,
    pub text: String,
}

/// A message that was written on `WhatsApp` itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    pub nth: usize,
    pub delivery: String,
    pub body: String,
    pub status: u16,
}

impl Record {
    pub fn create() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = OpenOptions::new().create(true).append(true).open(folder.path().join("record.ndjson")).unwrap();
        Self(Arc::new(RecordFile { folder, file: Mutex::new(file) }))
    }

    pub fn add(&self, entry: &Entry) {
        let line = serde_json::to_string(entry).unwrap() + "\n";
        self.0.file.lock().unwrap().write_all(line.as_bytes()).unwrap();
    }

    pub fn entries(&self) -> Vec<Entry> {
        let text = std::fs::read_to_string(self.0.folder.path().join("record.ndjson")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Returns all accepted messages, in the order of their answers.
    pub fn accepted(&self) -> Vec<Accepted> {
        let accepted = |entry| if let Entry::Accepted(one) = entry { Some(one) } else { None };
        self.entries().into_iter().filter_map(accepted).collect()
    }

    /// Returns all requests to the receiver, in the order of their connections.
    pub fn reported(&self) -> Vec<Reported> {
        let reported = |entry| if let Entry::Reported(one) = entry { Some(one) } else { None };
        let mut all: Vec<_> = self.entries().into_iter().filter_map(reported).collect();
        all.sort_by_key(|one| one.nth);
        all
    }

    /// Returns every text that must be reported.
    pub fn texts(&self) -> BTreeSet<String> {
        let text = |entry| match entry {
            Entry::Accepted(Accepted { text, kind, .. }) if kind.fails_as().is_none() => Some(text),
            Entry::Said(Talk { text }) => Some(text),
            _ => None,
        };
        self.entries().into_iter().filter_map(text).collect()
    }
}

impl Entry {
    pub fn reported(report: &Arrived, status: u16) -> Self {
        let (nth, delivery, body) = (report.nth, report.delivery().to_owned(), report.body.clone());
        Self::Reported(Reported { nth, delivery, body, status })
    }
}
