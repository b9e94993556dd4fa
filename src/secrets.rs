//! Random ids, tokens and keys are made here; only their digests go into the log.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use events::ids::{MessageId, WorkspaceId};
use events::personal::Digest;
use events::time::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Random base-62 digits of an inbound token: 142 bits.
const TOKEN_DIGITS: usize = 24;
/// Random base-62 digits of a key: 238 bits.
const KEY_DIGITS: usize = 40;
/// Workspaces that the first two digits of a token or key tell apart.
const WORKSPACES_TOLD_APART: u64 = 1_024;

/// Number of counter bits at the end of a message id; the bits before them are milliseconds since 2020-01-01.
const COUNT_BITS: u32 = 23;
const EPOCH_MS: i64 = 1_577_836_800_000;

/// A source of 32 random bytes at a time: the system's, or a seeded one in tests.
#[derive(Clone)]
pub struct Entropy {
    bytes: Arc<dyn Fn() -> [u8; 32] + Send + Sync>,
    /// Counts message ids, from a random number on.
    minted: Arc<AtomicU64>,
    /// Counts command ids, from a random number on.
    commanded: Arc<AtomicU64>,
}

impl Entropy {
    /// Uses any other source.
    pub fn from_fn(bytes: impl Fn() -> [u8; 32] + Send + Sync + 'static) -> Self {
        let [minted, commanded] = [(); 2].map(|()| Arc::new(AtomicU64::new(first_bits(bytes()))));
        Self { bytes: Arc::new(bytes), minted, commanded }
    }

    /// Uses the operating system's source. Aborts the process if that fails: without randomness nothing is safe.
    pub fn system() -> Self {
        Self::from_fn(|| {
            let mut bytes = [0; 32];
            if let Err(error) = getrandom::fill(&mut bytes) {
                tracing::error!(%error, "the operating system gives no random numbers");
                std::process::abort();
            }
            bytes
        })
    }

    /// Makes the id of a new message. It is no secret: ids ascend with time, so the message index grows at its end.
    /// In one process, up to 8 million ids per millisecond are unique.
    pub fn message_id(&self, now: Timestamp) -> MessageId {
        let passed = u64::try_from(now.ms().saturating_sub(EPOCH_MS)).unwrap_or(0);
        let count = self.minted.fetch_add(1, Ordering::Relaxed) & !(u64::MAX << COUNT_BITS);
        MessageId::from_bits(passed << COUNT_BITS | count)
    }

    /// Makes the id of a new command, never 0. It is no secret, and unique within one process.
    pub fn command_id(&self) -> u64 {
        scattered(self.commanded.fetch_add(1, Ordering::Relaxed)).max(1)
    }

    pub fn inbound_token(&self, workspace: WorkspaceId) -> String {
        format!("in_{}{}", place(workspace), self.digits(TOKEN_DIGITS))
    }

    /// Makes an API key of a workspace.
    pub fn workspace_key(&self, workspace: WorkspaceId) -> String {
        format!("wsk_{}{}", place(workspace), self.digits(KEY_DIGITS))
    }

    /// Makes an operator's key.
    pub fn admin_key(&self) -> String {
        format!("adm_{}", self.digits(KEY_DIGITS + 2))
    }

    /// Makes the bytes of a signing key.
    pub fn signing_key(&self) -> [u8; 24] {
        let bytes = (self.bytes)();
        std::array::from_fn(|at| bytes.get(at).copied().unwrap_or_default())
    }

    fn digits(&self, count: usize) -> String {
        let bytes = (self.bytes)();
        let (halves, _) = bytes.as_chunks::<16>();
        let digits = halves.iter().flat_map(|half| {
            let mut number = u128::from_le_bytes(*half);
            std::iter::from_fn(move || {
                let digit = usize::try_from(number % 62).ok()?;
                number /= 62;
                BASE62.get(digit).copied().map(char::from)
            })
            .take(21)
        });
        digits.take(count).collect()
    }
}

