//! A file that does not arrive delays only its own chat.

use chrono::{DateTime, TimeDelta, Utc};

use super::PNG;
use super::sent::{Gated, got, patient, refunds, shown, tenant, texts, with_file, with_gaps};
use super::site::{Reply, site, site_on};
use crate::harness::{SOON, Workspace};

const GAP_MS: [u64; 2] = [200, 300];
const GAP_MIN: TimeDelta = TimeDelta::milliseconds(200);
/// Far above the longest gap, for busy machines; far below a file's deadline.
const GAP_DOUBTFUL: TimeDelta = TimeDelta::seconds(10);
const SLOW_FILES: usize = 200;
const TEXTS: usize = 12;

fn phone(nth: usize) -> String {
    format!("+12025551{nth:03}")
}

fn sent_at(workspace: &Workspace, ids: &[String]) -> Vec<DateTime<Utc>> {
    ids.iter().map(|id| workspace.wait_for_state(id, "sent", SOON).sent_at.unwrap()).collect()
}

#[test]
fn two_hundred_files_that_hang_hold_up_no_text_and_no_other_file() {
    let slow = Gated::new();
    let fast = site_on("127.0.0.2", |_| Reply::file(PNG));
    let server = with_gaps(patient(), GAP_MS).start();
    let workspace = tenant(&server, 1_000);
    let hang = |nth| workspace.post(&with_file(&phone(nth), "", &slow.site.url("/a"), "a.png")).message_id();
    let hanging: Vec<String> = (0..SLOW_FILES).map(hang).collect();

    let mut others: Vec<String> =
        (0..TEXTS).map(|nth| workspace.send(&phone(500 + nth % 3), &format!("text {nth}"))).collect();
    others.push(workspace.post(&with_file(&phone(600), "fast", &fast.url("/a"), "a.png")).message_id());

    let times = sent_at(&workspace, &others);
    let gaps: Vec<TimeDelta> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps[..TEXTS - 1].iter().all(|gap| *gap >= GAP_MIN && *gap < GAP_DOUBTFUL), "{gaps:?}");
    assert_eq!(got(&server.simulator(), &phone(600)), [("fast".to_owned(), shown("a.png", PNG))]);
    for nth in 0..3 {
        let expected: Vec<String> = (0..TEXTS).filter(|n| n % 3 == nth).map(|n| format!("text {n}")).collect();
        assert_eq!(texts(&server.simulator(), &phone(500 + nth)), expected);
    }
    for id in &hanging {
        assert_eq!(workspace.message(id).state, "queued");
    }
    assert!(slow.site.requests().len() < SLOW_FILES, "a slow site is asked for a few files at once only");
    assert_eq!(refunds(&workspace), Vec::<String>::new());
}

#[test]
fn what_comes_after_a_file_in_its_chat_waits_for_it() {
    let slow = Gated::new();
    let setup = with_gaps(patient(), [0, 0]).clock_rate(60);
    let server = setup.set("TIDINGS_LIMITS__FILE_DEADLINE_MS", "5000").start();
    let workspace = tenant(&server, 100);
    let chat = phone(1);
    workspace.send(&chat, "before");
    let file = workspace.post(&with_file(&chat, "file", &slow.site.url("/a"), "a.png")).message_id();
    let after = ["one", "two", "three"].map(|text| workspace.send(&chat, text));
    slow.wait_for_requests(1);
    let elsewhere = workspace.send(&phone(2), "elsewhere");
    workspace.wait_for_state(&elsewhere, "sent", SOON);
    assert_eq!(texts(&server.simulator(), &chat), ["before"]);

    // The file comes too late: the messages that waited for it go on without it.
    assert_eq!(workspace.wait_for_state(&file, "failed", SOON).failure.as_deref(), Some("file_timeout"));
    sent_at(&workspace, &after);

    assert_eq!(texts(&server.simulator(), &chat), ["before", "one", "two", "three"]);
    assert_eq!(refunds(&workspace), [file]);
}

#[test]
fn messages_of_a_chat_keep_their_order_around_their_files() {
    let site = site(|_| Reply::file(PNG));
    let server = with_gaps(patient(), [0, 20]).start();
    let workspace = tenant(&server, 100);
    let chat = phone(1);
    let all: Vec<String> = (0..24).map(|nth| format!("message {nth}")).collect();
    let post = |(nth, text): (usize, &String)| match nth % 3 {
        0 => workspace.send(&chat, text),
        _ => workspace.post(&with_file(&chat, text, &site.url("/a"), "a.png")).message_id(),
    };
    let ids: Vec<String> = all.iter().enumerate().map(post).collect();

    let times = sent_at(&workspace, &ids);

    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(texts(&server.simulator(), &chat), all);
    let with_files = got(&server.simulator(), &chat).iter().filter(|(_, file)| *file == shown("a.png", PNG)).count();
    assert_eq!((with_files, site.requests().len()), (16, 16));
}
