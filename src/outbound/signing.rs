//! Signs reports as in Standard Webhooks 1.0, so that receivers know who sent them and can drop repeated ones.

use events::time::Timestamp;

use super::{KeyRing, Request};
use crate::net::client::USER_AGENT;

impl Request {
    /// A report with all its headers. `delivery` is the same at every try; `at` is the wall-clock time of this try,
    /// which receivers compare with their own clock.
    pub fn signed(url: String, delivery: &str, at: Timestamp, body: Vec<u8>, keys: &KeyRing) -> Self {
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("user-agent", USER_AGENT.to_owned()),
            ("webhook-id", delivery.to_owned()),
            ("webhook-timestamp", at.ms().div_euclid(1_000).to_string()),
            ("webhook-signature", keys.signatures(delivery, at, &body)),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Self { url, headers, body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_the_headers_of_the_standard_and_ours() {
        let keys = KeyRing::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap());
        let (body, at) = (br#"{"test": 2432232314}"#, Timestamp::from_ms(1_614_265_330_999));
        let request = Request::signed("https://crm.example/".to_owned(), "17", at, body.to_vec(), &keys);
        let agent = crate::net::client::USER_AGENT;
        assert_eq!(agent.split('.').count(), 2, "{agent}");
        let signature = keys.signatures("17", at, body);
        let wanted = [
            ("content-type", "application/json"),
            ("user-agent", agent),
            ("webhook-id", "17"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", &*signature),
        ];
        assert_eq!(request.headers, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(request.body, body);
    }
}
