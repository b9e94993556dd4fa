//! Tests which rows are kept, saved and loaded.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use events::ids::MessageId;
use events::index::Index;
use events::log::Batch;
use events::store::memory_log::MemoryLog;
use events::time::Timestamp;
use events::vault::{MemoryVault, Turn};
use futures_util::FutureExt;
use serde_json::json;

use super::*;
use crate::recent::attempts::{Answer, Attempt, AttemptView, Attempts};

const AT: i64 = 1_700_000_000_000;

fn workspace(nth: u64) -> WorkspaceId {
    WorkspaceId::nth(nth)
}

fn attempt(at_ms: i64, body: &[u8]) -> Attempt {
    let answer = Answer::Other(Box::new(json!({"status": 400})));
    Attempt::new(Timestamp::from_ms(at_ms), &HeaderMap::new(), body, StatusCode::BAD_REQUEST, answer)
}

/// An empty log, in memory.
fn empty() -> History {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
    let index = Index::open(Arc::clone(&log), Arc::new(MemoryVault::endless())).unwrap();
    History::new(log, Arc::new(index), ReadMode::Inline)
}

/// Saves as a running gateway does; returns the number of notes written.
fn save(attempts: &Attempts, history: &History) -> usize {
    let changed = std::mem::take(&mut *attempts.0.changed.lock().unwrap());
    let newest = vec![newest_note::<Attempt>(attempts.0.last.load(Ordering::Relaxed))];
    history.log().write(&Batch { after: history.log().head().position, notes: newest, ..Batch::default() }).unwrap();
    let batches = changed.into_iter().flat_map(|workspace| attempts.0.unsaved(Store::of(history), workspace).unwrap());
    let mut count = 0;
    for notes in batches {
        assert!(notes.iter().all(|(_, value)| value.as_ref().is_none_or(|value| value.len() <= 4_096)));
        count += notes.len();
        history.log().write(&Batch { after: history.log().head().position, notes, ..Batch::default() }).unwrap();
    }
    count
}

fn bodies(attempts: &Attempts, history: &History, nth: u64) -> Vec<String> {
    attempts.list(history, workspace(nth)).unwrap().into_iter().map(|(_, view)| view.request.body).collect()
}

/// A stop saves what is left. If the save of each second is under way then, it is not finished yet.
#[tokio::test]
async fn a_save_waits_for_the_one_under_way() {
    let attempts = Attempts::default();
    let history = empty();
    let (begun, released) = (Notify::new(), Notify::new());
    let written = AtomicUsize::default();
    let slow = async |_| {
        begun.notify_one();
        released.notified().await;
        written.fetch_add(1, Ordering::Relaxed);
    };
    let fast = async |_| {
        written.fetch_add(1, Ordering::Relaxed);
    };
    attempts.push(workspace(1), attempt(AT, b"first"));
    let each_second = attempts.save_with(&history, ReadMode::Inline, slow);
    let at_stop = async {
        begun.notified().await;
        let mut last = Box::pin(attempts.save_with(&history, ReadMode::Inline, fast));
        let is_over = (&mut last).now_or_never().is_some();
        released.notify_one();
        begun.notified().await;
        released.notify_one();
        if !is_over {
            last.await;
        }
        (is_over, written.load(Ordering::Relaxed))
    };
    let ((), at_stop) = tokio::join!(each_second, at_stop);
    assert_eq!(at_stop, (false, 2), "the highest number and the row");
}

#[test]
fn the_last_hundred_are_kept_the_newest_first() {
    let (attempts, history) = (Attempts::default(), empty());
    for nth in 0..250 {
        attempts.push(workspace(1), attempt(AT, nth.to_string().as_bytes()));
    }
    let wanted: Vec<String> = (150..250).rev().map(|nth: i32| nth.to_string()).collect();
    assert_eq!(bodies(&attempts, &history, 1), wanted);
    assert_eq!(bodies(&attempts, &history, 2), [""; 0], "another workspace has its own");
}

#[test]
fn what_was_saved_comes_back_after_a_restart_whatever_was_saved_before() {
    let history = empty();
    let mut wanted = Vec::new();
    for run in 0..7 {
        let attempts = Attempts::default();
        for nth in 0..37 {
            let body = format!("{run}/{nth}");
            attempts.push(workspace(1), attempt(AT + run, body.as_bytes()));
            wanted.push(body);
            if nth % 5 == 0 {
                save(&attempts, &history);
            }
        }
        save(&attempts, &history);
        let newest: Vec<String> = wanted.iter().rev().take(KEPT).cloned().collect();
        assert_eq!(bodies(&attempts, &history, 1), newest);
        assert_eq!(bodies(&Attempts::default(), &history, 1), newest);
    }
}

