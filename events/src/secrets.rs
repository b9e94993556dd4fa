//! Stores secrets apart from the records: they are in no export, can be replaced under their name, and can be erased.

use crate::log::{ReadError, WriteError};

/// A store of secrets by name. Changes are durable when they return.
pub trait Secrets: Send + Sync + 'static {
    /// Stores a secret in place of an earlier one of that name. It is at most as long as a note.
    fn keep(&self, name: &[u8], secret: &[u8]) -> Result<(), WriteError>;

    fn read(&self, name: &[u8]) -> Result<Option<Vec<u8>>, ReadError>;

    /// Lists the names that begin with `prefix`, in order, beginning at `from`, at most `limit`.
    fn list(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, ReadError>;

    /// Removes a secret, if there is one of that name. On disk its bytes may stay in the file until they are
    /// overwritten, but they can no longer be found by name.
    fn remove(&self, name: &[u8]) -> Result<(), WriteError>;
}
