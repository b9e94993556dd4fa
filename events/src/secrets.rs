//! What is kept apart from the records: in no export, replaced under its name, and removed when it is to be erased.

use crate::log::{ReadError, WriteError};

/// A store of secrets by name. Changes are durable when they return.
pub trait Secrets: Send + Sync + 'static {
    /// Keeps a secret in place of an earlier one of that name. It is at most as long as a note.
    fn keep(&self, name: &[u8], secret: &[u8]) -> Result<(), WriteError>;

    /// Reads a secret.
    fn read(&self, name: &[u8]) -> Result<Option<Vec<u8>>, ReadError>;

    /// The names that begin with `prefix`, in their order, up to `limit`, beginning at `from`.
    fn list(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, ReadError>;

    /// Removes a secret, if there is one of that name. On a disk its bytes may stay in the file until others take their
    /// place; nobody finds them by name any more.
    fn remove(&self, name: &[u8]) -> Result<(), WriteError>;
}
