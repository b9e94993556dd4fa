//! The actions of owners (pausing accounts, changing settings, keys, names and gaps) and the messages of their
//! customers.

use serde_json::json;
use tidings::whatsapp::transports::simulator::address::Address;
use tidings::whatsapp::transports::simulator::world::{Incoming, Typed};

use super::super::fate::Rng;
use super::super::life::Life;
use super::super::referee::Referee;
use super::super::whatsapp::WhatsApp;
use super::{ACCOUNTS, People, Tenant, expect, path_of};

/// The shortest and the longest gap.
const GAPS_MS: &[(u32, u32)] = &[(1_500, 2_500), (200, 400), (3_000, 3_000), (4_000, 9_000)];
const TITLES: &[&str] = &["Cleo", "Best customer", "+12025550101"];
const CONTACTS: &[&str] = &["+12025550101", "+12025550104", "120363025550101@g.us", "77@lid"];
const TEAMMATES: &[&str] = &["bob@acme.example", "cleo@acme.example"];

impl Tenant {
    /// A request that pauses or resumes one of the accounts: its path and key.
    pub(super) fn some_hold(&self, rng: &mut Rng, referee: &Referee) -> Option<(String, String)> {
        let accounts = self.accounts(referee);
        if accounts.is_empty() {
            return None;
        }
        let (account, _) = *rng.pick(&accounts);
        let deed = *rng.pick(&["pause", "resume"]);
        Some((format!("/api/v1/accounts/{account}/{deed}"), self.key().to_owned()))
    }
}

impl People {
    /// Reads the settings that may have changed without an answer.
    pub(super) async fn make_sure(&mut self, life: &Life) -> Result<(), String> {
        for tenant in self.tenants.iter_mut().filter(|tenant| tenant.unsure) {
            let reply = life.get("/api/v1/inbound", tenant.keys[0].1.as_str()).await;
            expect(reply.status == 200, "the webhook is shown", &reply)?;
            let url = path_of(&reply.body["url"]);
            if url != tenant.inbound {
                tenant.retired.push(std::mem::replace(&mut tenant.inbound, url));
            }
            tenant.enabled = reply.body["enabled"] == true;
            tenant.strict = reply.body["strict"] == true;
            tenant.unsure = false;
        }
        Ok(())
    }

    /// Pauses, resumes, disconnects or reconnects an account.
    pub(super) async fn hold(
        &mut self,
        nth: usize,
        rng: &mut Rng,
        life: &Life,
        referee: &Referee,
    ) -> Result<(), String> {
        let tenant = &self.tenants[nth];
        let accounts = tenant.accounts(referee);
        if accounts.is_empty() {
            return Ok(());
        }
        let (id, held) = *rng.pick(&accounts);
        let (path, reason) = (format!("/api/v1/accounts/{id}"), json!({"reason": "because"}));
        let goes_on = !held.may_send() && rng.percent(70);
        let reply = match rng.below(10) {
            _ if goes_on && held.disconnected.is_some() => return self.connect(nth, &held.phone, life).await,
            _ if goes_on => life.post(&format!("{path}/resume"), tenant.key(), &reason).await,
            0..6 => life.post(&format!("{path}/pause"), tenant.key(), &reason).await,
            6..8 => life.post(&format!("{path}/resume"), tenant.key(), &reason).await,
            _ => life.delete(&path, tenant.key()).await,
        };
        expect([200, 409].contains(&reply.status), "an account is held or let go on", &reply)
    }

