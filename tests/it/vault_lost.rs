//! Loses the vault or its key for good, and goes on without: everything that was sealed is erased, everything else stays.

use std::fs;
use std::path::Path;
use std::time::Duration;

use events::proof::checkpoint::Checkpoint;
use serde_json::{Value, json};

use crate::harness::client::message;
use crate::harness::process::{Finished, free_port};
use crate::harness::{ACCOUNT_PHONE, SOON, Server, Setup, Workspace, let_others_run, random_below, wait_until};
use crate::outbound::owner::Owner;
use crate::outbound::receiver::{Arrived, Receiver, status};

const PHONE: &str = "+12025550111";
const TEXT: &str = "sealed under a key that is lost";
const LATER: &str = "sealed under a key of the new vault";
const WITHOUT: &str = " --without-vault --yes";
/// Kills while the vault is replaced.
const KILLS: usize = 6;

/// A gateway that stopped while a message waited, with what it knows.
struct Stopped {
    server: Server,
    workspace: Workspace,
    chat: String,
    waits: String,
    account: String,
    /// Without the charge of the message that waits.
    credits: i64,
}

impl Stopped {
    fn new() -> Self {
        let mut server = Server::start();
        let workspace = server.workspace();
        let id = workspace.post(&message(PHONE, TEXT)).message_id();
        workspace.wait_for_state(&id, "sent", SOON);
        let (chat, credits) = (workspace.chats()[0]["chat_id"].as_str().unwrap().to_owned(), workspace.credits());
        let account = workspace.account(ACCOUNT_PHONE)["id"].to_string();
        workspace.ask(&workspace.api("POST", &format!("/accounts/{account}/pause")).json(&json!({}))).success();
        let mut body = message(PHONE, TEXT);
        body["whatsapp account phone"] = ACCOUNT_PHONE.into();
        let waits = workspace.post(&body).message_id();
        assert_eq!(server.sigterm(), Some(0));
        Self { server, workspace, chat, waits, account, credits }
    }

    fn serve(&self, more: &[&str]) -> Finished {
        let listen = format!("127.0.0.1:{}", free_port());
        self.server.command(&[&["serve", "--listen", &listen], more].concat())
    }

    fn listed(&self) -> String {
        let listed = self.server.command(&["events", "ls", "--json", "--limit", "500"]);
        assert_eq!(listed.code, Some(0), "{listed:?}");
        listed.stdout
    }

    /// Checks that only what was sealed is gone.
    fn assert_erased(&self) {
        assert!(!self.listed().contains(TEXT), "{}", self.listed());
        let chats = self.workspace.chats();
        assert_eq!((chats.len(), &chats[0]["name"]), (1, &json!("[erased]")), "{chats:?}");
        let resume = self.workspace.api("POST", &format!("/accounts/{}/resume", self.account)).json(&json!({}));
        self.workspace.ask(&resume).success();
        self.workspace.wait_for_state(&self.waits, "failed", SOON);
        assert_eq!(self.workspace.credits(), self.credits, "what waited is refunded");
        self.workspace.assert_ledger_adds_up();
        let to_chat = self.workspace.api("POST", &format!("/chats/{}/messages", self.chat)).json(&json!({"text": "?"}));
        assert_eq!(self.workspace.ask(&to_chat).status, 410);
    }

    /// Connects the account again and sends.
    /// The log names the key that signs its checkpoints now, and knows the one of before.
    fn assert_another_key_signs(&self) {
        let key = |args: &[&str]| {
            let told = self.server.command(&[args, &["audit", "key"]].concat());
            assert_eq!(told.code, Some(0), "{told:?}");
            told.stdout
        };
        let keys: Value = serde_json::from_str(&key(&["--json"])).unwrap();
        assert_eq!(key(&[]).trim(), keys["key"]);
        assert_eq!(keys["earlier"].as_array().map(Vec::len), Some(1), "{keys}");
        let folder = self.server.data_dir().join("checkpoints");
        let notes: Vec<_> =
            fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path())).collect();
        let signed_by = |key: &Value| {
            let key = key.as_str().unwrap().parse().unwrap();
            notes.iter().filter(|note| Checkpoint::open(note.as_ref().unwrap(), &key).is_ok()).count()
        };
        let (now, before) = (signed_by(&keys["key"]), signed_by(&keys["earlier"][0]));
        assert!(now > 0 && before > 0 && now + before == notes.len(), "{now} and {before} of {}", notes.len());
    }

    fn assert_goes_on(&self) {
        self.workspace.connect_account(ACCOUNT_PHONE);
        let id = self.workspace.post(&message(PHONE, LATER)).message_id();
        self.workspace.wait_for_state(&id, "sent", SOON);
        assert!(self.listed().contains(LATER));
    }
}

/// Changes a data directory.
type Loss = fn(&Path);

