//! Checks an export with the crates `eventsourcingdb`, `signed_note` and `tlog_tiles`: `stock FOLDER`.

use std::fs;
use std::path::Path;

use eventsourcingdb::event::Event;
use serde_json::Value;
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash, HashReader};

/// Members whose change their crate must notice.
const HASHED: [&str; 9] = [
    "specversion", "id", "time", "source", "subject", "type", "datacontenttype", "predecessorhash", "data",
];

fn main() {
    let folder = std::env::args().nth(1).expect("the folder with the export");
    let read = |name: &str| fs::read_to_string(Path::new(&folder).join(name)).expect(name);
    let log = read("log.ndjson");
    let lines: Vec<&str> = log.lines().collect();
    for (nth, line) in lines.iter().enumerate() {
        assert!(verifies(line), "line {} is refused", nth + 1);
    }
    println!("eventsourcingdb verifies {} lines", lines.len());
    let flips: usize = lines.iter().step_by(7).map(|line| flipped(line)).sum();
    println!("eventsourcingdb refuses each of {flips} changes of a byte");
    let tree = Tree::of(&lines);
    checkpoint(&read("checkpoint.note"), read("key.txt").trim(), lines.len() as u64, &tree);
    let proofs = read("proofs.ndjson");
    let count = proofs.lines().map(|proof| check(&serde_json::from_str(proof).expect("a proof"), &tree)).count();
    println!("tlog_tiles verifies {count} proofs");
}

fn verifies(line: &str) -> bool {
    serde_json::from_str::<Event>(line).is_ok_and(|event| event.verify_hash().is_ok())
}

/// Changes one byte in each hashed member; returns how many changes were refused, which must be all.
fn flipped(line: &str) -> usize {
    for name in HASHED {
        let start = line.find(&format!("\"{name}\":")).expect("the member") + name.len() + 3;
        let mut bytes = line.as_bytes().to_vec();
        // Behind the quotation mark of a text, within the first number of the data.
        bytes[start + if name == "data" { "{\"record\":{\"first\":".len() } else { 1 }] ^= 1;
        assert!(!verifies(&String::from_utf8_lossy(&bytes)), "a change of {name} is not noticed: {line}");
    }
    HASHED.len()
}

fn checkpoint(note: &str, key: &str, size: u64, tree: &Tree) {
    let note = Note::from_bytes(note.as_bytes()).expect("a note");
    let verifier = StandardVerifier::new(key).expect("a key");
    note.verify(&VerifierList::new(vec![Box::new(verifier)])).expect("a signature of this key");
    let checkpoint = Checkpoint::from_bytes(note.text()).expect("a checkpoint");
    assert_eq!((checkpoint.size(), *checkpoint.hash()), (size, tree.root(size)));
    println!("signed_note and tlog_tiles verify the checkpoint of {size} events");
}

/// The tree over all lines, made by their crate.
struct Tree(Vec<Hash>);

impl HashReader for Tree {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).expect("a small index")]).collect())
    }
}

impl Tree {
    fn of(lines: &[&str]) -> Self {
        let mut tree = Self(Vec::new());
        for (nth, line) in lines.iter().enumerate() {
            let members: Value = serde_json::from_str(line).expect("an object");
            let hash = members["hash"].as_str().expect("a hash");
            let more = tlog_tiles::stored_hashes(nth as u64, hash.as_bytes(), &tree).expect("hashes");
            tree.0.extend(more);
        }
        tree
    }

    fn root(&self, size: u64) -> Hash {
        tlog_tiles::tree_hash(size, self).expect("a root")
    }

    fn leaf(&self, nth: u64) -> Hash {
        self.0[usize::try_from(tlog_tiles::stored_hash_index(0, nth)).expect("a small index")]
    }
}

fn check(proof: &Value, tree: &Tree) {
    let number = |name: &str| proof[name].as_u64();
    let path = proof["path"].as_array().expect("a path").iter();
    let path: Vec<Hash> = path.map(|hash| Hash::parse_hash(hash.as_str().expect("a hash")).expect("a hash")).collect();
    match (number("leaf"), number("size"), number("from"), number("to")) {
        (Some(leaf), Some(size), ..) => {
            tlog_tiles::check_record(&path, size, tree.root(size), leaf, tree.leaf(leaf)).expect("inclusion");
        }
        (.., Some(from), Some(to)) if from > 0 => {
            tlog_tiles::check_tree(&path, to, tree.root(to), from, tree.root(from)).expect("consistency");
        }
        _ => assert!(path.is_empty(), "{proof}"),
    }
}
