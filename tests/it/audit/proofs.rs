//! Checkpoints and proofs, checked by what the standards say rather than by the code that made them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use events::personal::Digest;
use events::proof::checkpoint::Checkpoint;
use events::proof::exported;
use events::proof::tree;
use serde_json::Value;

use super::{fast, lived_in};
use crate::harness::{ADMIN_KEY, Request, Server, Setup};

fn digest(text: &Value) -> Digest {
    Digest(STANDARD.decode(text.as_str().unwrap()).unwrap().try_into().unwrap())
}

fn path(of: &Value) -> Vec<Digest> {
    of["path"].as_array().unwrap().iter().map(digest).collect()
}

fn newest(server: &Server) -> String {
    String::from_utf8(server.http().ask(&Request::get("/checkpoint")).body).unwrap()
}

#[test]
fn a_workspace_proves_what_happened_to_its_message_and_shows_nothing_of_others() {
    let server = fast();
    let workspace = lived_in(&server);
    let other = server.create_workspace("Other Ltd", 10);
    other.connect_account("+12025550111");
    let secret = other.send("+12025550112", "their secret");
    let message = workspace.send("+12025550103", "prove this");
    workspace.wait_for_state(&message, "sent", crate::harness::SOON);
    let answer = workspace.ask(&workspace.api("GET", &format!("/messages/{message}/proof"))).success();
    let key = answer["key"].as_str().unwrap().parse().unwrap();
    let checkpoint = Checkpoint::open(answer["checkpoint"].as_str().unwrap(), &key).unwrap();
    let (lines, proofs) = (answer["lines"].as_array().unwrap(), answer["proofs"].as_array().unwrap());
    assert!(lines.len() > 2 && lines.len() == proofs.len(), "{answer}");
    for (line, proof) in lines.iter().zip(proofs) {
        let read = exported::read(line.as_str().unwrap()).unwrap();
        let (leaf, size) = (proof["leaf"].as_u64().unwrap(), proof["size"].as_u64().unwrap());
        assert_eq!((leaf + 1, size), (read.position, checkpoint.size));
        let root = tree::root_of_inclusion(read.hash.leaf(), leaf, size, &path(proof));
        assert_eq!(root, Some(checkpoint.root));
        assert_eq!(read.shared.workspace.number(), workspace.id);
    }
    let shown = answer.to_string();
    for theirs in ["their secret", "Other Ltd", "+12025550111", "+12025550112", &secret, "100200000001"] {
        assert!(!shown.contains(theirs), "{theirs}");
    }
    let refused = other.ask(&other.api("GET", &format!("/messages/{message}/proof")));
    assert_eq!(refused.status, 404, "{refused:?}");
}

#[test]
fn a_later_checkpoint_contains_the_earlier_one() {
    let server = fast();
    let workspace = lived_in(&server);
    let ask = |query: &str| {
        server.http().ask(&Request::get(format!("/admin/v1/proofs/consistency{query}")).bearer(ADMIN_KEY))
    };
    server.grant(&workspace, 100);
    let proof = workspace.send("+12025550103", "one");
    let of = |message: &str| {
        let answer = workspace.ask(&workspace.api("GET", &format!("/messages/{message}/proof"))).success();
        Checkpoint::unverified(answer["checkpoint"].as_str().unwrap()).unwrap()
    };
    let old = of(&proof);
    for _ in 0..20 {
        workspace.send("+12025550103", "more");
    }
    let new = of(&workspace.send("+12025550103", "last"));
    assert!(new.size > old.size);
    let answer = ask(&format!("?from={}&to={}", old.size, new.size)).success();
    assert!(tree::is_consistent((old.size, old.root), (new.size, new.root), &path(&answer)), "{answer}");
    for query in ["", "?from=x", "?from=5&to=2", "?from=1&to=99999999"] {
        assert_eq!(ask(query).status, 400, "{query}");
    }
}

#[test]
fn a_checkpoint_is_signed_at_the_start_and_at_the_end_and_kept_in_both_folders() {
    let elsewhere = tempfile::tempdir().unwrap();
    let second = elsewhere.path().join("kept");
    let mut server = Setup::new().clock_rate(60).set("TIDINGS_AUDIT__CHECKPOINT_DIR", second.to_str().unwrap()).start();
    assert!(newest(&server).starts_with("tidings/"));
    lived_in(&server);
    assert_eq!(server.sigterm(), Some(0));
    let verified = server.command(&["--json", "events", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    let verified: Value = serde_json::from_str(&verified.stdout).unwrap();
    let own = server.data_dir().join("checkpoints");
    for folder in [&own, &second] {
        let newest = folder.join(format!("{}.note", verified["position"]));
        let note = std::fs::read_to_string(&newest).unwrap_or_else(|error| panic!("{}: {error}", newest.display()));
        let checkpoint = Checkpoint::unverified(&note).unwrap();
        assert_eq!(verified["root"], checkpoint.root.to_string());
    }
    assert!(verified["checkpoints"].as_u64().unwrap() >= 2, "{verified}");
}

#[test]
fn who_may_read_the_checkpoint_is_configured() {
    let open = Server::start();
    assert_eq!(open.http().ask(&Request::get("/checkpoint")).status, 200);
    let closed = Setup::new().set("TIDINGS_AUDIT__CHECKPOINT_PUBLIC", "false").start();
    assert_eq!(closed.http().ask(&Request::get("/checkpoint")).status, 401);
    assert_eq!(closed.http().ask(&Request::get("/checkpoint").bearer(ADMIN_KEY)).status, 200);
}

#[test]
fn an_export_with_proofs_proves_every_line() {
    let server = fast();
    lived_in(&server);
    let file = server.dir().join("proved.ndjson");
    let args = ["events", "export", "--stream", "workspace/1001", "--with-proofs", "--out", file.to_str().unwrap()];
    let exported = server.command(&args);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    let rows: Vec<&str> = text.lines().collect();
    let (last, pairs) = rows.split_last().unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    let checkpoint = Checkpoint::unverified(last["checkpoint"].as_str().unwrap()).unwrap();
    assert!(pairs.len() > 4 && pairs.len().is_multiple_of(2), "{text}");
    for pair in pairs.chunks(2) {
        let (read, proof) = (exported::read(pair[0]).unwrap(), serde_json::from_str::<Value>(pair[1]).unwrap());
        let root = tree::root_of_inclusion(read.hash.leaf(), read.position - 1, checkpoint.size, &path(&proof));
        assert_eq!(root, Some(checkpoint.root));
    }
}
