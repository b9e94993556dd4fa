//! Submission of a message: the workspace decides whether it is queued and charged, or in a dry run what would
//! happen.

use actors::runtime::shard::CommandError;
use actors::workspace::{Accepted, Answer, Command, Doubt, Recipient, Rejection, Submit, SubmitLookups, Verdict};
use events::account::{File, Origin};
use events::index::{IndexKey, Remembered};
use events::personal::{Digest, Personal};
use events::record::Cause;
use futures_util::FutureExt;
use serde::Serialize;
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::scope::Scope;
use super::vault_room;
use super::{messages, nearest_chat};

/// A message to send, checked as far as possible without state.
#[derive(Debug)]
pub struct Message {
    pub recipient: Recipient,
    /// The number to send from, if given.
    pub sender: Option<String>,
    /// Empty only with a file.
    pub text: String,
    pub file: Option<File>,
    /// Names of unknown fields.
    pub unknown_fields: Vec<String>,
    /// A doubt, for which only a strict webhook refuses the message.
    pub doubt: Option<Doubt>,
    /// The interface that it came through.
    pub origin: Origin,
    /// SHA-256 of the inbound token that it came with; our own API has none.
    pub token_hash: Option<Digest>,
    /// The client's idempotency key, with a digest of the body.
    pub idempotency: Option<(String, Digest)>,
    /// True for a dry run.
    pub dry_run: bool,
}

/// The result of a submission.
#[derive(Debug)]
pub enum Outcome {
    /// The message is queued.
    Accepted(Accepted),
    /// The result of a dry run.
    Verdict(VerdictView),
}

/// The verdict of a dry run.
#[derive(Debug, Serialize)]
pub struct VerdictView {
    dry_run: bool,
    account: Option<String>,
    chat_id: Option<String>,
    recipient: Value,
    cost: u64,
    /// The credits available now.
    pub balance: u64,
    warnings: Vec<String>,
}

/// Submits a message, or makes a dry run, whose verdict repeats the `warnings`. The future is small: hundreds of them
/// wait at the same time.
pub fn submit<'a>(
    scope: Scope<'a>,
    message: Message,
    warnings: &'a [String],
) -> Result<impl Future<Output = Result<Outcome, Refusal>> + use<'a>, Refusal> {
    let Prepared { command, cause, origin, asked_for } = prepare(scope, message)?;
    let submitted = vault_room::patiently(&scope.gateway.shard, scope.workspace, command, cause);
    Ok(submitted.then(move |answer| outcome(scope, answer, origin, asked_for, warnings)))
}

async fn outcome(
    scope: Scope<'_>,
    answer: Result<Answer, CommandError<Rejection>>,
    origin: Origin,
    asked_for: Option<Box<Recipient>>,
    warnings: &[String],
) -> Result<Outcome, Refusal> {
    match (answer, asked_for.as_deref()) {
        (Ok(Answer::Accepted(accepted)), _) => Ok(Outcome::Accepted(accepted)),
        (Ok(Answer::Verdict(verdict)), asked_for) => {
            Ok(Outcome::Verdict(Box::pin(view(scope, verdict, asked_for, warnings)).await?))
        }
        (Ok(other), _) => Err(Refusal::unexpected(&other)),
        // The secret URL answers as if it had never been there, and says why.
        (Err(CommandError::Rejected(Rejection::ChatErased)), _) if origin == Origin::Inbound => {
            Err(Refusal::new("chat_not_found", "Chat not found")
                .hinting("it was erased; send by phone, or by jid to a group, to begin a new one"))
        }
        (Err(CommandError::Rejected(Rejection::ChatNotFound)), Some(Recipient::Name(name))) => {
            Err(Box::pin(nearest_chat::not_found(scope, name.clone())).await)
        }
        (Err(error), _) => Err(error.into()),
    }
}

/// A command to submit a message.
struct Prepared {
    command: Command,
    cause: Cause,
    origin: Origin,
    /// The recipient of a dry run, or given by name.
    asked_for: Option<Box<Recipient>>,
}

fn prepare(scope: Scope<'_>, message: Message) -> Result<Prepared, Refusal> {
    let gateway = scope.gateway;
    if gateway.readiness.is_disk_full() {
        return Err(Refusal::disk_full());
    }
    let Message { recipient, sender, text, file, unknown_fields, doubt, .. } = message;
    let Message { origin, token_hash, idempotency, dry_run, .. } = message;
    let index = gateway.shard.index();
    let idempotency = idempotency.map(|(key, body)| index.idempotency(scope.workspace, &key, &body)).transpose()?;
    if let (Some(given), false) = (&idempotency, dry_run) {
        // Loads the index page into memory for the deciding thread, which reads the key again; only that read counts.
        let _: Option<Remembered> = index.find(&IndexKey::Idempotency(scope.workspace, given.key))?;
    }
    let cause = Cause::request(scope.by, scope.command, idempotency.clone());
    let is_shown = dry_run || matches!(recipient, Recipient::Name(_));
    let asked_for = is_shown.then(|| Box::new(recipient.clone()));
    let command = Command::Submit(Box::new(Submit {
        message: gateway.entropy.message_id(gateway.shard.clock().now()),
        token_hash,
        recipient,
        sender,
        text,
        file,
        origin,
        unknown_fields,
        doubt,
        dry_run,
        idempotency,
        looked_up: SubmitLookups::default(),
    }));
    Ok(Prepared { command, cause, origin, asked_for })
}

async fn view(
    scope: Scope<'_>,
    verdict: Verdict,
    asked_for: Option<&Recipient>,
    warnings: &[String],
) -> Result<VerdictView, Refusal> {
    let phones = messages::phones(scope).await?;
    let account = phones.iter().find(|(account, _)| *account == verdict.account).map(|(_, phone)| phone.clone());
    let chat = verdict.chat.map(|chat| scope.gateway.shard.index().chat(chat)).transpose()?.flatten();
    let recipient = match (asked_for, chat) {
        (Some(Recipient::Peer(peer)), _) => {
            json!({"phone": peer.phone, "to": peer.to, "name": peer.name, "is_group": peer.is_group})
        }
        (_, Some(chat)) => {
            let phone = chat.phone.as_ref().map(Personal::reveal);
            json!({"phone": phone, "to": chat.to.reveal(), "name": chat.name.reveal(), "is_group": chat.is_group})
        }
        _ => Value::Null,
    };
    Ok(VerdictView {
        dry_run: true,
        account,
        chat_id: verdict.chat.map(|chat| chat.to_string()),
        recipient,
        cost: verdict.cost,
        balance: verdict.balance,
        warnings: warnings.to_owned(),
    })
}
