//! An owner who changes settings while the gateway is killed: an acknowledged change must hold.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::harness::{Request, Workspace, random_below};

/// A setting: where it is changed and shown, and its possible positions.
struct Switch {
    method: &'static str,
    path: String,
    /// The request body for each position.
    bodies: Vec<Value>,
    /// The path that shows the setting.
    shown_at: String,
    /// The field that shows the setting, and its value for each position.
    key: &'static str,
    shown: Vec<Value>,
    /// The last acknowledged position, and one that was requested since then without an answer.
    acknowledged: usize,
    doubted: Option<usize>,
}

/// All settings that the owner changes.
pub struct Switches<'a> {
    workspace: &'a Workspace,
    all: Vec<Switch>,
}

impl<'a> Switches<'a> {
    /// All switches, each in its first position, which is "on" (or the default).
    pub fn of(workspace: &'a Workspace, phone: &str) -> Self {
        let account = workspace.account(phone)["id"].to_string();
        let on_off = || vec![json!({"enabled": true}), json!({"enabled": false})];
        let gathered = ["none", "1h"].map(Value::from).to_vec();
        let all = vec![
            Switch::patch("/inbound", "enabled", on_off(), vec![json!(true), json!(false)]),
            Switch::of_one("/inbound", "strict", vec![json!(false), json!(true)]),
            Switch::patch("/outbound", "enabled", on_off(), vec![json!(true), json!(false)]),
            Switch::of_one("/outbound", "aggregation", gathered),
            Switch::of_one("/workspace", "name", ["Acme", "Acme Ltd"].map(Value::from).to_vec()),
            Switch::pause(&account),
        ];
        Self { workspace, all }
    }

    /// Changes random settings until the server is killed and no answer comes.
    pub fn turn_until_killed(&mut self, killed: &AtomicBool) {
        loop {
            let nth = usize::try_from(random_below(self.all.len() as u64)).unwrap();
            let switch = &mut self.all[nth];
            // Mostly on, so that work goes on.
            let to = usize::from(random_below(4) == 0);
            if switch.turn(self.workspace, to).is_none() {
                assert!(killed.load(Ordering::Acquire), "no answer from a living server");
                return;
            }
        }
    }

    /// Checks after a restart that each setting has its acknowledged position, or the one whose request got no
    /// answer.
    pub fn check(&mut self) {
        for switch in &mut self.all {
            switch.check(self.workspace);
        }
    }

    /// Enables the inbound webhook, so that repeated posts get their answers.
    pub fn let_crms_in(&mut self) {
        let inbound = self.all.first_mut().expect("the first switch is the inbound webhook's");
        inbound.turn(self.workspace, 0).expect("a living server answers");
    }

    pub fn turn_everything_on(&mut self) {
        for switch in &mut self.all {
            switch.turn(self.workspace, 0).expect("a living server answers");
        }
    }
}

impl Switch {
    fn patch(path: &str, key: &'static str, bodies: Vec<Value>, shown: Vec<Value>) -> Self {
        let (path, shown_at) = (path.to_owned(), path.to_owned());
        Self { method: "PATCH", path, bodies, shown_at, key, shown, acknowledged: 0, doubted: None }
    }

    /// A setting whose request uses the same field and value as its view.
    fn of_one(path: &str, key: &'static str, shown: Vec<Value>) -> Self {
        let bodies = shown.iter().map(|value| json!({key: value})).collect();
        Self::patch(path, key, bodies, shown)
    }

    fn pause(account: &str) -> Self {
        let bodies = ["resume", "pause"].map(|what| json!({"": what})).to_vec();
        let shown = ["connected", "paused"].map(Value::from).to_vec();
        let at = format!("/accounts/{account}");
        Self { method: "POST", ..Self::patch(&at, "state", bodies, shown) }
    }

    fn request(&self, workspace: &Workspace, to: usize) -> Request {
        let body = &self.bodies[to];
        match body[""].as_str() {
            Some(word) => workspace.api(self.method, &format!("{}/{word}", self.path)).json(&json!({"reason": "test"})),
            None => workspace.api(self.method, &self.path).json(body),
        }
    }

    fn turn(&mut self, workspace: &Workspace, to: usize) -> Option<()> {
        let Ok(answer) = workspace.try_ask(&self.request(workspace, to)) else {
            self.doubted = Some(to);
            return None;
        };
        answer.success();
        self.acknowledged = to;
        Some(())
    }

    fn check(&mut self, workspace: &Workspace) {
        let view = workspace.ask(&workspace.api("GET", &self.shown_at)).success();
        let position = self.shown.iter().position(|value| *value == view[self.key]);
        let expected = [Some(self.acknowledged), self.doubted.or(Some(self.acknowledged))];
        assert!(position.is_some() && expected.contains(&position), "{} {}: {view}", self.path, self.key);
        (self.acknowledged, self.doubted) = (position.unwrap(), None);
    }
}
