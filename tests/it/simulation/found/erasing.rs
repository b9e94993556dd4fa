//! Defects in erasing.

use std::time::Duration;

use events::ids::WorkspaceId;
use futures_util::future::join;
use serde_json::json;

use super::super::life::{Life, Machine};
use super::begin;

/// Longer than rows wait until they are saved.
const SAVED: Duration = Duration::from_secs(3);

async fn send(life: &Life, inbound: &str, phone: &str, text: &str) {
    let message = json!({"action": "send", "phone": phone, "text": text});
    assert_eq!(life.post(inbound, "", &message).await.status, 200);
}

async fn erase(life: &Life, key: &str, nth: u64) {
    let erased = life.post(&format!("/api/v1/chats/10010000000{nth}/erase"), key, &json!({})).await;
    assert_eq!((erased.status, &erased.body["state"]), (200, &json!("erased")), "{erased:?}");
}

/// Of all rows that were ever stored, those with one of these texts that can still be opened.
fn opened(machine: &Machine, texts: &[&str]) -> Vec<String> {
    let (vault, mut found) = (machine.disk.vault.vault(), Vec::new());
    let see = |row: &str| {
        found.extend(texts.iter().filter(|text| row.contains(**text)).map(|_| row.to_owned()));
        Ok(())
    };
    machine.disk.ever_written().open_rows(vault.as_ref(), WorkspaceId::nth(0), see).unwrap();
    found
}

/// Guards against rows that stay readable because the seeds took no turn: after a restart one list was empty, so that it
/// was taken for one that had not had its turn yet.
#[test]
fn rows_of_an_erased_chat_are_gone_after_a_restart_too() {
    let machine = Machine::new(1);
    machine.fate.be_kind();
    let begun = machine.live(1, None, async |life| {
        let (key, inbound) = begin(&life).await;
        for (phone, text) in [("+12025550101", "first"), ("+12025550102", "second"), ("+12025550103", "third")] {
            send(&life, &inbound, phone, text).await;
        }
        tokio::time::sleep(SAVED).await;
        erase(&life, &key, 1).await;
        tokio::time::sleep(SAVED).await;
        key
    });
    assert_eq!(opened(&machine, &["first"]), Vec::<String>::new());
    let key = begun.unwrap();
    machine.time.end_life(10_000);
    let erased = machine.live(2, None, async |life| erase(&life, &key, 2).await);
    assert_eq!(erased, Some(()));
    assert_eq!(opened(&machine, &["first", "second"]), Vec::<String>::new());
    assert!(!opened(&machine, &["third"]).is_empty(), "what others said stays");
}

/// Guards against rows that stay readable because two chats were erased at the same moment, and the seeds took one turn
/// for both.
#[test]
fn rows_of_two_chats_that_are_erased_at_once_are_gone() {
    let machine = Machine::new(1);
    let erased = machine.live(1, None, async |life| {
        let (key, inbound) = begin(&life).await;
        for (phone, text) in [("+12025550101", "first"), ("+12025550102", "second"), ("+12025550103", "third")] {
            send(&life, &inbound, phone, text).await;
        }
        tokio::time::sleep(SAVED).await;
        join(erase(&life, &key, 1), erase(&life, &key, 2)).await;
    });
    assert_eq!(erased, Some(()));
    assert_eq!(opened(&machine, &["first", "second"]), Vec::<String>::new());
    assert!(!opened(&machine, &["third"]).is_empty(), "what others said stays");
}
