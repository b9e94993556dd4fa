//! Input that can be read, but perhaps not as it was meant: a strict webhook refuses it.

/// A doubt about a message, which otherwise causes a warning only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// The phone number is odd, or is none; says why.
    Phone(String),
    /// The text is broken; says how.
    Text(String),
}
