//! The owners' actions on reports, and the behaviour of their CRM.

use std::time::Duration;

use events::ids::{DeliveryId, WebhookId};
use serde_json::{Value, json};
use tidings::whatsapp::transports::simulator::address::Address;
use tidings::whatsapp::transports::simulator::world::Incoming;

use super::super::fate::Rng;
use super::super::life::{Life, Machine};
use super::super::receiver::{Poison, Receiver};
use super::super::referee::{Fate, OutboundWebhook, Referee};
use super::{ACCOUNTS, People, Tenant, expect};

const URLS: &[&str] = &["https://crm.example/hook", "https://crm.example/other", "https://desk.example/in"];
const WINDOWS: &[&str] = &["none", "none", "none", "none", "1h", "6h", "12h", "24h"];
/// The CRM's status, and the seconds until it answers; 15 s are too long.
const WEATHER: &[(u16, u64)] =
    &[(200, 0), (200, 0), (200, 2), (500, 0), (503, 1), (429, 0), (302, 0), (200, 15), (410, 0)];
/// The possible reactions of the CRM to poisoned chats.
const POISONS: &[Poison] = &[Poison::Refused(500), Poison::Refused(422), Poison::Refused(429), Poison::Hangs];
/// More than one bundle holds.
const BURST: u32 = 1_050;
/// The number of rounds in which a crowd writes.
const ROUNDS: u32 = 12;
const OUTBOUND: &str = "/api/v1/outbound";

impl Tenant {
    fn hook<'a>(&self, referee: &'a Referee) -> Option<&'a OutboundWebhook> {
        referee.hooks.get(&WebhookId::of(self.workspace))
    }

    fn has_parked(&self, referee: &Referee) -> bool {
        let own = referee.deliveries.values().filter(|told| told.webhook.workspace() == self.workspace);
        own.filter(|told| matches!(told.end, Some(Fate::Parked(_)))).count() > 0
    }
}

impl People {
    /// Changes the webhook, or tests, flushes, resends, discards or recovers reports.
    pub(super) async fn report(
        &mut self,
        nth: usize,
        rng: &mut Rng,
        life: &Life,
        referee: &Referee,
    ) -> Result<(), String> {
        let tenant = &self.tenants[nth];
        let hook = tenant.hook(referee);
        let (has_url, enabled) = (hook.is_some_and(|hook| hook.url.is_some()), hook.is_some_and(|hook| hook.enabled));
        if !has_url {
            let body = json!({"url": rng.pick(URLS), "aggregation": rng.pick(WINDOWS), "enabled": true});
            return set(tenant, life, &body).await;
        }
        if !enabled && rng.percent(70) {
            let backlog = if rng.percent(20) { "discard" } else { "send" };
            return set(tenant, life, &json!({"enabled": true, "backlog": backlog})).await;
        }
        if rng.percent(40) && tenant.has_parked(referee) {
            return post(tenant, life, "recover").await;
        }
        match rng.below(24) {
            20..22 => {
                let reply = life.post(&format!("{OUTBOUND}/test"), tenant.key(), &json!({})).await;
                // The URL may have been removed without an answer; 429 means that there were enough tests.
                expect([200, 409, 429].contains(&reply.status), "a test report is posted", &reply)
            }
            22..24 => {
                let reply = life.post(&format!("{OUTBOUND}/rotate-secret"), tenant.key(), &json!({})).await;
                // 409 means that the maximum of five keys already sign.
                expect([200, 409].contains(&reply.status), "a key is replaced", &reply)
            }
            0..4 => set(tenant, life, &json!({"aggregation": rng.pick(WINDOWS)})).await,
            4..6 => set(tenant, life, &json!({"enabled": rng.percent(20), "reason": "holidays"})).await,
            6..8 => set(tenant, life, &json!({"url": rng.pick(URLS)})).await,
            8 => set(tenant, life, &json!({"url": Value::Null})).await,
            9 => {
                // A delivery that is under way may be discarded meanwhile.
                set(tenant, life, &json!({"enabled": true, "backlog": "discard"})).await
            }
            10..12 => self.resend(nth, rng, life, referee).await,
            12 => self.discard(nth, rng, life, referee).await,
            13..16 => post(tenant, life, "flush").await,
            16..18 => post(tenant, life, "recover").await,
            _ => post(tenant, life, "reset-errors").await,
        }
    }

    /// Resends a random delivery, up to three times in a row.
    async fn resend(&mut self, nth: usize, rng: &mut Rng, life: &Life, referee: &Referee) -> Result<(), String> {
        let own =
            |delivery: &DeliveryId| WebhookId::of(self.tenants[nth].workspace) == referee.deliveries[delivery].webhook;
        let all: Vec<_> = referee.deliveries.keys().filter(|delivery| own(delivery)).collect();
        if all.is_empty() {
            return Ok(());
        }
        let delivery = *rng.pick(&all);
        let chat = referee.deliveries[delivery].chat;
        let path = format!("{OUTBOUND}/deliveries/{delivery}/resend");
        let (key, body) = (self.tenants[nth].key(), json!({}));
        for _ in 0..=rng.below(2) {
            let reply = life.post(&path, key, &body).await;
            let erased = self.erasing.contains(&chat) && reply.status == 410;
            expect(erased || [202, 409].contains(&reply.status), "a delivery is resent, unless it is owed", &reply)?;
        }
        Ok(())
    }

