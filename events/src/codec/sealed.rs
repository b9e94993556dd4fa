//! The sealed part of an event: how it is stored, and how one that was exported is sealed again.

use super::CodecError;
use crate::event::TypeNumber;
use crate::personal::Digest;
use crate::sealing::{SALT_BYTES, SealedPart, Texts};
use crate::vault::{Owner, Vault};

/// The sealed part of an event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub owner: Owner,
    /// The type of its event.
    pub number: TypeNumber,
    pub part: SealedPart,
}

impl Sealed {
    /// Opens the part; `None` if the key of its owner is destroyed.
    pub fn texts(&self, vault: &dyn Vault) -> Result<Option<Texts>, CodecError> {
        let key = vault.key(self.owner).map_err(|error| CodecError::Read(Box::new(error)))?;
        let Some(key) = key.filter(|_| !self.part.bytes.is_empty()) else { return Ok(None) };
        self.part.open(self.number, &key).map(Some).ok_or(CodecError::Sealed)
    }
}

/// How the texts of an event are sealed that comes from an export: its commitment must stay what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resealing {
    /// With the salt of then.
    Salt([u8; SALT_BYTES]),
    /// The texts are erased, and only this is left.
    Erased(Digest),
}