#[test]
fn attempts_after_a_restart_are_newer_although_the_clock_was_set_back() {
    let history = empty();
    let mut wanted = Vec::new();
    for run in 0..4 {
        let attempts = Attempts::open(history.log()).unwrap();
        for nth in 0..60 {
            let body = format!("{run}/{nth}");
            attempts.push(workspace(1), attempt(AT - run * 3_600_000, body.as_bytes()));
            wanted.push(body);
        }
        save(&attempts, &history);
        let newest: Vec<String> = wanted.iter().rev().take(KEPT).cloned().collect();
        assert_eq!(bodies(&attempts, &history, 1), newest);
    }
}

#[test]
fn a_second_of_flood_costs_no_more_than_all_slots() {
    let (attempts, history) = (Attempts::default(), empty());
    for _ in 0..3 {
        for nth in 0..1_000 {
            attempts.push(workspace(1), attempt(AT + nth, b"{}"));
        }
        assert_eq!(save(&attempts, &history), KEPT);
        assert_eq!(save(&attempts, &history), 0, "nothing is new");
    }
    assert_eq!(slots::read::<AttemptView>(Store::of(&history), (Attempt::NOTES, workspace(1))).unwrap().len(), KEPT);
}

#[test]
fn long_attempts_are_saved_in_parts_and_their_remains_removed() {
    let (attempts, history) = (Attempts::default(), empty());
    let large = "x".repeat(BODY_BYTES_MAX);
    attempts.push(workspace(1), attempt(AT, large.as_bytes()));
    assert!(save(&attempts, &history) > 4);
    assert_eq!(bodies(&Attempts::default(), &history, 1), [large]);
    for nth in 1..=100 {
        attempts.push(workspace(1), attempt(AT + nth, b"short"));
        save(&attempts, &history);
    }
    assert_eq!(bodies(&Attempts::default(), &history, 1), vec!["short"; 100]);
    let notes = history.log().notes(b"r/in/", b"r/in/", 1_000).unwrap();
    assert_eq!(notes.len(), KEPT, "one part for each");
}

#[test]
fn a_long_body_is_cut_and_says_so() {
    let history = empty();
    for (length, cut) in [(BODY_BYTES_MAX - 1, false), (BODY_BYTES_MAX, false), (BODY_BYTES_MAX + 1, true)] {
        let attempts = Attempts::default();
        attempts.push(workspace(1), attempt(AT, &vec![b'x'; length]));
        let (_, view) = attempts.list(&history, workspace(1)).unwrap().remove(0);
        assert_eq!((view.request.body.len(), view.request.body_cut), (length.min(BODY_BYTES_MAX), cut));
        assert_eq!(serde_json::to_value(&view).unwrap()["request"].get("body_cut").is_some(), cut);
    }
}

#[test]
fn bytes_that_are_no_text_are_shown_as_well_as_may_be() {
    let (attempts, history) = (Attempts::default(), empty());
    attempts.push(workspace(1), attempt(AT, b"{\"a\": \"\xff\"}"));
    assert_eq!(bodies(&attempts, &history, 1), ["{\"a\": \"\u{fffd}\"}"]);
}

