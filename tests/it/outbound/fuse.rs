//! A receiver fails until the fuse blows, the owner gets a letter at a real mail server, and the backlog is sent or
//! discarded.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::{Value, json};
use tidings::notices::mail::Language;
use tidings::notices::mail::letters::{LastError, WebhookDisabled, webhook_disabled};

use super::owner::{Owner, events};
use super::receiver::{Arrived, Receiver, status};
use crate::harness::{ACCOUNT_PHONE, Request, SOON, Server, Setup, wait_until};
use crate::mail::server::{OPEN, Server as MailServer};

const DELIVERIES: usize = 30;
const CHATS: usize = 10;
/// The requests until the fuse blows: ten errors in a row and one more.
const TRIES: usize = 11;

/// A workspace with thirty deliveries that wait for a receiver, which can be repaired.
struct Blown {
    owner: Owner,
    receiver: Receiver,
    answer: Arc<AtomicU16>,
    server: Server,
}

fn settings(setup: Setup) -> Setup {
    setup.set("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8").set("TIDINGS_OUTBOUND__RETRY_S", "0")
}

impl Blown {
    /// Gathers thirty messages in ten chats, then lets all of them be reported at once to a receiver that fails.
    fn new(setup: Setup) -> Self {
        let answer = Arc::new(AtomicU16::new(500));
        let told = Arc::clone(&answer);
        let receiver = Receiver::start(move |_| status(told.load(Ordering::SeqCst)));
        let server = settings(setup).start();
        let owner = Owner::of(server.create_workspace_of("Acme", 10, "hi"));
        owner.workspace.connect_account(ACCOUNT_PHONE);
        owner.set(&json!({"url": receiver.url("/hook?key=C4nary"), "aggregation": "1h"}));
        for nth in 0..DELIVERIES {
            server.simulator().receive(
                ACCOUNT_PHONE,
                &format!("+12025551{:03}", nth % CHATS),
                &format!("text {nth:02}"),
            );
        }
        wait_until("all is heard", SOON, || (events(&server, "MessageReceived").len() == DELIVERIES).then_some(()));
        owner.set(&json!({"aggregation": "none"}));
        wait_until("the fuse has blown and all is owed", SOON, || {
            let shown = owner.shown();
            (shown["enabled"] == false && shown["owed"] == DELIVERIES).then_some(())
        });
        Self { owner, receiver, answer, server }
    }

    fn mend(&self) {
        self.answer.store(200, Ordering::SeqCst);
    }

    /// The requests that came after the fuse had blown.
    fn later(&self) -> Vec<Arrived> {
        self.receiver.arrived().split_off(TRIES)
    }

    fn mails(&self) -> Vec<Value> {
        self.owner.workspace.newest("/outbox")
    }
}

/// Checks that each text came once, and each chat's texts in order.
fn assert_all_told_once(arrived: &[Arrived]) {
    let mut told: Vec<String> = arrived.iter().flat_map(Arrived::texts).collect();
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    for report in arrived {
        let text = report.texts().join(" ");
        let before = last.insert(report.chat(), text.clone());
        assert!(before.as_ref() < Some(&text), "{text} after {before:?}");
    }
    told.sort();
    assert_eq!(told, (0..DELIVERIES).map(|nth| format!("text {nth:02}")).collect::<Vec<_>>());
    assert_eq!(last.len(), CHATS);
}

#[test]
fn the_eleventh_error_in_a_row_brings_one_letter_in_the_owners_language_and_the_backlog_is_sent_when_wanted() {
    let Some(mut mail_server) = MailServer::start(&OPEN) else { return };
    let setup = Setup::new()
        .set("TIDINGS_SMTP__HOST", "127.0.0.1")
        .set("TIDINGS_SMTP__PORT", &mail_server.port.to_string())
        .set("TIDINGS_SMTP__TLS", "none")
        .set("TIDINGS_SMTP__FROM", "tidings@gw.example");
    let blown = Blown::new(setup);
    assert_eq!(blown.receiver.arrived().len(), TRIES, "exactly eleven requests");
    assert_eq!(blown.owner.shown()["errors_in_a_row"], TRIES);

    let got = mail_server.mail();
    assert_eq!(got["recipients"], json!(["ada@acme.example"]));
    let disabled = events(&blown.server, "WebhookDisabled").remove(0);
    let letter = webhook_disabled(
        &WebhookDisabled {
            owner: "Ada Owner",
            workspace: "Acme",
            url: &blown.receiver.url("/hook?key=C4nary"),
            errors_in_a_row: 11,
            last_error: LastError { code: "report_http_error", status: Some(500) },
            owed: 0,
            at: serde_json::from_value(disabled["at"].clone()).unwrap(),
        },
        Language::Hindi,
    );
    assert_eq!(got["headers"]["subject"], letter.subject);
    // Ignores the line with the number of owed reports, which depends on how fast the other reports were assembled.
    let differing = |text: &str| text.lines().filter(|line| !letter.text.contains(*line)).count();
    assert!(differing(got["text"].as_str().unwrap()) <= 1, "{got} is not {}", letter.text);
    assert!(!got.to_string().contains("C4nary"), "{got}");

    blown.mend();
    blown.owner.set(&json!({"enabled": true, "backlog": "send"}));
    blown.owner.wait_until_told();
    assert_all_told_once(&blown.later());
    assert_eq!(blown.owner.shown()["errors_in_a_row"], 0);
    let mails = blown.mails();
    assert_eq!((mails.len(), &mails[0]["state"]), (1, &json!("handed_over")), "{mails:?}");
    let figures = blown.server.http().ask(&Request::get("/metrics")).text();
    assert!(figures.contains("tidings_mails_total{result=\"handed_over\"} 1\n"), "handed over once: {figures}");
}

#[test]
fn a_backlog_that_is_given_up_is_never_sent_and_the_log_says_who_gave_it_up() {
    let blown = Blown::new(Setup::new());
    assert_eq!(blown.receiver.arrived().len(), TRIES);
    blown.mend();
    let settings = json!({"enabled": true, "backlog": "discard", "reason": "all known by now"});
    assert_eq!(blown.owner.set(&settings)["owed"], 0);

    blown.server.simulator().receive(ACCOUNT_PHONE, "+12025551000", "news");
    wait_until("the news is told", SOON, || (!blown.later().is_empty()).then_some(()));
    blown.owner.wait_until_told();

    assert_eq!(blown.later().iter().flat_map(Arrived::texts).collect::<Vec<_>>(), ["news"]);
    let discarded = events(&blown.server, "DeliveryDiscarded");
    assert_eq!(discarded.len(), 1, "{discarded:?}");
    assert_eq!((&discarded[0]["deliveries"], &discarded[0]["by"]), (&json!(DELIVERIES), &json!("key/1")));
    assert_eq!(discarded[0]["reason"], "all known by now");
    assert_eq!(blown.mails().len(), 1);
}

#[test]
fn a_blown_fuse_stays_blown_and_is_told_once_over_kills() {
    let mut blown = Blown::new(Setup::new());
    for _ in 0..2 {
        blown.server.kill9();
        blown.server.restart();
        let shown = blown.owner.shown();
        assert_eq!((&shown["enabled"], &shown["owed"]), (&json!(false), &json!(DELIVERIES)));
    }
    wait_until("the letter is kept", SOON, || (!blown.mails().is_empty()).then_some(()));
    blown.mend();
    blown.owner.set(&json!({"enabled": true, "backlog": "send"}));
    blown.owner.wait_until_told();
    assert_all_told_once(&blown.later());
    assert_eq!(blown.mails().len(), 1);
}