/// Returns the two digits with which the tokens and keys of a workspace begin, so that any of several machines knows
/// which one to ask about them: its ordinal modulo 1,024.
fn place(workspace: WorkspaceId) -> String {
    let ordinal = workspace.ordinal() % WORKSPACES_TOLD_APART;
    let digit = |value: u64| usize::try_from(value % 62).ok().and_then(|at| BASE62.get(at)).copied().map(char::from);
    [ordinal / 62, ordinal].into_iter().filter_map(digit).collect()
}

/// Maps each number to another one, so that neighbours look unrelated: the finalizer of `SplitMix64` (Steele, Lea and
/// Flood, "Fast splittable pseudorandom number generators", 2014).
const fn scattered(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn first_bits(bytes: [u8; 32]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Returns the SHA-256 of a secret: the only form of it in the log and the index.
pub fn digest(secret: &str) -> Digest {
    Digest(Sha256::digest(secret.as_bytes()).into())
}

/// Compares two digests in constant time.
pub fn same(left: &Digest, right: &Digest) -> bool {
    left.0.ct_eq(&right.0).into()
}

/// The name under which the inbound token is stored in clear.
pub fn inbound_name(token_hash: &Digest) -> Vec<u8> {
    [b"inbound/", token_hash.0.as_slice()].concat()
}

/// The name under which the signing keys of a webhook are stored.
pub fn signing_name(webhook: impl fmt::Display) -> Vec<u8> {
    format!("signing/{webhook}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_plain_and_never_the_same() {
        let entropy = Entropy::system();
        let tokens: std::collections::BTreeSet<String> =
            (0..1_000).map(|_| entropy.inbound_token(WorkspaceId::nth(0))).collect();
        assert_eq!(tokens.len(), 1_000);
        for token in tokens {
            let digits = token.strip_prefix("in_").unwrap();
            assert!(digits.len() == 26 && digits.bytes().all(|b| b.is_ascii_alphanumeric()), "{token}");
        }
        assert_eq!(entropy.workspace_key(WorkspaceId::nth(0)).len(), 46);
        assert_eq!(entropy.admin_key().len(), 46);
    }

    #[test]
    fn a_token_tells_where_its_workspace_is() {
        for (ordinal, place) in [(0, "00"), (1, "01"), (61, "0z"), (62, "10"), (1_023, "GV"), (1_024, "00")] {
            let workspace = WorkspaceId::nth(ordinal);
            let entropy = Entropy::system();
            for secret in [entropy.inbound_token(workspace), entropy.workspace_key(workspace)] {
                let (_, digits) = secret.split_once('_').unwrap();
                assert_eq!(&digits[..2], place, "{ordinal}");
            }
        }
    }

    #[test]
    fn ids_of_commands_differ_and_look_like_chance() {
        let entropy = Entropy::from_fn(|| [0xFF; 32]);
        let ids: std::collections::BTreeSet<u64> = (0..10_000).map(|_| entropy.command_id()).collect();
        assert_eq!(ids.len(), 10_000);
        // The first output of SplitMix64 for the seed 1234567, as published with the algorithm.
        assert_eq!(scattered(1_234_567 + 0x9e37_79b9_7f4a_7c15), 6_457_827_717_110_365_317);
    }

    #[test]
    fn message_ids_ascend_with_time_and_never_repeat() {
        let entropy = Entropy::from_fn(|| [0xFF; 32]);
        let at = |ms| entropy.message_id(Timestamp::from_ms(EPOCH_MS + ms));
        let ids: std::collections::BTreeSet<_> = (0..10_000).map(|_| at(7)).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(at(6) < *ids.first().unwrap() && *ids.last().unwrap() < at(8));
        assert_eq!(at(1).bits() >> COUNT_BITS, 1);
        assert_eq!(at(-1).bits() >> COUNT_BITS, 0);
    }

    #[test]
    fn a_digest_is_sha_256() {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest("abc").to_string(), known);
        assert!(same(&digest("abc"), &digest("abc")) && !same(&digest("abc"), &digest("abd")));
    }
}