/// Each way to lose a vault.
const LOSSES: [(&str, Loss); 5] = [
    ("both files are damaged", |data| {
        for name in ["a", "b"] {
            let path = data.join("vault").join(name);
            let mut bytes = fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(path, bytes).unwrap();
        }
    }),
    ("both files are gone", |data| {
        for name in ["a", "b"] {
            fs::remove_file(data.join("vault").join(name)).unwrap();
        }
    }),
    ("the folder is gone", |data| fs::remove_dir_all(data.join("vault")).unwrap()),
    ("another master key", |data| fs::write(data.join("secrets/master_key"), "0123456789abcdef".repeat(4)).unwrap()),
    ("no master key", |data| fs::remove_file(data.join("secrets/master_key")).unwrap()),
];

#[test]
fn without_its_vault_a_gateway_goes_on_with_everything_erased_that_was_sealed() {
    for (what, lose) in LOSSES {
        let mut stopped = Stopped::new();
        let vault = stopped.server.data_dir().join("vault");
        lose(&stopped.server.data_dir());
        let lost = fs::read(vault.join("a")).ok();
        for (more, code, hint) in [(&[][..], 6, "--without-vault"), (&["--without-vault"][..], 2, "--yes")] {
            let refused = stopped.serve(more);
            assert_eq!(refused.code, Some(code), "{what}: {refused:?}");
            assert!(refused.stderr.contains(hint), "{what}: {refused:?}");
        }
        stopped.server.restart_with(WITHOUT);
        let said = stopped.server.process().output();
        assert!(said.contains("the vault is lost"), "{what}: {said}");
        assert_eq!(fs::read(vault.join("a.lost-1")).ok(), lost, "{what}: moved aside as it was");
        stopped.assert_erased();
        stopped.assert_goes_on();
        assert_eq!(stopped.server.sigterm(), Some(0));
        let verified = stopped.server.command(&["events", "verify"]);
        assert_eq!(verified.code, Some(0), "{what}: {verified:?}");
        assert!(!verified.stderr.contains("Not compared"), "{what}: both keys are the log's: {verified:?}");
        stopped.assert_another_key_signs();
        // The next start needs no flag.
        stopped.server.restart();
        assert!(stopped.listed().contains(LATER), "{what}");
        let id = stopped.workspace.post(&message(PHONE, LATER)).message_id();
        stopped.workspace.wait_for_state(&id, "sent", SOON);
    }
}

#[test]
fn a_kill_while_the_vault_is_replaced_does_no_harm() {
    let mut stopped = Stopped::new();
    LOSSES[0].1(&stopped.server.data_dir());
    for _ in 0..KILLS {
        let listen = format!("127.0.0.1:{}", free_port());
        let mut dying = stopped.server.beside(&["serve", "--listen", &listen, "--without-vault", "--yes"], "dying");
        let_others_run(Duration::from_millis(random_below(200)));
        dying.kill9();
    }
    stopped.server.restart_with(WITHOUT);
    stopped.assert_erased();
    stopped.assert_goes_on();
    assert_eq!(stopped.server.sigterm(), Some(0));
    assert_eq!(stopped.server.command(&["events", "verify"]).code, Some(0));
}

#[test]
fn what_is_owed_of_lost_texts_is_dropped_and_what_comes_later_is_told() {
    let receiver = Receiver::start(|_| status(200));
    let setup = Setup::new().set("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8").set("TIDINGS_OUTBOUND__RETRY_S", "0");
    let mut server = setup.start();
    let owner = Owner::of(server.workspace());
    let reported = json!({"url": receiver.url("/hook"), "aggregation": "none"});
    owner.set(&reported);
    owner.set(&json!({"enabled": false}));
    server.simulator().receive(ACCOUNT_PHONE, PHONE, TEXT);
    wait_until("a report is owed", SOON, || (owner.shown()["owed"] == 1).then_some(()));
    owner.set(&json!({"aggregation": "24h"}));
    server.simulator().receive(ACCOUNT_PHONE, PHONE, TEXT);
    wait_until("a window is open", SOON, || (owner.shown()["open_windows"] == 1).then_some(()));
    assert_eq!(server.sigterm(), Some(0));
    LOSSES[0].1(&server.data_dir());
    server.restart_with(WITHOUT);

    owner.set(&reported);
    owner.set(&json!({"enabled": true, "backlog": "send"}));
    owner.workspace.connect_account(ACCOUNT_PHONE);
    server.simulator().receive(ACCOUNT_PHONE, PHONE, LATER);
    wait_until("what came later is told", SOON, || (!receiver.arrived().is_empty()).then_some(()));
    owner.wait_until_told();
    assert_eq!(receiver.arrived().iter().flat_map(Arrived::texts).collect::<Vec<_>>(), [LATER]);
}

/// The flag of a start that does not need it changes nothing.
#[test]
fn a_vault_that_opens_is_kept_whatever_is_asked() {
    let mut stopped = Stopped::new();
    stopped.server.restart_with(WITHOUT);
    assert!(stopped.listed().contains(TEXT));
    assert!(!stopped.server.data_dir().join("vault/a.lost-1").exists());
}
