//! Pseudo-random picks that stay the same on every machine and in every version, unlike those of a crate.

use events::ids::{AccountId, ChatId, DeliveryId, MessageId, WebhookId, WorkspaceId};
use events::personal::Digest;
use events::time::Timestamp;
use events::who::Who;

/// Only a few of each, so that events often concern the same ones.
const ACCOUNTS: u64 = 2;
const CHATS: u64 = 3;
const MESSAGES: u64 = 12;

/// A sequence of picks, and the time that passes between them.
pub struct Pick {
    state: u64,
    now_ms: i64,
}

impl Pick {
    /// Begins the sequence of this seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed, now_ms: 0 }
    }

    /// Returns a number below `end`, by `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number
    /// generators", 2014).
    pub const fn below(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// Returns one of these.
    pub fn of<T: Clone>(&mut self, these: &[T]) -> T {
        these[usize::try_from(self.below(these.len() as u64)).unwrap()].clone()
    }

    /// Returns a number from 1 to 12.
    pub fn count(&mut self) -> u32 {
        u32::try_from(1 + self.below(12)).unwrap()
    }

    /// Returns true half of the time.
    pub fn chance(&mut self) -> bool {
        self.below(2) == 0
    }

    /// Returns the value half of the time, otherwise `None`.
    pub fn maybe<T>(&mut self, there: T) -> Option<T> {
        self.chance().then_some(there)
    }

    /// Returns the present time, which moves on by up to a minute, and once in 20 times by up to three days.
    pub fn now(&mut self) -> Timestamp {
        let most_ms = if self.below(20) == 0 { 3 * 86_400_000 } else { 60_000 };
        self.now_ms += i64::try_from(self.below(most_ms)).unwrap();
        Timestamp::from_ms(self.now_ms)
    }

    /// Returns a time up to an hour ahead.
    pub fn soon(&mut self) -> Timestamp {
        Timestamp::from_ms(self.now_ms).plus_ms(self.below(3_600_000))
    }

    pub fn account(&mut self) -> AccountId {
        AccountId::nth(workspace(), 1 + self.below(ACCOUNTS)).unwrap()
    }

    pub fn chat(&mut self) -> ChatId {
        ChatId::nth(workspace(), 1 + self.below(CHATS)).unwrap()
    }

    pub fn message(&mut self) -> MessageId {
        MessageId::from_bits(1 + self.below(MESSAGES))
    }

    pub fn delivery(&mut self) -> DeliveryId {
        DeliveryId::of(self.message())
    }

    pub fn owed(&mut self) -> Option<WebhookId> {
        self.maybe(webhook())
    }

    pub fn digest(&mut self) -> Digest {
        Digest([u8::try_from(self.below(4)).unwrap(); 32])
    }

    pub fn who(&mut self) -> Who {
        self.of(&[Who::Operator, Who::Key(1), Who::Transport, Who::System])
    }

    pub fn name(&mut self) -> String {
        self.of(&["Ada Example", "Blue Kite", "Cleo", ""]).to_owned()
    }

    pub fn phone(&mut self) -> String {
        self.of(&["+12025550100", "+12025550101", "+12025550102"]).to_owned()
    }

    /// Returns an error code.
    pub fn code(&mut self) -> String {
        self.of(&["server_error", "report_timeout", "not_on_whatsapp"]).to_owned()
    }
}

/// Returns the first chat, where the choice makes no difference to the rules.
pub fn first_chat() -> ChatId {
    ChatId::nth(workspace(), 1).unwrap()
}

pub const fn workspace() -> WorkspaceId {
    WorkspaceId::nth(0)
}

pub const fn webhook() -> WebhookId {
    WebhookId::of(workspace())
}
