//! Compares what the API shows with the referee's own model.

use events::ids::{AccountId, MessageId, WebhookId, WorkspaceId};
use serde_json::Value;

use super::super::fate::Rng;
use super::super::life::{ADMIN_KEY, Life, Machine};
use super::super::referee::{End, Line, MessageStory, Referee};
use super::{People, expect};

/// Paths whose content is not compared: they must only answer with 200 in every state.
const SHOWN: &[&str] = &[
    "/workspace",
    "/teammates",
    "/keys",
    "/inbound",
    "/inbound/attempts",
    "/inbound/log.csv",
    "/outbound/tries",
    "/outbound/log.txt",
    "/outbox",
];
const EVENTS: u64 = 20;

type View<'a> = Box<dyn Fn(&Value, &Referee) -> bool + 'a>;

impl People {
    /// Reads a random view that the model knows too, and compares it.
    pub(super) async fn read(
        &mut self,
        nth: usize,
        rng: &mut Rng,
        life: &Life,
        referee: &mut Referee,
        machine: &Machine,
    ) -> Result<(), String> {
        referee.catch_up(&machine.disk)?;
        let tenant = &self.tenants[nth];
        let (workspace, key) = (tenant.workspace, tenant.key().to_owned());
        let shown = format!("/api/v1{}", rng.pick(SHOWN));
        let reply = life.get(&shown, &key).await;
        expect(reply.status == 200, "it is shown", &reply)?;
        let (path, key, view) = chosen(workspace, key, rng, referee);
        referee.catch_up(&machine.disk)?;
        let (before, at_risk) = (referee.position, machine.disk.at_risk());
        let reply = life.get(&path, &key).await;
        expect(reply.status == 200, "what is there is shown", &reply)?;
        referee.catch_up(&machine.disk)?;
        // The answer may or may not contain what happened meanwhile.
        if at_risk > 0 || machine.disk.at_risk() > 0 || referee.position != before {
            return Ok(());
        }
        self.count("compared answers");
        expect(view(&reply.body, referee), "an answer is what the log says", &reply)
    }
}

fn chosen(workspace: WorkspaceId, key: String, rng: &mut Rng, referee: &Referee) -> (String, String, View<'static>) {
    let own: Vec<MessageId> = {
        let messages = referee.messages.iter().filter(|(_, told)| told.account.workspace() == workspace);
        messages.map(|(id, _)| *id).collect()
    };
    let balance = move |referee: &Referee| referee.balances.get(&workspace).copied().unwrap_or_default();
    let is_balance = move |shown: &Value, referee: &Referee| shown.as_i64().map(i128::from) == Some(balance(referee));
    match rng.below(7) {
        0 if !own.is_empty() => {
            let id = *rng.pick(&own);
            let view = move |body: &Value, referee: &Referee| is_state(&body["state"], &referee.messages[&id]);
            (format!("/api/v1/messages/{id}"), key, Box::new(view))
        }
        1 => {
            let view = move |body: &Value, referee: &Referee| {
                let newest = &body["data"][0]["balance"];
                newest.is_null() || is_balance(newest, referee)
            };
            ("/api/v1/credits/ledger".to_owned(), key, Box::new(view))
        }
        2 => ("/api/v1/accounts?limit=500".to_owned(), key, Box::new(move |b, r| are_accounts(b, r, workspace))),
        3 => ("/api/v1/chats?limit=500".to_owned(), key, Box::new(move |b, r| are_chats(b, r, workspace))),
        4 => ("/api/v1/outbound".to_owned(), key, Box::new(move |b, r| is_webhook(b, r, workspace))),
        5 => {
            let from = 1 + rng.below(referee.position);
            let path = format!("/admin/v1/events?from={from}&limit={EVENTS}");
            (path, ADMIN_KEY.to_owned(), Box::new(move |b, r| are_events(b, r, from)))
        }
        _ => ("/api/v1/credits".to_owned(), key, Box::new(move |b, r| is_balance(&b["balance"], r))),
    }
}

fn is_state(shown: &Value, told: &MessageStory) -> bool {
    let state = match (told.rank, told.end, told.uncertain) {
        (2.., ..) => "read",
        (1, ..) => "delivered",
        (_, Some(End::Sent), _) => "sent",
        (_, Some(End::Failed), _) => "failed",
        (_, None, true) => "uncertain",
        (_, None, false) => return shown == "queued" || shown == "sending",
    };
    shown == state
}

fn are_accounts(body: &Value, referee: &Referee, workspace: WorkspaceId) -> bool {
    let own: Vec<_> = referee.accounts.iter().filter(|(id, _)| id.workspace() == workspace).rev().collect();
    let rows = body["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let same = |row: &Value, id: &AccountId, line: &Line| {
        row["id"] == id.number() && (row["state"] == "connected") == line.may_send()
    };
    rows.len() == own.len() && rows.iter().zip(own).all(|(row, (id, line))| same(row, id, line))
}

fn are_chats(body: &Value, referee: &Referee, workspace: WorkspaceId) -> bool {
    let mut own: Vec<(String, String)> = {
        let rooms = referee.chats.iter().filter(|(id, _)| id.workspace() == workspace);
        rooms.map(|(id, room)| (id.to_string(), room.title.clone())).collect()
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = body["data"].as_array().into_iter().flatten();
    let mut shown: Vec<_> = rows.map(|row| (text(&row["chat_id"]), text(&row["name"]))).collect();
    own.sort();
    shown.sort();
    own == shown
}

fn is_webhook(body: &Value, referee: &Referee, workspace: WorkspaceId) -> bool {
    let Some(hook) = referee.hooks.get(&WebhookId::of(workspace)) else { return body["url"].is_null() };
    let url = hook.url.as_ref().map_or(Value::Null, |url| url.as_str().into());
    body["url"] == url && body["enabled"] == hook.enabled && body["owed"] == hook.owes()
}

fn are_events(body: &Value, referee: &Referee, from: u64) -> bool {
    let first = usize::try_from(from - 1).unwrap();
    let known = referee.events[first..].iter().take(usize::try_from(EVENTS).unwrap());
    let known: Vec<_> = (from..).zip(known).map(|(position, (_, name))| (Some(position), Some(*name))).collect();
    let rows = body["data"].as_array().into_iter().flatten();
    rows.map(|row| (row["position"].as_u64(), row["type"].as_str())).collect::<Vec<_>>() == known
}
