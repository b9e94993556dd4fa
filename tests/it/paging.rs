//! Paged lists: walking any list to its end and back shows each row exactly once.

use serde_json::{Value, json};

use crate::harness::client::Workspace;
use crate::harness::{ACCOUNT_PHONE, ADMIN_KEY, Http, Request, SOON, Server};

const PAGE: usize = 2;

/// Reads a page; returns its rows and the cursors of the pages around it.
fn page(http: &Http, key: &str, path: &str, place: &str) -> (Vec<Value>, [Option<String>; 2]) {
    let join = if path.contains('?') { '&' } else { '?' };
    let mut view = http.ask(&Request::get(format!("{path}{join}{place}")).bearer(key)).success();
    let around = ["prev", "next"].map(|name| view["page"][name].as_str().map(str::to_owned));
    let Value::Array(rows) = view["data"].take() else { panic!("no list at {path}") };
    (rows, around)
}

/// Walks a list to its end, two rows at a time, and back again.
fn walk(http: &Http, key: &str, path: &str) {
    let (all, _) = page(http, key, path, "limit=500");
    let (mut seen, [prev, mut next]) = page(http, key, path, &format!("limit={PAGE}"));
    assert_eq!(prev, None, "{path}");
    let first = next.clone();
    let mut last = seen.clone();
    let mut before = None;
    while let Some(cursor) = next {
        let (rows, [prev, behind]) = page(http, key, path, &format!("limit={PAGE}&after={cursor}"));
        assert!(prev.is_some() && !rows.is_empty(), "{path} after {cursor}");
        seen.extend(rows.iter().cloned());
        (last, before, next) = (rows, prev, behind);
    }
    assert_eq!(seen, all, "{path}");
    assert!(all.len() > 2 * PAGE, "{path} is too short to be walked: {}", all.len());
    if let (Some(after), Some(end)) = (first, &before) {
        let (rows, _) = page(http, key, path, &format!("limit=500&after={after}&before={end}"));
        assert_eq!(rows, all[PAGE..all.len() - last.len()], "{path} between {after} and {end}");
    }
    let mut back = vec![last];
    while let Some(cursor) = before {
        let (rows, [prev, next]) = page(http, key, path, &format!("limit={PAGE}&before={cursor}"));
        assert!(next.is_some() && rows.len() <= PAGE, "{path} before {cursor}");
        back.push(rows);
        before = prev;
    }
    assert_eq!(back.into_iter().rev().flatten().collect::<Vec<_>>(), all, "{path} backwards");
}

fn lived_in(server: &Server) -> (Workspace, String) {
    let workspace = server.workspace();
    let mut ids: Vec<String> =
        (1..=5).map(|nth| workspace.send(&format!("+120255501{nth:02}"), &format!("text {nth}"))).collect();
    ids.extend((6..=10).map(|nth| workspace.send("+12025550101", &format!("text {nth}"))));
    for id in &ids {
        workspace.wait_for_state(id, "read", SOON);
    }
    (workspace, ids.swap_remove(0))
}

#[test]
fn every_list_can_be_walked_to_its_end_and_back() {
    let server = crate::harness::Setup::new().clock_rate(60).start();
    let (workspace, message) = lived_in(&server);
    for nth in 0..5 {
        server.create_workspace(&format!("Acme {nth}"), 0);
    }
    let http = server.http();
    let chat = workspace.chats().pop().unwrap()["chat_id"].as_str().unwrap().to_owned();
    workspace.connect_account("+12025550102");
    server.grant(&workspace, 9);
    let mut ids: Vec<String> = (11..14).map(|nth| workspace.send("+12025550103", &format!("text {nth}"))).collect();
    let by_the_first = json!({
        "action": "send", "phone": "+12025550104", "text": "text 14", "whatsapp account phone": ACCOUNT_PHONE
    });
    ids.push(workspace.post(&by_the_first).message_id());
    for id in &ids {
        workspace.wait_for_state(id, "read", SOON);
    }
    for path in ["/chats", "/credits/ledger", "/inbound/attempts", "/messages"] {
        walk(&http, &workspace.api_key, &format!("/api/v1{path}"));
    }
    walk(&http, &workspace.api_key, &format!("/api/v1/messages/{message}/timeline"));
    walk(&http, &workspace.api_key, &format!("/api/v1/chats/{chat}/messages"));
    for path in ["/workspaces", "/events", "/events?type=MessageQueued", "/events?stream=account/10010001"] {
        walk(&http, ADMIN_KEY, &format!("/admin/v1{path}"));
    }
}

#[test]
fn the_cursors_of_a_list_are_checked_on_both_sides() {
    let server = Server::start();
    let workspace = server.workspace();
    for name in ["after", "before"] {
        for (path, key) in [("/admin/v1/events", ADMIN_KEY), ("/api/v1/credits/ledger", &*workspace.api_key)] {
            let answer = server.http().ask(&Request::get(format!("{path}?{name}=abc")).bearer(key));
            assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!(name)), "{path}");
        }
    }
}

#[test]
fn a_position_before_a_page_is_where_it_ends() {
    let server = Server::start();
    server.workspace();
    let (rows, around) = page(&server.http(), ADMIN_KEY, "/admin/v1/events", "limit=2&before=5");
    let positions: Vec<_> = rows.iter().map(|row| row["position"].as_u64().unwrap()).collect();
    assert_eq!((positions, around), (vec![3, 4], [Some("3".to_owned()), Some("4".to_owned())]));
}
