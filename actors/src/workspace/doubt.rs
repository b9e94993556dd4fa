//! What can be read, but maybe not as it was meant: a strict webhook refuses it.

/// What a message was warned of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// What is odd about the phone, or why it is no number.
    Phone(String),
    /// What is broken about the text.
    Text(String),
}
