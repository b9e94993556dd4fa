//! A webhook's owner at the API of the real program, and the log as the operator sees it.

use serde_json::{Value, json};

use crate::harness::{ADMIN_KEY, Request, SOON, Server, Workspace, wait_until};

const PAGE: usize = 500;

/// The owner of a workspace's webhook.
pub struct Owner {
    pub workspace: Workspace,
}

impl Owner {
    pub fn of(workspace: Workspace) -> Self {
        Self { workspace }
    }

    /// Returns the webhook's view.
    pub fn shown(&self) -> Value {
        self.workspace.ask(&self.workspace.api("GET", "/outbound")).success()
    }

    /// Changes the webhook's settings.
    pub fn set(&self, settings: &Value) -> Value {
        self.workspace.ask(&self.workspace.api("PATCH", "/outbound").json(settings)).success()
    }

    /// Posts an empty object to this path.
    pub fn post(&self, path: &str) -> Value {
        self.workspace.ask(&self.workspace.api("POST", &format!("/outbound{path}")).json(&json!({}))).success()
    }

    /// Returns the last tries, the newest first.
    pub fn tries(&self) -> Vec<Value> {
        self.workspace.newest("/outbound/tries")
    }

    /// Waits for a try, and returns the newest.
    pub fn tried(&self) -> Value {
        wait_until("a report was tried", SOON, || self.tries().into_iter().next())
    }

    /// Waits until nothing is owed and no window is open.
    pub fn wait_until_told(&self) {
        wait_until("nothing is owed", SOON, || {
            let shown = self.shown();
            (shown["owed"] == 0 && shown["open_windows"] == 0).then_some(())
        });
    }
}

/// Returns the data of all events of this type, the oldest first.
pub fn events(server: &Server, name: &str) -> Vec<Value> {
    recorded(server, name).into_iter().map(|mut row| row["data"].take()).collect()
}

/// Like [`events`], but returns the whole rows, with the time of recording.
pub fn recorded(server: &Server, name: &str) -> Vec<Value> {
    let (http, mut found, mut after) = (server.http(), Vec::new(), 0);
    loop {
        let page = format!("/admin/v1/events?type={name}&limit={PAGE}&from={}", after + 1);
        let mut view = http.ask(&Request::get(page).bearer(ADMIN_KEY)).success();
        let rows = std::mem::take(view["data"].as_array_mut().unwrap());
        let Some(last) = rows.last() else { return found };
        after = last["position"].as_u64().unwrap();
        found.extend(rows);
    }
}
