//! All events as one type, with their numbers, names and streams.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::account::{
    FetchFailed, FileFetched, MessageAccepted, MessageFailed, MessageQueued, MessageSent, MessageSettled, SendDeferred,
    SendStarted, SendUncertain,
};
use crate::chat::{
    ChatAddressLearnt, ChatAssigned, ChatErased, ChatKeyDestroyed, ChatOpened, ChatRenamed, MessageDelivered,
    MessageRead, MessageReceived,
};
use crate::founding::{CheckpointKeyChanged, LogCreated};
use crate::ids::{AccountId, MessageId, StreamId, WebhookId, WorkspaceId};
use crate::vault::Owner;
use crate::webhook::{
    BundleFlushed, BundleOpened, DeliveriesRecovered, DeliveryDiscarded, DeliveryFailed, DeliveryParked,
    DeliveryResent, DeliveryStarted, DeliverySucceeded, FlushRequested, ListeningEnded, ListeningStarted,
    OwnerNotified, OwnerToldOfParked, SingleDeliveryDiscarded, WebhookConfigured, WebhookDisabled, WebhookEnabled,
    WebhookErrorsReset, WebhookKeyRotated,
};
use crate::workspace::{
    AccountBlocked, AccountConnected, AccountDisconnected, AccountPaused, AccountResumed, AccountUnblocked,
    CreditCharged, CreditRefunded, CreditsGranted, InboundDisabled, InboundEnabled, InboundStrictChanged,
    InboundUrlGenerated, KeyCreated, KeyRevoked, OwnerChanged, PacingChanged, TeammateAdded, TeammateRemoved,
    WorkspaceCreated,
};

/// The number of an event type in the log, never reused, and its version.
pub type TypeNumber = (u16, u8);

/// The actors that an event concerns, including the one that decided it.
pub type Streams = [Option<StreamId>; 4];

pub(crate) trait Encoder {
    type Error;
    fn encode<T: Serialize>(&mut self, payload: &T) -> Result<(), Self::Error>;
}

pub(crate) trait Decoder {
    type Error;
    fn decode<T: DeserializeOwned>(&self) -> Result<T, Self::Error>;
}

/// The only table of event types, so that the log and the codec always know the same types.
macro_rules! event_types {
    ($($name:ident = ($number:literal, $version:literal)),+ $(,)?) => {
        /// Something that happened.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        #[expect(missing_docs, reason = "each type is described where it is defined")]
        pub enum Event {
            $($name($name)),+
        }

        impl Event {
            /// All names, in the order of their numbers.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];

            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name)),+ }
            }

            pub const fn type_number(&self) -> TypeNumber {
                match self { $(Self::$name(_) => ($number, $version)),+ }
            }

            /// Returns the index of the type's name in [`Self::NAMES`].
            pub(crate) const fn ordinal(&self) -> usize {
                let mut before = 0;
                $(
                    if matches!(self, Self::$name(_)) {
                        return before;
                    }
                    before += 1;
                )+
                before
            }

            /// Returns the number of the type with this name and version.
            pub fn numbered(name: &str, version: u8) -> Option<TypeNumber> {
                match (name, version) {
                    $((stringify!($name), $version) => Some(($number, $version)),)+
                    _ => None,
                }
            }

            /// True if this version knows the type.
            pub(crate) const fn knows((number, version): TypeNumber) -> bool {
                $((number == $number && version == $version))||+
            }

            pub(crate) fn encode_payload<E: Encoder>(&self, encoder: &mut E) -> Result<(), E::Error> {
                match self { $(Self::$name(payload) => encoder.encode(payload)),+ }
            }

            pub(crate) fn decode_payload<D: Decoder>(
                number: TypeNumber,
                decoder: &D,
            ) -> Option<Result<Self, D::Error>> {
                match number {
                    $(($number, $version) => Some(decoder.decode::<$name>().map(Self::$name)),)+
                    _ => None,
                }
            }
        }

        $(impl From<$name> for Event {
            fn from(payload: $name) -> Self {
                Self::$name(payload)
            }
        })+
    };
}

