//! Tests what a workspace accepts and refuses, one behaviour per test.

mod accounts;
mod addresses;
mod chats;
mod connections;
mod costs;
mod credits;
mod dry_runs;
mod erasing;
mod idempotency;
mod inbound;
mod incoming;
mod keys;
mod names;
mod numbers;
mod owner;
mod pacing;
mod properties;
mod recipients;
mod senders;
mod teammates;

use events::account::Origin;
use events::personal::{Digest, ShortDigest};
use events::record::Idempotency;

use super::{
    Accepted, Answer, Command, Doubt, Inactive, Inactivity, Recipient, Rejection, Submit, SubmitLookups, Workspace,
};
use crate::peer::Peer;
use crate::spec::facts::{account, chat, message};
use crate::spec::{Spec, at};

type WorkspaceSpec = Spec<Workspace>;

/// A text message to a phone, without a named sender and without an idempotency key.
fn submission(number: u64, phone: &str) -> Submit {
    Submit {
        message: message(number),
        token_hash: Some(Digest::of(b"in_token")),
        recipient: Recipient::Peer(Peer::from_phone(phone)),
        sender: None,
        text: "hi".to_owned(),
        file: None,
        origin: Origin::Inbound,
        unknown_fields: Vec::new(),
        doubt: None,
        dry_run: false,
        idempotency: None,
        looked_up: SubmitLookups::default(),
    }
}

fn to_phone(number: u64, phone: &str) -> Command {
    Command::Submit(Box::new(submission(number, phone)))
}

/// The same message with a change.
fn changed(change: impl FnOnce(&mut Submit)) -> Command {
    let mut submit = submission(11, "+12025550101");
    change(&mut submit);
    Command::Submit(Box::new(submit))
}

fn to_phone_from(number: u64, phone: &str, sender: &str) -> Command {
    Command::Submit(Box::new(Submit { sender: Some(sender.to_owned()), ..submission(number, phone) }))
}

fn to_chat(number: u64, nth_chat: u64) -> Command {
    Command::Submit(Box::new(Submit { recipient: Recipient::Chat(chat(nth_chat)), ..submission(number, "") }))
}

/// An idempotency key as it is stored.
fn short(key: &str) -> ShortDigest {
    Digest::of(key.as_bytes()).short()
}

fn with_key(number: u64, phone: &str, key: &str, body: &str) -> Command {
    let idempotency = Some(Idempotency { key: short(key), body: Digest::of(body.as_bytes()) });
    Command::Submit(Box::new(Submit { idempotency, ..submission(number, phone) }))
}

/// No account is active; this one is the nearest to it.
fn inactive(nth: u64, phone: &str, because: Inactivity) -> Rejection {
    Rejection::NoConnectedAccount(Some(Inactive { account: account(nth), phone: phone.into(), because }))
}

/// Accepted, to be sent by the first account.
fn accepted(number: u64, balance: u64) -> Answer {
    accepted_by(1, number, balance)
}

fn accepted_by(nth: u64, number: u64, balance: u64) -> Answer {
    Answer::Accepted(Accepted { message: message(number), account: Some(account(nth)), balance, replayed: false })
}
