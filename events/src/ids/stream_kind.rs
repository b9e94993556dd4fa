//! The kinds of streams, in the order in which streams are sorted.

use std::ops::RangeInclusive;
use std::str::FromStr;

use super::{
    ACCOUNTS_PER_WORKSPACE, AccountId, CHATS_PER_WORKSPACE, ChatId, FIRST_WORKSPACE, InvalidId, LAST_WORKSPACE,
    StreamId, WEBHOOKS_PER_WORKSPACE, WebhookId, WorkspaceId,
};

/// A kind of stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    Workspace,
    Account,
    Chat,
    Webhook,
    /// The log itself, which is a single stream.
    Log,
}

impl StreamKind {
    pub const ALL: [Self; 5] = [Self::Workspace, Self::Account, Self::Chat, Self::Webhook, Self::Log];
    /// The kinds on whose streams actors decide.
    pub const OF_ACTORS: [Self; 4] = [Self::Workspace, Self::Account, Self::Chat, Self::Webhook];

    /// Returns the name with which the names of its streams begin.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Account => "account",
            Self::Chat => "chat",
            Self::Webhook => "webhook",
            Self::Log => "log",
        }
    }

    /// Returns the first and the last stream of this kind that can exist.
    pub const fn streams(self) -> RangeInclusive<StreamId> {
        let (first, last) = (FIRST_WORKSPACE, LAST_WORKSPACE + 1);
        match self {
            Self::Workspace => {
                StreamId::Workspace(WorkspaceId(first))..=StreamId::Workspace(WorkspaceId(LAST_WORKSPACE))
            }
            Self::Account => {
                let [first, last] = [first * ACCOUNTS_PER_WORKSPACE + 1, last * ACCOUNTS_PER_WORKSPACE - 1];
                StreamId::Account(AccountId(first))..=StreamId::Account(AccountId(last))
            }
            Self::Chat => {
                let [first, last] = [first * CHATS_PER_WORKSPACE + 1, last * CHATS_PER_WORKSPACE - 1];
                StreamId::Chat(ChatId(first))..=StreamId::Chat(ChatId(last))
            }
            Self::Webhook => {
                let [first, last] = [first * WEBHOOKS_PER_WORKSPACE + 1, last * WEBHOOKS_PER_WORKSPACE - 1];
                StreamId::Webhook(WebhookId(first))..=StreamId::Webhook(WebhookId(last))
            }
            Self::Log => StreamId::Log..=StreamId::Log,
        }
    }

    /// Returns the stream of this kind with this number; `None` if there cannot be one. The log's number is 0.
    pub const fn stream(self, number: u64) -> Option<StreamId> {
        let stream = match self {
            Self::Workspace => match WorkspaceId::new(number) {
                Some(id) => StreamId::Workspace(id),
                None => return None,
            },
            Self::Account => match AccountId::new(number) {
                Some(id) => StreamId::Account(id),
                None => return None,
            },
            Self::Chat => match ChatId::new(number) {
                Some(id) => StreamId::Chat(id),
                None => return None,
            },
            Self::Webhook => match WebhookId::new(number) {
                Some(id) => StreamId::Webhook(id),
                None => return None,
            },
            Self::Log if number == 0 => StreamId::Log,
            Self::Log => return None,
        };
        Some(stream)
    }
}

impl FromStr for StreamKind {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or(InvalidId)
    }
}

impl StreamId {
    pub const fn kind(self) -> StreamKind {
        match self {
            Self::Workspace(_) => StreamKind::Workspace,
            Self::Account(_) => StreamKind::Account,
            Self::Chat(_) => StreamKind::Chat,
            Self::Webhook(_) => StreamKind::Webhook,
            Self::Log => StreamKind::Log,
        }
    }

    /// Returns the number of what the stream is about; 0 for the log.
    pub const fn number(self) -> u64 {
        match self {
            Self::Workspace(id) => id.number(),
            Self::Account(id) => id.number(),
            Self::Chat(id) => id.number(),
            Self::Webhook(id) => id.number(),
            Self::Log => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_stream_of_a_kind_can_exist_and_none_beyond_them() {
        for kind in StreamKind::ALL {
            let (first, last) = kind.streams().into_inner();
            for stream in [first, last] {
                assert_eq!((stream.kind(), kind.stream(stream.number())), (kind, Some(stream)));
            }
            if kind != StreamKind::Log {
                assert_eq!(first.number().checked_sub(1).and_then(|number| kind.stream(number)), None, "{kind:?}");
                assert_eq!(kind.stream(last.number() + 1), None, "{kind:?}");
            }
            assert_eq!(kind.name().parse(), Ok(kind));
            assert!(first.to_string().starts_with(kind.name()));
        }
        assert_eq!("chats".parse::<StreamKind>(), Err(InvalidId));
    }

    #[test]
    fn streams_are_sorted_by_kind_and_number() {
        for kinds in StreamKind::ALL.windows(2) {
            assert!(kinds[0].streams().end() < kinds[1].streams().start(), "{kinds:?}");
        }
    }
}
