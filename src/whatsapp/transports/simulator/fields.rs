//! Parses the request bodies that change the simulated world. Ignores unknown fields; the error names a field that
//! does not fit.

use std::ops::RangeInclusive;

use actix_web::http::StatusCode;
use serde_json::{Map, Value};

use super::CAPABILITIES;
use super::address::Address;
use super::echo::Settings;
use super::refusal::SimulatorRefusal;
use super::world::{Chaos, Incoming, Probability, Typed};

const NAME_CHARS_MAX: usize = 256;
const ADDRESS_CHARS_MAX: usize = 64;
/// Ten minutes of the simulator's time.
const SLOW_MS_MAX: u64 = 600_000;
/// A day.
const RETRY_AFTER_S_MAX: u64 = 86_400;
/// Final statuses: a 1xx status does not end a request.
const STATUSES: RangeInclusive<u64> = 200..=599;

/// A JSON object whose fields are taken out one by one.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn parse(body: &[u8]) -> Result<Self, SimulatorRefusal> {
        Ok(Self(serde_json::from_slice(body)?))
    }

    /// `{"account", "from" | "jid", "name", "text", "file_name"}`.
    pub(super) fn into_incoming(mut self) -> Result<Incoming, SimulatorRefusal> {
        let account = self.account()?;
        let (chat, member) = match (self.address("from")?, self.address("jid")?) {
            (Some(from), None) if from.is_group() => {
                return Err(SimulatorRefusal::field("from", "is a person; `jid` is a group"));
            }
            (Some(chat), None) | (None, Some(chat)) => (chat, None),
            (Some(member), Some(group)) if group.is_group() && !member.is_group() => (group, Some(member)),
            (Some(_), Some(_)) => {
                return Err(SimulatorRefusal::field("from", "goes with `jid` only as a member of that group"));
            }
            (None, None) => return Err(SimulatorRefusal::field("from", "or `jid` says who writes")),
        };
        let name = self.text("name", NAME_CHARS_MAX)?.unwrap_or_default();
        let file_name = self.text("file_name", NAME_CHARS_MAX)?.filter(|name| !name.is_empty());
        let text = self.text("text", CAPABILITIES.text_max)?.unwrap_or_default();
        if text.is_empty() && file_name.is_none() {
            return Err(SimulatorRefusal::field("text", "is missing, and so is `file_name`"));
        }
        Ok(Incoming { account, chat, member, name, text, file_name })
    }

    /// `{"account", "to" | "jid", "text"}`.
    pub(super) fn into_typed(mut self) -> Result<Typed, SimulatorRefusal> {
        let account = self.account()?;
        let ((Some(chat), None) | (None, Some(chat))) = (self.address("to")?, self.address("jid")?) else {
            return Err(SimulatorRefusal::field("to", "or `jid`, one of them, says whom it is for"));
        };
        let text = self.text("text", CAPABILITIES.text_max)?.filter(|text| !text.is_empty());
        Ok(Typed { account, chat, text: text.ok_or_else(|| SimulatorRefusal::field("text", "is missing"))? })
    }

    /// `{"error", "not_registered", "slow_ms", "uncertain", "accepted", "refused_later", "spelled", "hidden"}`; missing
    /// fields are 0.
    pub(super) fn into_chaos(mut self) -> Result<Chaos, SimulatorRefusal> {
        Ok(Chaos {
            error: self.probability("error")?,
            not_registered: self.probability("not_registered")?,
            slow_ms: self.whole("slow_ms", 0..=SLOW_MS_MAX)?.unwrap_or_default(),
            uncertain: self.probability("uncertain")?,
            accepted: self.probability("accepted")?,
            refused_later: self.probability("refused_later")?,
            spelled: self.probability("spelled")?,
            hidden: self.probability("hidden")?,
        })
    }

    /// `{"status", "delay_ms", "retry_after"}`; by default 200, 0 and no such header.
    pub(super) fn into_settings(mut self) -> Result<Settings, SimulatorRefusal> {
        let usual = Settings::default();
        let status = self.whole("status", STATUSES)?.and_then(|status| u16::try_from(status).ok());
        Ok(Settings {
            status: status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(usual.status),
            delay_ms: self.whole("delay_ms", 0..=SLOW_MS_MAX)?.unwrap_or(usual.delay_ms),
            retry_after: self.whole("retry_after", 0..=RETRY_AFTER_S_MAX)?,
        })
    }

    fn account(&mut self) -> Result<Address, SimulatorRefusal> {
        let address = self.address("account")?.filter(Address::is_person);
        address.ok_or_else(|| SimulatorRefusal::field("account", "is the phone number of an account"))
    }

    fn address(&mut self, name: &'static str) -> Result<Option<Address>, SimulatorRefusal> {
        let Some(text) = self.text(name, ADDRESS_CHARS_MAX)? else { return Ok(None) };
        let address = Address::parse(&text);
        address.map(Some).ok_or_else(|| SimulatorRefusal::field(name, "is neither a phone number nor a JID"))
    }

    /// `None` if it is absent or null.
    fn text(&mut self, name: &'static str, chars_max: usize) -> Result<Option<String>, SimulatorRefusal> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.chars().count() <= chars_max => Ok(Some(text)),
            Some(_) => Err(SimulatorRefusal::field(name, format!("is a text of at most {chars_max} characters"))),
        }
    }

    fn probability(&mut self, name: &'static str) -> Result<Probability, SimulatorRefusal> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(Probability::default()),
            Some(value) => {
                let probability = value.as_f64().and_then(Probability::new);
                probability.ok_or_else(|| SimulatorRefusal::field(name, "is a probability: 0 to 1"))
            }
        }
    }

    fn whole(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Result<Option<u64>, SimulatorRefusal> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let number = value.as_u64().filter(|number| range.contains(number));
                let rule = || format!("is a whole number: {} to {}", range.start(), range.end());
                number.map(Some).ok_or_else(|| SimulatorRefusal::field(name, rule()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(body: &Value) -> Fields {
        Fields::parse(body.to_string().as_bytes()).expect("an object")
    }

    fn named<T: std::fmt::Debug>(refused: Result<T, SimulatorRefusal>) -> &'static str {
        match refused {
            Err(SimulatorRefusal::Field { name, .. }) => name,
            other => panic!("no field is named: {other:?}"),
        }
    }

    #[test]
    fn a_contact_is_named_by_phone_or_jid_and_a_group_by_jid() {
        let read = |body: Value| {
            let read = fields(&body).into_incoming().expect("a message");
            (read.chat.spelled(), read.member.map(|member| member.spelled()))
        };
        let (account, text, phone) = ("1 202 555 0100", "hi", "+12025550101");
        assert_eq!(read(json!({"account": account, "text": text, "from": phone})), (phone.to_owned(), None));
        let jid = "12025550101:3@c.us";
        assert_eq!(read(json!({"account": account, "text": text, "jid": jid})), (phone.to_owned(), None));
        let group = "120363025550101@g.us";
        assert_eq!(read(json!({"account": account, "text": text, "jid": group})), (group.to_owned(), None));
        let both = json!({"account": account, "text": text, "jid": group, "from": phone, "unknown": [1]});
        assert_eq!(read(both), (group.to_owned(), Some(phone.to_owned())));
    }

    #[test]
    fn a_file_needs_no_text() {
        let body = json!({"account": "+12025550100", "from": "+12025550101", "text": null, "file_name": "a.png"});
        let read = fields(&body).into_incoming().expect("a message");
        assert_eq!((&*read.text, read.file_name.as_deref()), ("", Some("a.png")));
    }

    #[test]
    fn the_field_that_does_not_fit_is_named() {
        let whole = json!({"account": "+12025550100", "from": "+12025550101", "text": "hi"});
        for (field, value) in [
            ("account", Value::Null),
            ("account", json!("Mary")),
            ("account", json!("120363025550101@g.us")),
            ("from", Value::Null),
            ("from", json!(12_025_550_101_u64)),
            ("from", json!("120363025550101@g.us")),
            ("jid", json!("12025550102@example.com")),
            ("name", json!("x".repeat(257))),
            ("file_name", json!(false)),
            ("text", json!("")),
            ("text", json!("x".repeat(65_537))),
        ] {
            let mut body = whole.clone();
            body[field] = value;
            assert_eq!(named(fields(&body).into_incoming()), field, "{body}");
        }
        let mut both = whole;
        both["jid"] = json!("12025550102@s.whatsapp.net");
        assert_eq!(named(fields(&both).into_incoming()), "from");
    }

    #[test]
    fn what_is_typed_goes_to_one_conversation() {
        for (to, jid, refused) in [
            (json!("+12025550101"), Value::Null, None),
            (Value::Null, json!("120363025550101@g.us"), None),
            (json!("+12025550101"), json!("120363025550101@g.us"), Some("to")),
            (Value::Null, Value::Null, Some("to")),
        ] {
            let body = json!({"account": "+12025550100", "to": to, "jid": jid, "text": "hi"});
            let read = fields(&body).into_typed();
            assert_eq!(read.is_err().then(|| named(read)), refused, "{body}");
        }
        let silent = json!({"account": "+12025550100", "to": "+12025550101"});
        assert_eq!(named(fields(&silent).into_typed()), "text");
    }

    #[test]
    fn chaos_has_bounds_and_defaults() {
        assert_eq!(fields(&json!({})).into_chaos().expect("chaos"), Chaos::default());
        let full = json!({"error": 1, "not_registered": 0.5, "slow_ms": 600_000, "uncertain": 0});
        let chaos = fields(&full).into_chaos().expect("chaos");
        assert_eq!((chaos.error.value(), chaos.not_registered.value(), chaos.slow_ms), (1.0, 0.5, 600_000));
        for (field, value) in [
            ("error", json!(1.01)),
            ("not_registered", json!(-0.01)),
            ("uncertain", json!("0.5")),
            ("accepted", json!(2)),
            ("refused_later", json!(true)),
            ("spelled", json!(-1)),
            ("hidden", json!(1.5)),
            ("slow_ms", json!(600_001)),
            ("slow_ms", json!(0.5)),
            ("slow_ms", json!(-1)),
        ] {
            assert_eq!(named(fields(&json!({field: value})).into_chaos()), field);
        }
    }

    #[test]
    fn a_receivers_settings_have_bounds_and_defaults() {
        assert_eq!(fields(&json!({})).into_settings().expect("settings"), Settings::default());
        let full = json!({"status": 503, "delay_ms": 600_000, "retry_after": 86_400});
        let settings = fields(&full).into_settings().expect("settings");
        assert_eq!((settings.status.as_u16(), settings.delay_ms, settings.retry_after), (503, 600_000, Some(86_400)));
        for (field, value) in [
            ("status", json!(199)),
            ("status", json!(600)),
            ("status", json!("500")),
            ("delay_ms", json!(600_001)),
            ("delay_ms", json!(-1)),
            ("retry_after", json!(86_401)),
            ("retry_after", json!("Sat, 21 Nov 2026 07:28:00 GMT")),
        ] {
            assert_eq!(named(fields(&json!({field: value})).into_settings()), field);
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in ["", "{", "[]", "7", "null"] {
            assert!(matches!(Fields::parse(body.as_bytes()), Err(SimulatorRefusal::Json(_))), "{body}");
        }
    }
}
