//! The last e-mails to the owner of the workspace.

use super::page::{Page, Paged};
use super::refusal::Refusal;
use super::scope::Scope;
use crate::notices::mail::MailView;

/// Lists the last e-mails, the newest first.
pub async fn list(scope: Scope<'_>, page: Page) -> Result<Paged<MailView>, Refusal> {
    let workspace = scope.workspace;
    let listed = scope.gateway.read(move |gateway| gateway.mail_queue.list(gateway.shard.history(), workspace));
    Ok(page.of_newest_first(listed.await?))
}
