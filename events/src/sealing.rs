//! The sealed part of an event: its personal texts, readable only with the key of their owner, and a commitment that
//! binds them without saying anything.
//!
//! The texts are one JSON object in the order of the event's fields, such as `{"to":"+12025550101","text":"Hi"}`, with
//! dotted names for nested ones; a field that is absent is left out. The commitment is SHA-256 over
//! `tidings personal v1\n`, the salt (16 bytes) and the object. Salt and object are sealed together with
//! ChaCha20-Poly1305; its nonce is the beginning of the commitment, because a position can be given twice, and one
//! nonce for two texts would give both away.

pub(crate) mod at_hand;
mod names;
pub mod whole;

use serde::Serialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};

use self::names::Names;
use crate::event::TypeNumber;
use crate::personal::Digest;
use crate::personal::tray::{self, Mode};
use crate::vault::{SealKey, sha256};

/// The beginning of what a commitment is made of.
const COMMITMENT: &[u8] = b"tidings personal v1\n";
/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;
/// Bytes of the tag at the end of the sealed bytes.
pub const TAG_BYTES: usize = 16;

/// The sealed part of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPart {
    pub commitment: Digest,
    /// Salt and texts, sealed. Empty if the owner's key was destroyed before.
    pub bytes: Vec<u8>,
}

/// The personal texts of an event, as they are sealed and exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    pub salt: [u8; SALT_BYTES],
    /// A JSON object.
    pub json: String,
}

impl Texts {
    /// Returns what an event's readable part says of these texts.
    pub fn commitment(&self) -> Digest {
        sha256(&[COMMITMENT, &self.salt, self.json.as_bytes()])
    }

    /// Returns the values of the object, in order; `None` if it is no such object.
    pub(crate) fn values(&self) -> Option<Vec<String>> {
        let mut json = serde_json::Deserializer::from_str(&self.json);
        let values = json.deserialize_map(Values).ok()?;
        json.end().ok().map(|()| values)
    }
}

impl SealedPart {
    /// Opens the part; `None` if it is not what was sealed under this key.
    pub fn open(&self, number: TypeNumber, key: &SealKey) -> Option<Texts> {
        let bound = bound(number, &self.commitment);
        let plain = key.open(nonce(&self.commitment), &bound, self.bytes.clone())?;
        let (salt, json) = plain.split_first_chunk::<SALT_BYTES>()?;
        Some(Texts { salt: *salt, json: String::from_utf8(json.to_vec()).ok()? })
    }
}

/// The personal texts of an event that is about to be sealed: space for the salt, and the object.
pub(crate) struct Unsealed(Vec<u8>);

/// Most messages fit.
const UNSEALED_BYTES: usize = 256;

impl Unsealed {
    /// Gathers the texts of a payload; `None` if it has none.
    pub(crate) fn of<T: Serialize>(payload: &T) -> Option<Self> {
        let mut plain = Vec::with_capacity(UNSEALED_BYTES);
        plain.resize(SALT_BYTES, 0);
        let mut names = Names::after(plain);
        tray::writing(Mode::Named, || payload.serialize(&mut names)).ok()?;
        names.finish().map(Self)
    }

    /// The length of the object.
    pub(crate) const fn json_bytes(&self) -> usize {
        self.0.len().saturating_sub(SALT_BYTES)
    }

    /// Seals the texts for an event of this type; without a key they are lost.
    pub(crate) fn seal(mut self, salt: [u8; SALT_BYTES], number: TypeNumber, key: Option<&SealKey>) -> SealedPart {
        for (place, byte) in self.0.iter_mut().zip(salt) {
            *place = byte;
        }
        let commitment = sha256(&[COMMITMENT, &self.0]);
        let bytes = key.map(|key| key.seal(nonce(&commitment), &bound(number, &commitment), self.0));
        SealedPart { commitment, bytes: bytes.unwrap_or_default() }
    }
}

/// Appends an event as JSON without its personal texts, each of which is `null`: what an export hashes.
pub fn write_impersonal_json<T: Serialize>(event: &T, out: &mut Vec<u8>) {
    // Memory does not refuse to be written, and no event has a map whose keys are no texts.
    let _ = tray::writing(Mode::Apart, || serde_json::to_writer(&mut *out, event));
}

/// Returns an event's personal texts as they are sealed; `None` if it has none.
pub(crate) fn json<T: Serialize>(event: &T) -> Option<String> {
    Unsealed::of(event).and_then(|Unsealed(plain)| String::from_utf8(plain.get(SALT_BYTES..)?.to_vec()).ok())
}

/// Returns the names of an event's personal texts as a JSON array; `None` if it has none. Texts that are erased have
/// their names still.
pub(crate) fn names<T: Serialize>(event: &T) -> Option<Vec<u8>> {
    let mut names = Names::alone();
    tray::writing(Mode::Named, || event.serialize(&mut names)).ok()?;
    names.finish()
}

fn nonce(commitment: &Digest) -> [u8; 12] {
    commitment.0.first_chunk().copied().unwrap_or_default()
}

/// What the seal binds besides the texts: type, version and commitment.
fn bound((number, version): TypeNumber, commitment: &Digest) -> [u8; 35] {
    let mut bound = [0; 35];
    let (head, rest) = bound.split_at_mut(3);
    head.copy_from_slice(&[number.to_le_bytes().as_slice(), &[version]].concat());
    rest.copy_from_slice(&commitment.0);
    bound
}

/// Reads the values of an object whose values are all texts.
struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<String>, A::Error> {
        let mut values = Vec::new();
        while let Some((IgnoredAny, value)) = map.next_entry()? {
            values.push(value);
        }
        Ok(values)
    }
}