    /// Discards a delivery that is listed as owed or parked.
    async fn discard(&mut self, nth: usize, rng: &mut Rng, life: &Life, referee: &Referee) -> Result<(), String> {
        let tenant = &self.tenants[nth];
        let state = rng.pick(&["", "?state=owed", "?state=parked"]);
        let reply = life.get(&format!("{OUTBOUND}/deliveries{state}"), tenant.key()).await;
        expect(reply.status == 200, "what is owed is listed", &reply)?;
        let ids = reply.body["data"].as_array().cloned().unwrap_or_default();
        let ids: Vec<String> = ids.iter().filter_map(|row| Some(row["delivery_id"].as_str()?.to_owned())).collect();
        let known = |id: &String| id.parse().is_ok_and(|id: DeliveryId| referee.deliveries.contains_key(&id));
        let Some(id) = ids.first().filter(|id| rng.percent(50) && known(id)) else { return Ok(()) };
        let path = format!("{OUTBOUND}/deliveries/{id}/discard");
        let reply = life.post(&path, tenant.key(), &json!({"reason": "not wanted any more"})).await;
        // The delivery may have succeeded meanwhile.
        expect([200, 409].contains(&reply.status), "a delivery is given up", &reply)
    }

    /// Many contacts write, while the CRM refuses some chats or fails altogether.
    pub(super) async fn crowd(&mut self, rng: &mut Rng, machine: &Machine, referee: &Referee) {
        let chats: Vec<_> = referee.reports.chats.keys().collect();
        let is_broken = rng.percent(30);
        machine.receiver.answer(if is_broken { 500 } else { 200 }, Duration::ZERO);
        if !is_broken && !chats.is_empty() {
            for _ in 0..=rng.below(3) {
                machine.receiver.refuse(&rng.pick(&chats).to_string(), *rng.pick(POISONS));
            }
        }
        for _ in 0..ROUNDS {
            for _ in 0..3 {
                self.say(rng, &machine.whatsapp);
            }
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
    }

    /// Sends a thousand messages to one chat within one window.
    pub(super) async fn burst(
        &mut self,
        nth: usize,
        rng: &mut Rng,
        life: &Life,
        machine: &Machine,
        referee: &Referee,
    ) -> Result<(), String> {
        let tenant = &self.tenants[nth];
        let body = json!({"url": rng.pick(URLS), "aggregation": "1h", "enabled": true});
        set(tenant, life, &body).await?;
        let listening = tenant.accounts(referee).into_iter().find(|(_, line)| line.disconnected.is_none());
        let phone = listening.map_or(ACCOUNTS[0], |(_, line)| line.phone.as_str());
        let phone = *ACCOUNTS.iter().find(|known| **known == phone).ok_or("an unknown number")?;
        for _ in 0..BURST {
            self.texts += 1;
            let text = format!("said {}", self.texts);
            self.said.push((phone, text.clone()));
            let (account, chat) = (Address::parse(phone).unwrap(), Address::parse("+12025550104").unwrap());
            let name = String::new();
            machine.whatsapp.receive_by_phone(Incoming { account, chat, member: None, name, text, file_name: None });
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok(())
    }

    /// Lets everything be reported that can be; some webhooks stay as they are.
    pub async fn report_all(&mut self, rng: &mut Rng, life: &Life, referee: &Referee) -> Result<(), String> {
        for tenant in &self.tenants {
            match rng.below(100) {
                0..2 => {}
                2..8 => post(tenant, life, "flush").await?,
                _ => set(tenant, life, &json!({"aggregation": "none"})).await?,
            }
            if tenant.hook(referee).is_some_and(|hook| hook.url.is_some()) && rng.percent(85) {
                let backlog = if rng.percent(10) { "discard" } else { "send" };
                set(tenant, life, &json!({"enabled": true, "backlog": backlog})).await?;
                post(tenant, life, "reset-errors").await?;
                post(tenant, life, if rng.percent(50) { "recover" } else { "flush" }).await?;
            }
        }
        Ok(())
    }
}

async fn set(tenant: &Tenant, life: &Life, settings: &Value) -> Result<(), String> {
    let reply = life.patch(OUTBOUND, tenant.key(), settings).await;
    // If the removal of the URL got no answer, the owner may try to enable a webhook without a URL.
    expect([200, 409].contains(&reply.status), "a webhook changes", &reply)
}

async fn post(tenant: &Tenant, life: &Life, deed: &str) -> Result<(), String> {
    let reply = life.post(&format!("{OUTBOUND}/{deed}"), tenant.key(), &json!({})).await;
    expect(reply.status == 200, "a webhook does what it is told", &reply)
}

/// Changes the CRM's behaviour: healthy, slow, failing, or refusing some chats.
pub(super) fn weather(rng: &mut Rng, receiver: &Receiver, referee: &Referee) {
    let chats: Vec<_> = referee.chats.keys().collect();
    match rng.below(10) {
        0..2 if !chats.is_empty() => receiver.poison(&rng.pick(&chats).to_string(), rng.percent(70)),
        2..4 if !chats.is_empty() => {
            for _ in 0..=rng.below(4) {
                receiver.refuse(&rng.pick(&chats).to_string(), *rng.pick(POISONS));
            }
        }
        4 => receiver.ask_for_quiet(rng.percent(50).then(|| Duration::from_secs(rng.below(120)))),
        _ => {
            let (status, takes_s) = *rng.pick(WEATHER);
            receiver.answer(status, Duration::from_secs(takes_s));
        }
    }
}
