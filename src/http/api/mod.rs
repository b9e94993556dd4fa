//! Routes that require a workspace's API key.

pub(super) mod accounts;
pub(super) mod attempts;
pub(super) mod chats;
pub(super) mod credits;
pub(super) mod deliveries;
pub(super) mod files;
pub(super) mod inbound_settings;
pub(super) mod keys;
pub(super) mod listen;
pub(super) mod live;
pub(super) mod messages;
pub(super) mod outbound;
pub(super) mod outbox;
pub(super) mod recent;
pub(super) mod tables;
pub(super) mod teammates;
pub(super) mod timeline;
pub(super) mod tries;
pub(super) mod workspace;