event_types! {
    WorkspaceCreated = (1, 1),
    KeyCreated = (2, 1),
    InboundUrlGenerated = (3, 1),
    CreditsGranted = (4, 1),
    CreditCharged = (5, 1),
    CreditRefunded = (6, 1),
    AccountConnected = (7, 1),
    AccountBlocked = (8, 1),
    AccountUnblocked = (9, 1),
    OwnerChanged = (10, 1),
    TeammateAdded = (11, 1),
    TeammateRemoved = (12, 1),
    KeyRevoked = (13, 1),
    InboundEnabled = (14, 1),
    InboundDisabled = (15, 1),
    InboundStrictChanged = (16, 1),
    PacingChanged = (17, 1),
    AccountDisconnected = (18, 1),
    AccountPaused = (19, 1),
    MessageQueued = (20, 1),
    SendStarted = (21, 1),
    SendDeferred = (22, 1),
    SendUncertain = (23, 1),
    MessageSent = (24, 1),
    MessageFailed = (25, 1),
    MessageSettled = (26, 1),
    FileFetched = (27, 1),
    FetchFailed = (28, 1),
    MessageAccepted = (29, 1),
    AccountResumed = (30, 1),
    ChatOpened = (40, 1),
    MessageDelivered = (41, 1),
    MessageRead = (42, 1),
    ChatRenamed = (43, 1),
    ChatAssigned = (44, 1),
    MessageReceived = (45, 1),
    ChatAddressLearnt = (46, 1),
    ChatErased = (47, 1),
    ChatKeyDestroyed = (48, 1),
    WebhookConfigured = (50, 1),
    WebhookEnabled = (51, 1),
    WebhookDisabled = (52, 1),
    WebhookErrorsReset = (53, 1),
    WebhookKeyRotated = (54, 1),
    OwnerNotified = (55, 1),
    BundleOpened = (60, 1),
    BundleFlushed = (61, 1),
    FlushRequested = (62, 1),
    DeliveryStarted = (63, 1),
    DeliverySucceeded = (64, 1),
    DeliveryFailed = (65, 1),
    DeliveryParked = (66, 1),
    DeliveryDiscarded = (67, 1),
    DeliveryResent = (68, 1),
    DeliveriesRecovered = (69, 1),
    SingleDeliveryDiscarded = (70, 1),
    OwnerToldOfParked = (71, 1),
    ListeningStarted = (72, 1),
    ListeningEnded = (73, 1),
    LogCreated = (90, 1),
    CheckpointKeyChanged = (91, 1),
}

