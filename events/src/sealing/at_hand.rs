//! Finds out whether the texts of a commit can be sealed, before it gets its position: the writer could only give up.

use std::convert::Infallible;

use serde::Serialize;

use crate::codec;
use crate::event::{Encoder, Event};
use crate::log::ReadError;
use crate::personal::tray::{self, Mode};
use crate::vault::Vault;

/// Checks that the keys for the texts of these events can be had.
pub(crate) fn check(events: &[Event], vault: &dyn Vault) -> Result<(), ReadError> {
    for event in events {
        let mut texts = HasTexts(false);
        match event.encode_payload(&mut texts) {
            Ok(()) if texts.0 => vault.check(event.owner())?,
            Ok(()) => {}
        }
    }
    Ok(())
}

/// Finds out, fast, whether a payload has personal texts: apart from them it is shorter.
struct HasTexts(bool);

impl Encoder for HasTexts {
    type Error = Infallible;

    fn encode<T: Serialize>(&mut self, payload: &T) -> Result<(), Infallible> {
        let size = || codec::value_bytes(payload);
        self.0 = size() != tray::writing(Mode::Apart, size);
        Ok(())
    }
}
