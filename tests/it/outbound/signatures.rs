//! Verifies the gateway's signatures with a foreign library.

use actors::runtime::clock::wall_now;
use events::time::Timestamp;
use reqwest::header::{HeaderMap, HeaderName};
use standardwebhooks::{Webhook, WebhookError};
use tidings::outbound::{KeyRing, OVERLAP_MS, Request, SigningKey};
use tidings::secrets::Entropy;

const BODY: &str = "{\"text\":\"\u{3b1}\u{3b2}\u{1f600}\\n\"}";

fn key() -> SigningKey {
    SigningKey::new(&Entropy::system())
}

fn signed(keys: &KeyRing, at: Timestamp) -> HeaderMap {
    let request = Request::signed("https://crm.example/".to_owned(), "17", at, BODY.as_bytes().to_vec(), keys);
    let header = |(name, value): (String, String)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    request.headers.into_iter().map(header).collect()
}

fn verified(key: &SigningKey, headers: &HeaderMap, body: &str) -> Result<(), WebhookError> {
    Webhook::new(&key.reveal()).unwrap().verify(body.as_bytes(), headers)
}

#[test]
fn who_has_the_key_knows_our_reports_and_who_has_not_does_not() {
    let (mine, other) = (key(), key());
    let headers = signed(&KeyRing::new(mine.clone()), wall_now());
    verified(&mine, &headers, BODY).unwrap();
    assert!(matches!(verified(&other, &headers, BODY), Err(WebhookError::InvalidSignature)));
}

#[test]
fn whatever_is_changed_on_the_way_is_noticed() {
    let key = key();
    let headers = signed(&KeyRing::new(key.clone()), wall_now());
    assert!(verified(&key, &headers, &BODY.replace("text", "Text")).is_err());
    for (name, value) in [("webhook-id", "18"), ("webhook-timestamp", "1"), ("webhook-signature", "v1,AAAA")] {
        let mut changed = headers.clone();
        changed.insert(name, value.parse().unwrap());
        assert!(verified(&key, &changed, BODY).is_err(), "{name}");
    }
}

#[test]
fn after_a_rotation_both_keys_verify_for_a_day() {
    let (before, after) = (key(), key());
    let mut keys = KeyRing::new(before.clone());
    let now = wall_now();
    keys.rotate(after.clone(), now).unwrap();
    let both = signed(&keys, now);
    verified(&before, &both, BODY).unwrap();
    verified(&after, &both, BODY).unwrap();

    let mut keys = KeyRing::new(before.clone());
    keys.rotate(after.clone(), Timestamp::from_ms(now.ms() - i64::try_from(OVERLAP_MS).unwrap())).unwrap();
    let one = signed(&keys, now);
    assert!(verified(&before, &one, BODY).is_err());
    verified(&after, &one, BODY).unwrap();
}

#[test]
fn a_report_that_is_caught_and_sent_again_later_is_too_old() {
    let key = key();
    let minutes_ago = Timestamp::from_ms(wall_now().ms() - 360_000);
    let headers = signed(&KeyRing::new(key.clone()), minutes_ago);
    assert!(matches!(verified(&key, &headers, BODY), Err(WebhookError::TimestampTooOldError)));
}
