//! The catalogue of stable codes: all refusals, and the reasons why messages and reports fail and accounts stop.

mod body;
mod failures;
mod files;
mod refusals;
mod reports;

use serde_json::{Value, json};

/// A code, its meaning and its remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The stable name in `snake_case`.
    pub name: &'static str,
    /// Where the code appears.
    pub kind: Kind,
    /// The meaning, in one sentence.
    pub meaning: &'static str,
    /// The message that people read in a response; a sample if it names details.
    pub message: &'static str,
    /// The field or parameter that the example names.
    pub param: Option<&'static str>,
    /// Likely causes, the likeliest first.
    pub causes: &'static [&'static str],
    /// The remedy.
    pub remedy: &'static str,
    /// What happens to the credits.
    pub credits: Credits,
    /// True if it is also the reason why accepted messages fail.
    pub fails_messages: bool,
}

/// Where a code appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In `error.code` of a response with this HTTP status.
    Refusal(u16),
    /// In `failure.code` of an accepted message that could not be sent.
    Failure,
    /// As the reason why an account is stopped.
    Stop,
    /// At the beginning of `error` of a failed try to deliver a report.
    Try,
}

impl Kind {
    /// The stable name that JSON shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refusal(_) => "refusal",
            Self::Failure => "failure",
            Self::Stop => "stop",
            Self::Try => "try",
        }
    }

    /// Describes the kind in words, with the status of a refusal.
    pub fn words(self) -> String {
        match self {
            Self::Refusal(status) => format!("HTTP {status}"),
            Self::Failure => "failure of a message".to_owned(),
            Self::Stop => "stop of an account".to_owned(),
            Self::Try => "failed try to report".to_owned(),
        }
    }
}

/// What happens to the credits of the message that a code is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credits {
    /// Nothing was charged.
    Untouched,
    /// The charge is refunded in full, once.
    Refunded,
    /// The charge stays while the message waits; it is refunded if the message is never sent.
    Held,
    /// The request may have been accepted and charged.
    Unknown,
}

impl Credits {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Untouched => "Nothing is charged.",
            Self::Refunded => "What was charged is refunded in full, at once, exactly once.",
            Self::Held => "Messages that wait stay charged; each that is never sent is refunded in full.",
            Self::Unknown => "It may have been accepted and charged: repeat it with the same Idempotency-Key.",
        }
    }
}

impl Code {
    /// Returns the HTTP status of a refusal.
    pub const fn status(&self) -> Option<u16> {
        match self.kind {
            Kind::Refusal(status) => Some(status),
            Kind::Failure | Kind::Stop | Kind::Try => None,
        }
    }

    /// Returns an example of the JSON in which the code appears.
    pub fn example(&self) -> Value {
        match self.kind {
            Kind::Refusal(status) => {
                let link = format!("https://tidings.example/docs/errors#{}", self.name);
                let error = json!({"code": self.name, "param": self.param, "hint": null, "link": link,
                    "request_id": "req_0123456789abcdef"});
                json!({"status": status, "data": {}, "message": self.message, "error": error})
            }
            Kind::Failure => json!({"message_id": "wa_backend:3EB09FCC85FE99662E46", "state": "failed",
                "failure": {"code": self.name, "message": self.message}}),
            Kind::Stop => json!({"type": "AccountBlocked", "data": {"account": 10_010_001, "reason": self.name}}),
            Kind::Try => {
                json!({"delivery_id": "dlv_160E0E3D16BF9F66", "error": format!("{}: {}", self.name, self.message)})
            }
        }
    }

    /// Returns the whole entry as `--json` prints it.
    pub fn view(&self) -> Value {
        json!({"code": self.name, "kind": self.kind.name(), "status": self.status(), "meaning": self.meaning,
            "causes": self.causes, "remedy": self.remedy, "credits": self.credits.words(), "example": self.example()})
    }