    /// Lets a contact write to an account, or its owner type on the phone itself.
    pub(super) fn say(&mut self, rng: &mut Rng, whatsapp: &WhatsApp) {
        self.texts += 1;
        let (phone, text) = (*rng.pick(ACCOUNTS), format!("said {}", self.texts));
        let contact = *rng.pick(CONTACTS);
        let (account, chat) = (Address::parse(phone).unwrap(), Address::parse(contact).unwrap());
        self.said.push((phone, text.clone()));
        if rng.percent(30) {
            return whatsapp.typed(Typed { account, chat, text });
        }
        let name = (*rng.pick(&["", "Mary Major", "Cleo"])).to_owned();
        let member = contact.ends_with("@g.us").then(|| Address::parse("+12025550101").unwrap());
        let file_name = rng.percent(20).then(|| "photo.jpg".to_owned());
        whatsapp.receive(Incoming { account, chat, member, name, text, file_name });
    }

    pub(super) async fn pace(&mut self, nth: usize, rng: &mut Rng, life: &Life) -> Result<(), String> {
        let (gap_ms_min, gap_ms_max) = *rng.pick(GAPS_MS);
        let body = json!({"pacing": {"gap_ms_min": gap_ms_min, "gap_ms_max": gap_ms_max}});
        let reply = life.patch("/api/v1/workspace", self.tenants[nth].key(), &body).await;
        expect(reply.status == 200, "the gap changes", &reply)
    }

    /// Changes the inbound webhook's settings, or replaces its URL.
    pub(super) async fn turn(&mut self, nth: usize, rng: &mut Rng, life: &Life) -> Result<(), String> {
        let tenant = &mut self.tenants[nth];
        tenant.unsure = true;
        let key = tenant.keys[0].1.as_str();
        let reply = if rng.percent(30) {
            life.post("/api/v1/inbound/rotate", key, &json!({})).await
        } else {
            let enabled = !tenant.enabled || rng.percent(60);
            life.patch("/api/v1/inbound", key, &json!({"enabled": enabled, "strict": rng.percent(40)})).await
        };
        expect(reply.status == 200, "the webhook changes", &reply)?;
        self.make_sure(life).await
    }

    /// Creates an API key, or revokes one.
    pub(super) async fn change_keys(&mut self, nth: usize, rng: &mut Rng, life: &Life) -> Result<(), String> {
        let tenant = &mut self.tenants[nth];
        if tenant.keys.len() > 1 && rng.percent(60) {
            let (number, key) = tenant.keys.pop().ok_or("no key")?;
            let reply = life.delete(&format!("/api/v1/keys/{number}"), tenant.key()).await;
            expect(reply.status == 200, "a key is revoked", &reply)?;
            tenant.revoked.push(key);
            return Ok(());
        }
        let reply = life.post("/api/v1/keys", tenant.key(), &json!({"name": "till"})).await;
        expect(reply.status == 201, "a key is made", &reply)?;
        let number = reply.body["id"].as_u64().ok_or("a key without a number")?;
        tenant.keys.push((number, reply.body["key"].as_str().unwrap_or_default().to_owned()));
        Ok(())
    }

    /// Changes a chat's name or its responsible teammate.
    pub(super) async fn change_chat(
        &mut self,
        nth: usize,
        rng: &mut Rng,
        life: &Life,
        referee: &Referee,
    ) -> Result<(), String> {
        let tenant = &self.tenants[nth];
        let own: Vec<_> = referee.chats.keys().filter(|chat| chat.workspace() == tenant.workspace).collect();
        if own.is_empty() {
            return Ok(());
        }
        let chat = **rng.pick(&own);
        let path = format!("/api/v1/chats/{chat}");
        let email = *rng.pick(TEAMMATES);
        let body = match rng.below(3) {
            0 => {
                let added = life
                    .post("/api/v1/teammates", tenant.key(), &json!({"full_name": "Bob Example", "email": email}))
                    .await;
                expect([201, 409].contains(&added.status), "a teammate is added once", &added)?;
                json!({"responsible_email": email})
            }
            1 => json!({"responsible_email": null}),
            _ => json!({"name": rng.pick(TITLES)}),
        };
        let reply = life.patch(&path, tenant.key(), &body).await;
        let erased = self.erasing.contains(&chat) && reply.status == 410;
        expect(reply.status == 200 || erased, "a chat changes", &reply)
    }
}
