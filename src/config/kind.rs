//! The types of values that a key can take, derived from its default; reads and shows values.

use config::{Value, ValueKind};

/// The type of a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Flag,
    Number,
    Text,
    Numbers,
    Texts,
}

impl Kind {
    /// Returns the type of a default. An empty list is one of texts.
    pub(super) fn of(default: &ValueKind) -> Self {
        match default {
            ValueKind::Boolean(_) => Self::Flag,
            ValueKind::I64(_) => Self::Number,
            ValueKind::Array(items) if items.iter().any(|item| is_number(&item.kind)) => Self::Numbers,
            ValueKind::Array(_) => Self::Texts,
            _ => Self::Text,
        }
    }

    /// Describes the type in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Flag => "true or false",
            Self::Number => "a whole number",
            Self::Text => "a text",
            Self::Numbers => "a list of whole numbers",
            Self::Texts => "a list of texts",
        }
    }

    /// True if a value has this type.
    pub(super) fn fits(self, value: &ValueKind) -> bool {
        match (self, value) {
            (Self::Flag, ValueKind::Boolean(_)) | (Self::Text, ValueKind::String(_)) => true,
            (Self::Number, value) => is_number(value),
            (Self::Numbers, ValueKind::Array(items)) => items.iter().all(|item| is_number(&item.kind)),
            (Self::Texts, ValueKind::Array(items)) => {
                items.iter().all(|item| matches!(item.kind, ValueKind::String(_)))
            }
            _ => false,
        }
    }

    /// Reads an environment variable; a value of another type stays a text, and is refused later.
    pub(super) fn read(self, text: &str) -> ValueKind {
        match self {
            Self::Flag => text.trim().parse().map_or_else(|_| text.into(), ValueKind::Boolean),
            Self::Number => number(text),
            Self::Text => text.into(),
            Self::Numbers => list(text, number),
            Self::Texts => list(text, |item| item.into()),
        }
    }
}

fn is_number(value: &ValueKind) -> bool {
    matches!(value, ValueKind::I64(_))
}

fn number(text: &str) -> ValueKind {
    text.trim().parse().map_or_else(|_| text.into(), ValueKind::I64)
}

fn list(text: &str, read: fn(&str) -> ValueKind) -> ValueKind {
    let items = text.split(',').map(str::trim).filter(|_| !text.trim().is_empty());
    ValueKind::Array(items.map(|item| Value::new(None, read(item))).collect())
}

/// Formats a value as in a file.
pub(super) fn shown(value: &ValueKind) -> String {
    match value {
        ValueKind::String(text) => format!("{text:?}"),
        ValueKind::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| shown(&item.kind)).collect();
            format!("[{}]", items.join(", "))
        }
        ValueKind::Table(_) => "[section]".to_owned(),
        other => other.to_string(),
    }
}