    const fn new(kind: Kind, credits: Credits, name: &'static str, meaning: &'static str) -> Self {
        Self {
            name,
            kind,
            meaning,
            message: meaning,
            param: None,
            causes: &[],
            remedy: "",
            credits,
            fails_messages: matches!(kind, Kind::Failure),
        }
    }

    const fn refusal(status: u16, name: &'static str, meaning: &'static str) -> Self {
        Self::new(Kind::Refusal(status), Credits::Untouched, name, meaning)
    }

    const fn failure(name: &'static str, meaning: &'static str) -> Self {
        Self::new(Kind::Failure, Credits::Refunded, name, meaning)
    }

    const fn stop(name: &'static str, meaning: &'static str) -> Self {
        Self::new(Kind::Stop, Credits::Held, name, meaning)
    }

    const fn failed_try(name: &'static str, meaning: &'static str) -> Self {
        Self::new(Kind::Try, Credits::Untouched, name, meaning)
    }

    const fn message(self, message: &'static str) -> Self {
        Self { message, ..self }
    }

    const fn param(self, param: &'static str) -> Self {
        Self { param: Some(param), ..self }
    }

    const fn causes(self, causes: &'static [&'static str]) -> Self {
        Self { causes, ..self }
    }

    const fn remedy(self, remedy: &'static str) -> Self {
        Self { remedy, ..self }
    }

    const fn credits(self, credits: Credits) -> Self {
        Self { credits, ..self }
    }

    const fn fails_messages_too(self) -> Self {
        Self { fails_messages: true, ..self }
    }
}

/// Iterates over all codes: of request bodies, other refusals, failed messages, files, and failed reports.
pub fn all() -> impl Iterator<Item = &'static Code> {
    [body::CODES, refusals::CODES, failures::CODES, files::CODES, reports::CODES].into_iter().flatten()
}

/// Finds a code by its name.
pub fn find(name: &str) -> Option<&'static Code> {
    all().find(|code| code.name == name)
}

/// Finds the code with the most similar name, if one is similar enough.
pub fn nearest(name: &str) -> Option<&'static Code> {
    const LIKE: f64 = 0.6;
    let name = name.trim().to_lowercase().replace(['-', ' '], "_");
    let likeness = |code: &'static Code| (strsim::normalized_damerau_levenshtein(&name, code.name), code);
    let best = all().map(likeness).max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(likeness, _)| *likeness >= LIKE).map(|(_, code)| code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_stands_there_once_and_says_everything() {
        let names: BTreeSet<_> = all().map(|code| code.name).collect();
        assert_eq!(names.len(), all().count());
        for code in all() {
            let sentences = [code.meaning, code.remedy].into_iter().chain(code.causes.iter().copied());
            assert!(sentences.clone().all(|text| text.ends_with('.') && text == text.trim()), "{}", code.name);
            assert!(!code.causes.is_empty() && !code.message.is_empty(), "{}", code.name);
            assert!(code.name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", code.name);
            assert!(code.status().is_none_or(|status| (400..600).contains(&status)), "{}", code.name);
        }
    }

    #[test]
    fn a_slip_of_the_pen_leads_to_the_code_that_was_meant() {
        let nearest = |name| nearest(name).map(|code| code.name);
        assert_eq!(nearest("insuficient_credits"), Some("insufficient_credits"));
        assert_eq!(nearest("Not-On-WhatsApp"), Some("not_on_whatsapp"));
        assert_eq!(nearest("banana"), None);
    }

    #[test]
    fn an_example_has_the_shape_of_what_it_is_an_example_of() {
        let example = find("insufficient_credits").map(Code::example).unwrap_or_default();
        assert_eq!((&example["status"], &example["error"]["code"]), (&json!(402), &json!("insufficient_credits")));
        let example = find("not_on_whatsapp").map(Code::example).unwrap_or_default();
        assert_eq!(example["failure"]["code"], "not_on_whatsapp");
    }
}