#[test]
fn no_secret_is_shown_or_saved() {
    const SECRET: &str = "0123456789ABCDEFGHIJKLmnop";
    let (attempts, history) = (Attempts::default(), empty());
    let mut headers = HeaderMap::new();
    for (name, value) in [("authorization", "Basic c2VjcmV0"), ("referer", "/in/in_0123456789ABCDEFGHIJKLmnop")] {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.append(HeaderName::from_static("accept"), HeaderValue::from_static("a/b"));
    headers.append(HeaderName::from_static("accept"), HeaderValue::from_static("c/d"));
    let answer = Answer::Other(Box::new(json!({"error": {"hint": format!("adm_{SECRET}")}})));
    let body = format!("key wsk_{SECRET}");
    let mut attempt = Attempt::new(Timestamp::from_ms(AT), &headers, body.as_bytes(), StatusCode::BAD_REQUEST, answer);
    attempt.warnings.push(format!("Unknown field \"whsec_{SECRET}\""));
    attempts.push(workspace(1), attempt);
    save(&attempts, &history);

    for attempts in [attempts, Attempts::default()] {
        let (_, view) = attempts.list(&history, workspace(1)).unwrap().remove(0);
        let shown = serde_json::to_string(&view).unwrap();
        assert!(!shown.contains(SECRET) && !shown.contains("c2VjcmV0"), "{shown}");
        assert_eq!(view.request.headers.get("accept").map(String::as_str), Some("a/b, c/d"));
    }
    for (_, value) in history.log().notes(b"r/in/", b"r/in/", 1_000).unwrap() {
        assert!(!String::from_utf8_lossy(&value).contains(SECRET));
    }
}

#[test]
fn an_accepted_message_is_named() {
    let (attempts, history) = (Attempts::default(), empty());
    let message = MessageId::from_bits(0x9FCC_85FE_9966_2E46);
    let answer = Answer::Accepted(message);
    let accepted = Attempt::new(Timestamp::from_ms(AT), &HeaderMap::new(), b"{}", StatusCode::OK, answer);
    attempts.push(workspace(1), accepted);
    let (number, view) = attempts.list(&history, workspace(1)).unwrap().remove(0);
    assert_eq!((view.id, view.status), (format!("att_{number}"), 200));
    assert_eq!(view.message_id, Some(message.to_string()));
    assert_eq!(view.answer, json!({"status": "success", "data": {"message_id": message.to_string()}}));
}

/// Requests that began before somebody's rows were dropped may be about the same.
#[test]
fn what_was_under_way_while_rows_were_dropped_is_kept_without_texts() {
    let (attempts, history) = (Attempts::default(), empty());
    attempts.push(workspace(1), attempt(AT, b"of somebody else"));
    let begun = attempts.begin();
    attempts.0.resealed(Store::of(&history), workspace(1), Turn::B, |row| row.request.body == "Cleo").unwrap();
    attempts.push_of(workspace(1), begun, attempt(AT, b"Cleo"));
    attempts.push(workspace(1), attempt(AT, b"Cleo, amid it"));
    let amid = attempts.begin();
    attempts.drop_from_memory(workspace(1), |row| row.request.body == "Cleo, amid it");
    attempts.push_of(workspace(1), amid, attempt(AT, b"Cleo"));
    attempts.push(workspace(1), attempt(AT, b"later"));
    attempts.push_of(workspace(2), begun, attempt(AT, b"of another workspace"));
    assert_eq!(bodies(&attempts, &history, 1), ["later", "", "", "of somebody else"]);
    let view = attempts.list(&history, workspace(1)).unwrap().remove(1).1;
    assert_eq!((view.status, view.request.headers.len(), view.request.body_cut), (400, 0, true));
    assert_eq!(view.answer, json!({"error": {"code": null}}));
}

#[test]
fn numbers_grow_whatever_the_clock_does() {
    let (attempts, history) = (Attempts::default(), empty());
    for at in [AT, AT, AT - 5, AT + 1, 0] {
        attempts.push(workspace(1), attempt(at, b""));
    }
    let numbers: Vec<u64> =
        attempts.list(&history, workspace(1)).unwrap().into_iter().map(|(number, _)| number).collect();
    assert!(numbers.is_sorted_by(|newer, older| newer > older), "{numbers:?}");
}

#[test]
fn memory_is_bounded_over_all_workspaces_and_what_was_saved_stays_readable() {
    let (attempts, history) = (Attempts::default(), empty());
    let large = vec![b'x'; BODY_BYTES_MAX];
    let workspaces = u64::try_from(BYTES_MAX / BODY_BYTES_MAX / 50 + 10).unwrap();
    for nth in 1..=workspaces {
        for at in 0..50 {
            attempts.push(workspace(nth), attempt(AT + at, &large));
        }
    }
    assert!(attempts.0.bytes.load(Ordering::Relaxed) <= BYTES_MAX + 2 * FRAMES_MAX);
    save(&attempts, &history);
    attempts.0.make_room();
    let left: usize = attempts.0.by_workspace.iter().map(|ring| ring.bytes()).sum();
    assert_eq!(attempts.0.bytes.load(Ordering::Relaxed), left, "every byte is accounted for");
    assert!(left <= BYTES_MAX / 2);
    assert_eq!(bodies(&attempts, &history, 1).len(), 50, "read back");
}

/// Attempts without bodies still take some memory.
const FRAMES_MAX: usize = 1 << 20;
