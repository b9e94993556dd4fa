//! Events of workspaces and of what they own.

use events::chat::{
    AddressKind, ChatAddressLearnt, ChatAssigned, ChatErased, ChatKeyDestroyed, ChatOpened, ChatRenamed, Responsible,
};
use events::event::Event;
use events::founding::{CheckpointKeyChanged, FORMAT, LogCreated, LogId};
use events::workspace::{
    AccountBlocked, AccountConnected, AccountDisconnected, AccountPaused, AccountResumed, AccountUnblocked,
    CreditCharged, CreditRefunded, CreditsGranted, InboundDisabled, InboundEnabled, InboundStrictChanged,
    InboundUrlGenerated, KeyCreated, KeyRevoked, OwnerChanged, PacingChanged, TeammateAdded, TeammateRemoved,
    WorkspaceCreated,
};

use super::pick::{Pick, workspace};

pub fn event(p: &mut Pick) -> Event {
    match p.below(4) {
        0 => of_itself(p),
        1 => of_keys(p),
        2 => of_accounts(p),
        _ => of_chats(p),
    }
}

fn of_itself(p: &mut Pick) -> Event {
    let workspace = workspace();
    let (name, owner_name, owner_email) = (p.name().into(), p.name().into(), "ada@kite.example".into());
    match p.below(7) {
        0 => WorkspaceCreated { workspace, name, owner_name, owner_email, language: "en".to_owned() }.into(),
        1 => {
            let language = p.of(&["de", "tr"]).to_owned();
            OwnerChanged { workspace, name, owner_name, owner_email, language, by: p.who() }.into()
        }
        2 => CreditsGranted { workspace, amount: p.below(100), reason: p.code().into(), by: p.who() }.into(),
        3 => CreditCharged { workspace, message: p.message(), amount: u64::from(p.count()) }.into(),
        4 => {
            let amount = u64::from(p.count());
            CreditRefunded { workspace, message: p.message(), amount, reason: p.code() }.into()
        }
        5 => {
            let (teammate, full_name) = (p.count(), p.name().into());
            TeammateAdded { workspace, teammate, full_name, email: "bob@kite.example".into(), by: p.who() }.into()
        }
        _ => TeammateRemoved { workspace, teammate: p.count(), by: p.who() }.into(),
    }
}

fn of_keys(p: &mut Pick) -> Event {
    let workspace = workspace();
    match p.below(6) {
        0 => {
            let (key, key_hash, name, at) = (p.count(), p.digest(), p.name().into(), p.now());
            KeyCreated { workspace, key, key_hash, name, at, by: p.who() }.into()
        }
        1 => KeyRevoked { workspace, key: p.count(), key_hash: p.digest(), by: p.who() }.into(),
        2 => {
            let (token_hash, before) = (p.digest(), p.digest());
            InboundUrlGenerated { workspace, token_hash, replaces: p.maybe(before), by: p.who() }.into()
        }
        3 => InboundEnabled { workspace, by: p.who(), reason: p.code().into() }.into(),
        4 => InboundDisabled { workspace, by: p.who(), reason: p.code().into() }.into(),
        _ => InboundStrictChanged { workspace, strict: p.chance(), by: p.who() }.into(),
    }
}

fn of_accounts(p: &mut Pick) -> Event {
    let (workspace, account) = (workspace(), p.account());
    match p.below(7) {
        0 => AccountConnected {
            workspace,
            account,
            phone: p.phone().into(),
            full_name: p.name().into(),
            email: "ada@kite.example".into(),
            transport: "simulator".to_owned(),
            provider_account: None,
            callback: None,
            own_message_id: p.chance(),
            gap_ms_min: 100 * p.count(),
            gap_ms_max: 10_000 * p.count(),
            by: p.who(),
        }
        .into(),
        1 => AccountDisconnected { workspace, account, by: p.who(), reason: p.code().into(), at: p.now() }.into(),
        2 => AccountPaused { workspace, account, by: p.who(), reason: p.code().into() }.into(),
        3 => AccountResumed { workspace, account, by: p.who(), reason: p.code().into() }.into(),
        4 => {
            let (reason, until) = (p.code(), p.soon());
            AccountBlocked { workspace, account, reason, until: p.maybe(until) }.into()
        }
        5 => AccountUnblocked { workspace, account }.into(),
        _ => {
            let (account, gap_ms_min) = (p.maybe(account), 100 * p.count());
            PacingChanged { workspace, account, gap_ms_min, gap_ms_max: 10_000 * p.count(), by: p.who() }.into()
        }
    }
}

fn of_chats(p: &mut Pick) -> Event {
    let (workspace, chat) = (workspace(), p.chat());
    match p.below(3) {
        0 => {
            let (account, peer, name) = (p.account(), p.phone(), p.name().into());
            let (phone, is_group) = (p.maybe(peer.as_str().into()), p.chance());
            let to = peer.as_str().into();
            ChatOpened { workspace, account, chat, peer: peer.into(), to, name, phone, is_group }.into()
        }
        1 => {
            let (previous, name) = (p.name().into(), p.name().into());
            ChatRenamed { workspace, chat, previous, name, by: p.who() }.into()
        }
        _ => {
            let responsible = Responsible { full_name: p.name().into(), email: "bob@kite.example".into() };
            ChatAssigned { workspace, chat, responsible: p.maybe(responsible), by: p.who() }.into()
        }
    }
}

/// What is learnt of the person of a chat, and the end of it.
pub fn of_persons(p: &mut Pick) -> Event {
    let (workspace, chat) = (workspace(), p.chat());
    match p.below(4) {
        0 | 1 => {
            let kinds = [AddressKind::Phone, AddressKind::SpelledPhone, AddressKind::Lid, AddressKind::Bsuid];
            let (account, kind, address) = (p.account(), p.of(&kinds), p.phone().into());
            ChatAddressLearnt { workspace, account, chat, kind, address }.into()
        }
        2 => {
            let (account, by, reason) = (p.account(), p.who(), p.code().into());
            ChatErased { workspace, account, chat, by, reason, at: p.now() }.into()
        }
        _ => ChatKeyDestroyed { workspace, chat, at: p.now() }.into(),
    }
}

/// What concerns the log itself, and is in no actor's stream.
pub fn of_the_log(p: &mut Pick) -> Event {
    let checkpoint_key = "tidings.example/log+4a1b5c0d+AZ3nXkY=".to_owned();
    let at = p.now();
    if at.ms() % 2 == 0 {
        return CheckpointKeyChanged { checkpoint_key, at }.into();
    }
    LogCreated { log: LogId([7; 16]), format: FORMAT, created_at: at, checkpoint_key }.into()
}
