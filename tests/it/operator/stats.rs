//! What the log consists of, from a running gateway as from its data.

use serde_json::Value;

use crate::harness::client::message;
use crate::harness::{ADMIN_KEY, Request, SOON, Server};

fn sum(rows: &Value, name: &str) -> u64 {
    rows.as_array().unwrap().iter().map(|row| row[name].as_u64().unwrap()).sum()
}

#[test]
fn events_are_counted_by_type_workspace_and_day() {
    let mut server = Server::start();
    let workspace = server.workspace();
    let id = workspace.post(&message("+12025550101", "Hello")).message_id();
    workspace.wait_for_state(&id, "read", SOON);
    let ask = |path: &str| server.http().ask(&Request::get(path).bearer(ADMIN_KEY)).success();
    let (stats, all) = (ask("/admin/v1/events/stats"), ask("/admin/v1/events?limit=500"));
    let rows = all["data"].as_array().unwrap();
    assert_eq!(stats["events"].as_u64().unwrap(), rows.len() as u64);
    assert_eq!(
        (&stats["first"]["position"], &stats["last"]["position"]),
        (&rows[0]["position"], &rows[rows.len() - 1]["position"])
    );
    assert_eq!(stats["last"]["recorded_at"], rows[rows.len() - 1]["recorded_at"]);
    for counted in ["types", "workspaces", "days"] {
        assert_eq!(sum(&stats[counted], "events"), rows.len() as u64, "{counted}: {stats}");
    }
    assert_eq!(sum(&stats["workspaces"], "bytes"), stats["bytes"].as_u64().unwrap());
    for counted in stats["types"].as_array().unwrap() {
        let of_type = rows.iter().filter(|row| row["type"] == counted["type"]).count() as u64;
        assert_eq!(counted["events"].as_u64().unwrap(), of_type, "{counted}");
    }
    let today = stats["days"].as_array().unwrap().last().unwrap()["day"].as_str().unwrap();
    assert!(rows[rows.len() - 1]["recorded_at"].as_str().unwrap().starts_with(today));

    let told = |server: &Server| {
        [vec!["events", "stats"], vec!["--json", "events", "stats"]].map(|line| server.command(&line))
    };
    let beside = told(&server);
    assert_eq!(server.sigterm(), Some(0));
    for (beside, after) in beside.iter().zip(told(&server)) {
        assert_eq!((beside.code, &beside.stdout), (Some(0), &after.stdout), "{beside:?}");
        assert!(after.stderr.is_empty(), "no bar where nobody watches: {after:?}");
    }
}
