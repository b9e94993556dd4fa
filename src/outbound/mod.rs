//! Reports to the CRM's own URL. Holds no rule: what is owed, and when, is decided elsewhere.

pub mod bundle;

pub mod body;
pub mod permalink;