impl Event {
    /// Returns the actors that the event concerns; it is part of the stream of each.
    pub const fn streams(&self) -> Streams {
        match self {
            Self::WorkspaceCreated(e) => workspace(e.workspace),
            Self::KeyCreated(e) => workspace(e.workspace),
            Self::InboundUrlGenerated(e) => workspace(e.workspace),
            Self::CreditsGranted(e) => workspace(e.workspace),
            Self::CreditCharged(e) => workspace(e.workspace),
            Self::CreditRefunded(e) => workspace(e.workspace),
            Self::AccountConnected(e) => two(StreamId::Workspace(e.workspace), StreamId::Account(e.account)),
            Self::AccountBlocked(e) => two(StreamId::Account(e.account), StreamId::Workspace(e.workspace)),
            Self::AccountUnblocked(e) => two(StreamId::Account(e.account), StreamId::Workspace(e.workspace)),
            Self::OwnerChanged(e) => workspace(e.workspace),
            Self::TeammateAdded(e) => workspace(e.workspace),
            Self::TeammateRemoved(e) => workspace(e.workspace),
            Self::KeyRevoked(e) => workspace(e.workspace),
            Self::InboundEnabled(e) => workspace(e.workspace),
            Self::InboundDisabled(e) => workspace(e.workspace),
            Self::InboundStrictChanged(e) => workspace(e.workspace),
            Self::PacingChanged(PacingChanged { account: Some(account), .. }) => account_only(*account),
            Self::PacingChanged(e) => workspace(e.workspace),
            Self::AccountDisconnected(e) => two(StreamId::Account(e.account), StreamId::Workspace(e.workspace)),
            Self::AccountPaused(e) => two(StreamId::Account(e.account), StreamId::Workspace(e.workspace)),
            Self::AccountResumed(e) => two(StreamId::Account(e.account), StreamId::Workspace(e.workspace)),
            Self::FileFetched(e) => account_only(e.account),
            Self::FetchFailed(e) => account_only(e.account),
            Self::LogCreated(_) | Self::CheckpointKeyChanged(_) => one(StreamId::Log),
            Self::ChatRenamed(e) => one(StreamId::Chat(e.chat)),
            Self::ChatAssigned(e) => one(StreamId::Chat(e.chat)),
            Self::ChatAddressLearnt(e) => one(StreamId::Chat(e.chat)),
            Self::ChatErased(e) => [
                Some(StreamId::Chat(e.chat)),
                Some(StreamId::Account(e.account)),
                Some(StreamId::Webhook(WebhookId::of(e.workspace))),
                Some(StreamId::Webhook(WebhookId::of_listeners(e.workspace))),
            ],
            Self::ChatKeyDestroyed(e) => one(StreamId::Chat(e.chat)),
            Self::MessageReceived(e) => one(StreamId::Chat(e.chat)),
            Self::MessageQueued(e) => two(StreamId::Account(e.account), StreamId::Chat(e.chat)),
            Self::SendStarted(e) => account_only(e.account),
            Self::SendDeferred(e) => account_only(e.account),
            Self::SendUncertain(e) => account_only(e.account),
            Self::MessageAccepted(e) => account_only(e.account),
            Self::MessageSent(e) => two(StreamId::Account(e.account), StreamId::Chat(e.chat)),
            Self::MessageFailed(e) => two(StreamId::Account(e.account), StreamId::Chat(e.chat)),
            Self::MessageSettled(e) => two(StreamId::Account(e.account), StreamId::Chat(e.chat)),
            Self::WebhookConfigured(e) => webhook_only(e.webhook),
            Self::WebhookEnabled(e) => webhook_only(e.webhook),
            Self::WebhookDisabled(e) => webhook_only(e.webhook),
            Self::WebhookErrorsReset(e) => webhook_only(e.webhook),
            Self::WebhookKeyRotated(e) => webhook_only(e.webhook),
            Self::OwnerNotified(e) => one(e.about),
            Self::BundleOpened(e) => two(StreamId::Chat(e.chat), StreamId::Webhook(e.webhook)),
            Self::BundleFlushed(e) => two(StreamId::Chat(e.chat), StreamId::Webhook(e.webhook)),
            Self::FlushRequested(e) => webhook_only(e.webhook),
            Self::DeliveryStarted(e) => webhook_only(e.webhook),
            Self::DeliverySucceeded(e) => webhook_only(e.webhook),
            Self::DeliveryFailed(e) => webhook_only(e.webhook),
            Self::DeliveryParked(e) => webhook_only(e.webhook),
            Self::DeliveryDiscarded(e) => webhook_only(e.webhook),
            Self::DeliveryResent(e) => webhook_only(e.webhook),
            Self::DeliveriesRecovered(e) => webhook_only(e.webhook),
            Self::SingleDeliveryDiscarded(e) => webhook_only(e.webhook),
            Self::OwnerToldOfParked(e) => webhook_only(e.webhook),
            Self::ListeningStarted(e) => webhook_only(e.webhook),
            Self::ListeningEnded(e) if e.instead => {
                two(StreamId::Webhook(e.webhook), StreamId::Webhook(WebhookId::of(e.workspace)))
            }
            Self::ListeningEnded(e) => webhook_only(e.webhook),
            Self::ChatOpened(e) => two(StreamId::Workspace(e.workspace), StreamId::Chat(e.chat)),
            Self::MessageDelivered(e) => one(StreamId::Chat(e.chat)),
            Self::MessageRead(e) => one(StreamId::Chat(e.chat)),
        }
    }

