//! Makes bundles of a chat's messages.

use events::event::Event;
use events::ids::{MessageId, WebhookId};
use events::time::Timestamp;
use events::webhook::{Aggregation, BUNDLE_BYTES, BundleAccount, BundleFlushed, BundleOpened};

use super::reports::Window;
use super::{BUNDLES_AT_ONCE, Frame, ReportLookups, State};

/// A commit takes no more bundles once they have this many bytes.
const COMMIT_BYTES_MAX: u64 = 256 << 10;

/// Opens a window for owed messages, and closes it at once if messages are not aggregated. Closes a full window, and
/// goes on closing one that has begun to close.
pub(super) fn due(state: &State, looked_up: &ReportLookups, now: Timestamp) -> Vec<Event> {
    match &state.reports.window {
        Some(window) if state.reports.is_full() || window.closing.is_some() => {
            let aggregation = aggregation(looked_up, window.webhook);
            let aggregated = window.closing.unwrap_or(aggregation != Some(Aggregation::None));
            flushed(state, window, aggregated, looked_up, now)
        }
        Some(_) => Vec::new(),
        None => open(state, looked_up, now),
    }
}

/// Returns how the messages of this webhook are gathered; `None` if another one, or none, is reported to now.
fn aggregation(looked_up: &ReportLookups, webhook: WebhookId) -> Option<Aggregation> {
    let reporting = looked_up.reporting.flatten().filter(|reporting| reporting.webhook == webhook);
    reporting.map(|reporting| reporting.aggregation)
}

/// Closes a window, if it is still open.
pub(super) fn close(
    state: &State,
    number: u64,
    aggregated: bool,
    looked_up: &ReportLookups,
    now: Timestamp,
) -> Vec<Event> {
    match state.reports.window.as_ref().filter(|window| window.number == number) {
        Some(window) => flushed(state, window, window.closing.unwrap_or(aggregated), looked_up, now),
        None => Vec::new(),
    }
}

fn open(state: &State, looked_up: &ReportLookups, now: Timestamp) -> Vec<Event> {
    let (Some(chat), Some(first)) = (state.chat, state.reports.pending.front()) else { return Vec::new() };
    let frame = frame(state, &account(looked_up));
    let opened = BundleOpened {
        webhook: first.webhook,
        chat,
        window: state.reports.windows.saturating_add(1),
        message: first.message,
        at: now,
        room_bytes: frame.room_bytes(bundle_bytes(looked_up)),
        line_bytes: frame.line_bytes,
    };
    let mut events = vec![opened.clone().into()];
    if aggregation(looked_up, first.webhook) == Some(Aggregation::None) {
        let mut reports = state.reports.clone();
        reports.opened(&opened);
        events.extend(reports.window.iter().flat_map(|window| flushed(state, window, false, looked_up, now)));
    }
    events
}

fn account(looked_up: &ReportLookups) -> BundleAccount {
    let account = looked_up.account.clone().flatten().unwrap_or_default();
    BundleAccount { full_name: account.full_name, email: account.email, phone: account.phone }
}

fn frame(state: &State, account: &BundleAccount) -> Frame {
    Frame::of(account, &state.name, state.phone.as_ref(), state.responsible.as_ref())
}

fn bundle_bytes(looked_up: &ReportLookups) -> u64 {
    looked_up.reporting.flatten().map_or(BUNDLE_BYTES, |reporting| reporting.bundle_bytes)
}

/// Makes one bundle of as many messages of a window as fit into a report, or one bundle per message.
fn flushed(state: &State, window: &Window, aggregated: bool, looked_up: &ReportLookups, now: Timestamp) -> Vec<Event> {
    let account = account(looked_up);
    let bundle = |messages: Vec<MessageId>, is_new_chat| bundle(state, window, messages, is_new_chat, &account, now);
    if aggregated {
        // The names may have grown since the window was opened.
        let fitting = window.fitting(frame(state, &account), bundle_bytes(looked_up));
        let messages = window.messages.iter().take(fitting).map(|gathered| gathered.message).collect();
        let all = bundle(messages, state.reports.is_new_to(window.webhook));
        return all.map(|all| BundleFlushed { aggregated, ..all }.into()).into_iter().collect();
    }
    // With long names, fewer bundles fit into a commit. Their events take no more bytes than the head of a report.
    let fitting = COMMIT_BYTES_MAX / frame(state, &account).head_bytes.max(1);
    let count = usize::try_from(fitting).unwrap_or(usize::MAX).clamp(1, BUNDLES_AT_ONCE);
    let first = window.messages.iter().take(count).enumerate();
    first
        .filter_map(|(nth, gathered)| {
            bundle(vec![gathered.message], nth == 0 && state.reports.is_new_to(window.webhook))
        })
        .map(Event::from)
        .collect()
}

fn bundle(
    state: &State,
    window: &Window,
    messages: Vec<MessageId>,
    is_new_chat: bool,
    account: &BundleAccount,
    at: Timestamp,
) -> Option<BundleFlushed> {
    let chat = state.chat?;
    Some(BundleFlushed {
        workspace: chat.workspace(),
        webhook: window.webhook,
        chat,
        window: window.number,
        messages,
        aggregated: false,
        account: account.clone(),
        chat_name: state.name.clone(),
        chat_phone: state.phone.clone(),
        is_group: state.is_group,
        is_new_chat,
        responsible: state.responsible.clone(),
        at,
    })
}
