//! One workspace asks for too much: it must slow down, and others get their files and answers in time.

use serde_json::json;

use super::PNG;
use super::sent::{setup, tenant, with_file};
use super::site::{Reply, site, site_on};
use crate::harness::{Answer, SOON, Workspace, wait_until};

const CHECKS: usize = 60;
const CHANGES: usize = 40;

/// Many checks run against a server that hangs.
#[test]
fn checks_that_hang_hold_up_no_other_workspace_and_too_many_are_turned_away() {
    let hangs = site(|_| Reply::Silence);
    let fast = site_on("127.0.0.2", |_| Reply::file(PNG));
    let mut server = setup().set("TIDINGS_LIMITS__FILES_AT_ONCE", "64").start();
    let (greedy, other) = (tenant(&server, 1), server.create_workspace("Other", 1));
    other.connect_account("+12025550199");
    let check = |workspace: &Workspace, url: &str| -> Answer {
        workspace.ask(&workspace.api("POST", "/files/check").json(&json!({"url": url, "file_name": "a.png"})))
    };
    let turned_away = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let hanging: Vec<_> = (0..CHECKS)
            .map(|_| {
                scope.spawn(|| {
                    let request =
                        greedy.api("POST", "/files/check").json(&json!({"url": hangs.url("/"), "file_name": "a.png"}));
                    if let Ok(answer) = greedy.try_ask(&request)
                        && answer.status == 429
                    {
                        turned_away.lock().unwrap().push(answer);
                    }
                })
            })
            .collect();
        wait_until("too many are turned away", SOON, || (!turned_away.lock().unwrap().is_empty()).then_some(()));
        wait_until("some are asked for", SOON, || (!hangs.requests().is_empty()).then_some(()));
        assert_eq!(check(&other, &fast.url("/")).json()["ok"], true);
        let id = other.post(&with_file("+12025550101", "", &fast.url("/"), "a.png")).message_id();
        other.wait_for_state(&id, "sent", SOON);
        let own = greedy.post(&with_file("+12025550101", "", &fast.url("/"), "a.png")).message_id();
        greedy.wait_for_state(&own, "sent", SOON);
        assert!(hangs.requests().len() <= 8, "{} at once", hangs.requests().len());
        server.kill9();
        drop(hanging);
    });
    let turned_away = turned_away.into_inner().unwrap();
    for answer in &turned_away {
        assert_eq!(answer.json()["error"]["code"], "too_many_requests");
        assert!(answer.header("Retry-After").is_some());
    }
}

/// A workspace that sends more changes than allowed is refused, and the refused requests change nothing.
#[test]
fn changes_of_one_workspace_beyond_the_limit_are_turned_away_and_others_are_not() {
    let server = setup().set("TIDINGS_LIMITS__CHANGES_PER_WORKSPACE_S", "5").start();
    let (greedy, other) = (server.create_workspace("Acme", 1), server.create_workspace("Other", 1));
    let add = |workspace: &Workspace, nth: usize| {
        let mate = json!({"full_name": "Ada Example", "email": format!("ada{nth}@acme.example")});
        workspace.ask(&workspace.api("POST", "/teammates").json(&mate))
    };
    let answers: Vec<Answer> = (0..CHANGES).map(|nth| add(&greedy, nth)).collect();
    let added = answers.iter().filter(|answer| answer.status == 201).count();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(added >= 5 && !refused.is_empty() && added + refused.len() == CHANGES, "{added} of {CHANGES}");
    assert!(refused.iter().all(|answer| answer.header("Retry-After").is_some()));
    assert_eq!(add(&other, 0).status, 201);
    assert_eq!(greedy.rows("/teammates").len(), added);
    assert_eq!(greedy.ask(&greedy.api("GET", "/workspace")).status, 200);
}