    /// Names the fields that hold digests of secrets. The operator sees them, a workspace does not.
    pub const fn digest_fields(&self) -> &'static [&'static str] {
        match self {
            Self::KeyCreated(_) | Self::KeyRevoked(_) | Self::WebhookKeyRotated(_) => &["key_hash"],
            Self::InboundUrlGenerated(_) => &["token_hash", "replaces"],
            Self::AccountConnected(_) => &["callback"],
            _ => &[],
        }
    }

    /// Returns whose key seals the event's personal texts: the chat that they are about, otherwise the workspace. What
    /// people write about their own decisions belongs to the workspace.
    pub const fn owner(&self) -> Owner {
        match self {
            Self::ChatOpened(e) => Owner::Chat(e.chat),
            Self::ChatRenamed(e) => Owner::Chat(e.chat),
            Self::ChatAssigned(e) => Owner::Chat(e.chat),
            Self::ChatAddressLearnt(e) => Owner::Chat(e.chat),
            Self::MessageReceived(e) => Owner::Chat(e.chat),
            Self::MessageQueued(e) => Owner::Chat(e.chat),
            Self::MessageAccepted(e) => Owner::Chat(e.chat),
            Self::MessageSent(e) => Owner::Chat(e.chat),
            Self::FetchFailed(e) => Owner::Chat(e.chat),
            Self::BundleFlushed(e) => Owner::Chat(e.chat),
            other => Owner::Workspace(other.workspace()),
        }
    }

    /// Returns the workspace that the event concerns.
    const fn workspace(&self) -> WorkspaceId {
        match self.streams() {
            [Some(first), ..] => first.workspace(),
            [None, ..] => WorkspaceId::LOG,
        }
    }

    /// True if the event is part of this stream.
    pub fn concerns(&self, stream: StreamId) -> bool {
        self.streams().contains(&Some(stream))
    }

    /// Returns the message that the event is about, if any.
    pub const fn message(&self) -> Option<MessageId> {
        match self {
            Self::CreditCharged(e) => Some(e.message),
            Self::CreditRefunded(e) => Some(e.message),
            Self::MessageQueued(e) => Some(e.message),
            Self::FileFetched(e) => Some(e.message),
            Self::FetchFailed(e) => Some(e.message),
            Self::MessageReceived(e) => Some(e.message),
            Self::SendStarted(e) => Some(e.message),
            Self::SendDeferred(e) => Some(e.message),
            Self::SendUncertain(e) => Some(e.message),
            Self::MessageAccepted(e) => Some(e.message),
            Self::MessageSent(e) => Some(e.message),
            Self::MessageFailed(e) => Some(e.message),
            Self::MessageSettled(e) => Some(e.message),
            Self::MessageDelivered(e) => Some(e.message),
            Self::MessageRead(e) => Some(e.message),
            Self::DeliveryStarted(e) => Some(e.delivery.first()),
            Self::DeliverySucceeded(e) => Some(e.delivery.first()),
            Self::DeliveryFailed(e) => Some(e.delivery.first()),
            Self::DeliveryParked(e) => Some(e.delivery.first()),
            Self::DeliveryResent(e) => Some(e.delivery.first()),
            Self::SingleDeliveryDiscarded(e) => Some(e.delivery.first()),
            Self::BundleFlushed(BundleFlushed { messages, .. }) => match messages.as_slice() {
                [first, ..] => Some(*first),
                [] => None,
            },
            _ => None,
        }
    }
}

const fn one(stream: StreamId) -> Streams {
    [Some(stream), None, None, None]
}

const fn two(first: StreamId, second: StreamId) -> Streams {
    [Some(first), Some(second), None, None]
}

const fn workspace(id: WorkspaceId) -> Streams {
    one(StreamId::Workspace(id))
}

const fn account_only(id: AccountId) -> Streams {
    one(StreamId::Account(id))
}

const fn webhook_only(id: WebhookId) -> Streams {
    one(StreamId::Webhook(id))
}
