//! Verifies a report's signature for its receiver, as in Standard Webhooks 1.0. Used by `tidings listen`.

use events::time::Timestamp;
use subtle::ConstantTimeEq;

use super::SigningKey;

/// A report that is older than this, or ahead by more than this, counts as a repetition: 5 minutes.
const TOLERANCE_MS: u64 = 300_000;

/// The result of verifying a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// One of the signatures was made with the key, and the report is recent.
    Valid,
    /// The same, but the report is more than 5 minutes old, or ahead by more than that.
    Stale,
    /// No signature was made with the key.
    Invalid,
    /// A header is missing, or the time is not a number of seconds.
    Missing,
}

/// The headers of a signed report, as they came.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignedBy<'a> {
    /// `webhook-id`.
    pub id: Option<&'a str>,
    /// `webhook-timestamp`, in seconds.
    pub timestamp: Option<&'a str>,
    /// `webhook-signature`: one signature, or several separated by spaces.
    pub signature: Option<&'a str>,
}

impl SigningKey {
    /// Verifies a report by its headers and its unchanged body; `now` is the receiver's wall-clock time.
    pub fn verify(&self, signed: SignedBy<'_>, body: &[u8], now: Timestamp) -> Signature {
        let (Some(id), Some(timestamp), Some(signatures)) = (signed.id, signed.timestamp, signed.signature) else {
            return Signature::Missing;
        };
        let Ok(at_s) = timestamp.parse::<i64>() else { return Signature::Missing };
        let wanted = self.sign(id, at_s, body);
        // The signature covers the time as it was written; another spelling, such as one with a plus sign, cannot be
        // valid.
        let is_ours = |one: &str| bool::from(one.as_bytes().ct_eq(wanted.as_bytes()));
        if at_s.to_string() != timestamp || !signatures.split(' ').any(is_ours) {
            return Signature::Invalid;
        }
        let at = Timestamp::from_ms(at_s.saturating_mul(1_000));
        let off_ms = at.since_ms(now).max(now.since_ms(at));
        if off_ms > TOLERANCE_MS { Signature::Stale } else { Signature::Valid }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const AT_S: i64 = 1_614_265_330;
    const SIGNED: SignedBy<'_> = SignedBy {
        id: Some("msg_p5jXN8AQM9LWM0D4loKWxJek"),
        timestamp: Some("1614265330"),
        signature: Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    };

    fn judged(signed: SignedBy<'_>, body: &[u8], off_s: i64) -> Signature {
        let key: SigningKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        key.verify(signed, body, Timestamp::from_ms((AT_S + off_s) * 1_000))
    }

    #[test]
    fn the_specifications_example_is_valid_for_five_minutes() {
        for (off_s, wanted) in [
            (0, Signature::Valid),
            (300, Signature::Valid),
            (-300, Signature::Valid),
            (301, Signature::Stale),
            (-301, Signature::Stale),
        ] {
            assert_eq!(judged(SIGNED, BODY, off_s), wanted, "{off_s}");
        }
    }

    #[test]
    fn one_of_several_signatures_is_enough() {
        let rotated = "v1,AAAA v1a,no v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(judged(SignedBy { signature: Some(rotated), ..SIGNED }, BODY, 0), Signature::Valid);
    }

    #[test]
    fn whatever_is_changed_makes_it_invalid() {
        let unsigned = SIGNED.signature.map(|signature| signature.trim_start_matches("v1,"));
        for (signed, body) in [
            (SIGNED, &br#"{"test":2432232314}"#[..]),
            (SignedBy { id: Some("msg_p5jXN8AQM9LWM0D4loKWxJeK"), ..SIGNED }, BODY),
            (SignedBy { timestamp: Some("1614265331"), ..SIGNED }, BODY),
            (SignedBy { timestamp: Some("+1614265330"), ..SIGNED }, BODY),
            (SignedBy { signature: unsigned, ..SIGNED }, BODY),
            (SignedBy { signature: Some(""), ..SIGNED }, BODY),
        ] {
            assert_eq!(judged(signed, body, 0), Signature::Invalid, "{signed:?}");
        }
    }

    #[test]
    fn without_one_of_the_headers_there_is_no_signature() {
        for signed in [
            SignedBy { id: None, ..SIGNED },
            SignedBy { timestamp: None, ..SIGNED },
            SignedBy { timestamp: Some("soon"), ..SIGNED },
            SignedBy { signature: None, ..SIGNED },
        ] {
            assert_eq!(judged(signed, BODY, 0), Signature::Missing, "{signed:?}");
        }
    }
}
