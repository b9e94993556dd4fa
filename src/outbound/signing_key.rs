//! The key that signs the reports of one webhook: HMAC-SHA256 as in Standard Webhooks 1.0.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::secrets::Entropy;

/// Length of a key: 192 bits, the minimum that the specification recommends.
const KEY_BYTES: usize = 24;
/// Block size of SHA-256 in bytes (FIPS 180-4).
const BLOCK_BYTES: usize = 64;

/// The signing key of one webhook. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey([u8; KEY_BYTES]);

/// The text is not one of our keys. The text itself is not kept here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signing key is {PREFIX} and the base64 of {KEY_BYTES} bytes", PREFIX = SigningKey::PREFIX)]
pub struct NotAKey;

impl SigningKey {
    /// Prefix of every key.
    pub const PREFIX: &'static str = "whsec_";

    pub fn new(entropy: &Entropy) -> Self {
        Self(entropy.signing_key())
    }

    /// The key in clear text, as it is entered at the receiver: `whsec_` and 32 characters of base64.
    pub fn reveal(&self) -> String {
        format!("{}{}", Self::PREFIX, STANDARD.encode(self.0))
    }

    /// One signature: version, comma, base64 of HMAC-SHA256 over id, time in seconds and body, joined by dots.
    pub(super) fn sign(&self, id: &str, at_s: i64, body: &[u8]) -> String {
        // HMAC pads a key that is shorter than a block with zeros anyway (RFC 2104, section 2).
        let mut block = [0; BLOCK_BYTES];
        for (filled, byte) in block.iter_mut().zip(self.0) {
            *filled = byte;
        }
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(format!("{id}.{at_s}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl FromStr for SigningKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let bytes = text.strip_prefix(Self::PREFIX).and_then(|digits| STANDARD.decode(digits).ok());
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(NotAKey)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey([hidden])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specifications_example() {
        let key: SigningKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn keys_are_new_each_time_and_read_as_they_are_written() {
        let entropy = Entropy::system();
        let (one, other) = (SigningKey::new(&entropy), SigningKey::new(&entropy));
        assert_ne!(one, other);
        let text = one.reveal();
        assert!(text.len() == 38 && text.starts_with("whsec_"), "{}", text.len());
        assert_eq!(text.parse(), Ok(one));
    }

    #[test]
    fn a_key_of_another_length_or_alphabet_is_none_and_no_key_is_printed() {
        for text in
            ["", "whsec_", "whsec_abc", "whsec_!fKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
        {
            assert_eq!(text.parse::<SigningKey>(), Err(NotAKey), "{text}");
        }
        let key: SigningKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey([hidden])");
    }
}
