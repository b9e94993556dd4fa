//! Decides when a message's file is fetched again, and ends the message if it never arrives.

use events::account::{FetchFailed, FileFetched, SendUncertain};
use events::event::Event;
use events::ids::{AccountId, MessageId, WorkspaceId};
use events::time::Timestamp;

use super::queue::{FileStage, Waiting};
use super::refund_events::failed_and_refunded;
use super::state::State;
use super::{Fetched, Missing, Prospect};

/// Minimum waits before the second and the third fetch of a file; there is no fourth.
pub const FETCH_WAITS_MS: [u64; 2] = [2_000, 10_000];
/// Longest wait before the next fetch that a server can ask for.
pub const FETCH_WAIT_MS_MAX: u64 = 60_000;

/// Records a file that was fetched. After a failure, schedules the next fetch, or ends the message if there is none.
/// Does nothing for a message that does not wait for its file.
pub(super) fn fetched(
    state: &State,
    message: MessageId,
    result: Result<Fetched, Missing>,
    now: Timestamp,
) -> Vec<Event> {
    let (Some(who), Some(waiting)) = (state.connected, state.queue.get(message)) else { return Vec::new() };
    if waiting.file != FileStage::Wanted {
        return Vec::new();
    }
    match result {
        Ok(Fetched { size, mime }) => vec![FileFetched { message, account: who.0, size, mime }.into()],
        Err(missing) => match fetch_wait_ms(waiting.failed_fetches, missing.prospect) {
            Some(wait_ms) => vec![fetch_failed(who.0, waiting, &missing, now, Some(now.plus_ms(wait_ms)))],
            None => without_file(who, waiting, &missing, now),
        },
    }
}

/// Returns the wait before the next fetch, after `failed_before` failed ones and one more; `None` if there is no next
/// one.
fn fetch_wait_ms(failed_before: u32, prospect: Prospect) -> Option<u64> {
    let Prospect::Passing { retry_after_ms } = prospect else { return None };
    let wait_ms = FETCH_WAITS_MS.get(usize::try_from(failed_before).ok()?)?;
    Some(retry_after_ms.min(FETCH_WAIT_MS_MAX).max(*wait_ms))
}

/// Ends a message whose file cannot be fetched: as uncertain if an earlier try had no answer, else as failed.
pub(super) fn without_file(
    who: (AccountId, WorkspaceId),
    waiting: &Waiting,
    missing: &Missing,
    now: Timestamp,
) -> Vec<Event> {
    let Waiting { message, tries, .. } = *waiting;
    let mut events = vec![fetch_failed(who.0, waiting, missing, now, None)];
    if waiting.maybe_sent {
        events.push(SendUncertain { message, account: who.0, try_number: tries, at: now }.into());
    } else {
        events.extend(failed_and_refunded(who, message, waiting.charged(), &missing.code, now));
    }
    events
}

fn fetch_failed(
    account: AccountId,
    waiting: &Waiting,
    missing: &Missing,
    at: Timestamp,
    again_at: Option<Timestamp>,
) -> Event {
    let fetch_number = waiting.failed_fetches.saturating_add(1);
    let Waiting { message, chat, .. } = *waiting;
    let (code, detail) = (missing.code.clone(), missing.detail.as_str().into());
    FetchFailed { message, account, chat, fetch_number, code, detail, at, again_at }.into()
}
