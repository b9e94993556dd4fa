//! Queries of the event log: which events somebody wants, and a page of them. Bounded in rows, in memory, and, page by
//! page, in the events that are looked through.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, RangeInclusive};

use events::event::Event;
use events::history::{History, Of};
use events::ids::{MessageId, StreamId, WorkspaceId};
use events::log::ReadError;
use events::personal::ShortDigest;
use events::record::{Position, Record};

use super::as_of::AsOf;
use super::events::EventRow;
use super::page::{Page, Paged};
use super::refusal::Refusal;
use super::{message_story, states};
use crate::gateway::Gateway;

/// The most events that one request looks through; the page's cursor leads to the rest.
const LOOKED_THROUGH_MAX: usize = 1_000_000;
/// The most digests of one idempotency key that are kept while all workspaces are searched.
const DIGESTS_MAX: usize = 10_000;

/// What all wanted events have in common; without anything, all events are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this stream.
    pub stream: Option<StreamId>,
    /// Of this type.
    pub name: Option<String>,
    /// Of this workspace.
    pub workspace: Option<WorkspaceId>,
    /// About this message, or about the bundle that reports it.
    pub message: Option<MessageId>,
    /// Caused by a request with this key, as the client sent it.
    pub idempotency_key: Option<String>,
}

/// A part of the log to search.
#[derive(Debug, Clone)]
pub struct Search {
    pub filter: Filter,
    /// Positions, at most those that are durable.
    pub range: RangeInclusive<Position>,
    /// True for the newest first, false for the oldest first.
    pub newest_first: bool,
    /// The largest number of events to find.
    pub limit: usize,
    /// The largest number of events to look through.
    pub look_max: usize,
}

/// What a search has found.
#[derive(Debug, Default)]
pub struct Found {
    /// In the order of the search.
    pub rows: Vec<EventRow>,
    /// The last position that was looked at, if the search ended there without an end of its range or enough rows.
    pub stopped_at: Option<Position>,
}

/// Searches the log.
pub fn search(history: &History, search: &Search) -> Result<Found, ReadError> {
    let mut seeker = Seeker { history, search, digests: BTreeMap::new(), seen: 0, found: Vec::new(), stopped_at: None };
    if search.limit > 0 && !search.range.is_empty() {
        seeker.seek()?;
    }
    Ok(Found { rows: read(history, &seeker.found)?, stopped_at: seeker.stopped_at })
}

/// Reads the events at these positions, in this order.
fn read(history: &History, positions: &[Position]) -> Result<Vec<EventRow>, ReadError> {
    let mut rows = BTreeMap::new();
    let (first, last) = (positions.iter().min().copied(), positions.iter().max().copied());
    let (Some(first), Some(last)) = (first, last) else { return Ok(Vec::new()) };
    let wanted: BTreeSet<_> = positions.iter().copied().collect();
    let mut keep = |position: Position, record: &Record, event: &Event| {
        if wanted.contains(&position) {
            rows.insert(position, EventRow::of(position, record, event));
        }
        ControlFlow::Continue(())
    };
    // Rows that are close together are read in one go.
    let is_dense = last - first < 4 * positions.len() as u64;
    if is_dense {
        history.walk(Of::All, first..=last, keep)?;
    } else {
        for position in positions {
            history.walk(Of::All, *position..=*position, &mut keep)?;
        }
    }
    Ok(positions.iter().filter_map(|position| rows.remove(position)).collect())
}

/// Finds the positions of wanted events. Opens no sealed text.
struct Seeker<'a> {
    history: &'a History,
    search: &'a Search,
    /// The digest of the idempotency key under the keys of each workspace.
    digests: BTreeMap<WorkspaceId, Option<ShortDigest>>,
    seen: usize,
    found: Vec<Position>,
    stopped_at: Option<Position>,
}

impl Seeker<'_> {
    fn seek(&mut self) -> Result<(), ReadError> {
        let (history, search) = (self.history.shut(), self.search);
        let Filter { stream, workspace, message, idempotency_key, .. } = &search.filter;
        let listed = match (message, stream, workspace, idempotency_key) {
            (Some(message), ..) => Some(message_story::positions(&history, *message, *search.range.end())?),
            (None, None, Some(workspace), Some(_)) => Some(self.keyed(&history, *workspace)?),
            _ => None,
        };
        match listed {
            Some(positions) => self.among(&history, positions),
            None => self.along(&history, stream.map_or(Of::All, Of::Stream)),
        }
    }

    /// Walks along the log or a stream.
    fn along(&mut self, history: &History, of: Of) -> Result<(), ReadError> {
        let (range, newest_first) = (self.search.range.clone(), self.search.newest_first);
        let mut failed = None;
        let each = |position: Position, record: &Record, event: &Event| {
            self.look(position, record, event).unwrap_or_else(|error| {
                failed = Some(error);
                ControlFlow::Break(())
            })
        };
        let walked = if newest_first { history.walk_back(of, range, each) } else { history.walk(of, range, each) };
        walked?;
        failed.map_or(Ok(()), Err)
    }

    /// Looks at the events at these positions, which ascend.
    fn among(&mut self, history: &History, positions: Vec<Position>) -> Result<(), ReadError> {
        let mut positions: Vec<_> =
            positions.into_iter().filter(|position| self.search.range.contains(position)).collect();
        if self.search.newest_first {
            positions.reverse();
        }
        for position in positions {
            let Some(record) = history.record_at(position)? else { continue };
            let Some(event) = record.event_at(position) else { continue };
            if self.look(position, &record, event)?.is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Returns the positions of what a workspace's requests with the wanted key caused. A request is charged, so the
    /// workspace's own stream leads to it.
    fn keyed(&mut self, history: &History, workspace: WorkspaceId) -> Result<Vec<Position>, ReadError> {
        let (range, most) = (self.search.range.clone(), message_story::EVENTS_MAX);
        let stream = StreamId::Workspace(workspace);
        if history.index().revision_at(stream, *range.end())? == 0 {
            return Ok(Vec::new());
        }
        let Some(wanted) = self.digest(workspace)? else { return Ok(Vec::new()) };
        // A commit that the range cuts in two has an event of the workspace within or beside it.
        let last = history.end_of_commit(*range.end())?;
        let first = history.record_at(*range.start())?.map_or(*range.start(), |record| record.first);
        let mut positions = Vec::new();
        let each = |_: Position, record: &Record, _: &Event| {
            let is_new = positions.last().is_none_or(|last| *last < record.first || *last > record.last());
            if is_new && record.cause.idempotency().is_some_and(|given| given.key == wanted) {
                positions.extend(record.first..=record.last());
            }
            if positions.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        if self.search.newest_first {
            history.walk_back(Of::Stream(stream), first..=last, each)?;
            positions.sort_unstable();
        } else {
            history.walk(Of::Stream(stream), first..=last, each)?;
        }
        Ok(positions)
    }

    fn look(&mut self, position: Position, record: &Record, event: &Event) -> Result<ControlFlow<()>, ReadError> {
        self.seen += 1;
        if self.wants(record, event)? {
            self.found.push(position);
        }
        if self.found.len() >= self.search.limit {
            return Ok(ControlFlow::Break(()));
        }
        if self.seen >= self.search.look_max {
            self.stopped_at = Some(position);
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    }

    fn wants(&mut self, record: &Record, event: &Event) -> Result<bool, ReadError> {
        let Filter { stream, name, workspace, idempotency_key, .. } = &self.search.filter;
        let is_wanted = stream.is_none_or(|stream| event.concerns(stream))
            && name.as_ref().is_none_or(|name| name == event.name())
            && workspace.is_none_or(|workspace| workspace == record.workspace);
        if !is_wanted || idempotency_key.is_none() {
            return Ok(is_wanted);
        }
        let Some(given) = record.cause.idempotency() else { return Ok(false) };
        Ok(self.digest(record.workspace)? == Some(given.key))
    }

    fn digest(&mut self, workspace: WorkspaceId) -> Result<Option<ShortDigest>, ReadError> {
        let Some(key) = &self.search.filter.idempotency_key else { return Ok(None) };
        if let Some(known) = self.digests.get(&workspace) {
            return Ok(*known);
        }
        if self.digests.len() >= DIGESTS_MAX {
            self.digests.clear();
        }
        let digest = self.history.index().idempotency_digest(workspace, bare(key))?;
        self.digests.insert(workspace, digest);
        Ok(digest)
    }
}

/// Removes the quotes in which a client may send its key.
fn bare(key: &str) -> &str {
    key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key)
}

/// The part of the log that a caller wants.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The first event.
    pub from: Option<AsOf>,
    /// The last event.
    pub to: Option<AsOf>,
    pub filter: Filter,
    /// True for the newest first, false for the oldest first.
    pub newest_first: bool,
    /// The part of the list; places are positions.
    pub page: Page,
}

/// Returns the positions of a part of the log, none of them behind `head`.
pub fn range(
    history: &History,
    [from, to]: [Option<AsOf>; 2],
    head: Position,
) -> Result<RangeInclusive<Position>, ReadError> {
    let first = from.map_or(Ok(1), |from| from.first(history, head))?;
    Ok(first..=to.map_or(Ok(head), |to| to.position(history, head))?)
}

/// Returns a page of the durable log.
pub async fn list(gateway: &Gateway, wanted: Wanted) -> Result<Paged<EventRow>, Refusal> {
    let head = gateway.shard.watermark().settled().await;
    Ok(gateway.shard.history().run(move |history| page(history, wanted, head)).await?)
}

fn page(history: &History, wanted: Wanted, head: Position) -> Result<Paged<EventRow>, ReadError> {
    let Wanted { from, to, filter, newest_first, page } = wanted;
    let (first, last) = range(history, [from, to], head)?.into_inner();
    // After and before are meant in the list's own order.
    let [above, below] = if newest_first { [page.before, page.after] } else { [page.after, page.before] };
    let first = first.max(above.map_or(1, |above| above.saturating_add(1)));
    let last = last.min(below.map_or(head, |below| below.saturating_sub(1)));
    let from_the_end = newest_first != page.before.is_some();
    let (limit, look_max) = (page.limit + 1, LOOKED_THROUGH_MAX);
    let Found { mut rows, stopped_at } =
        search(history, &Search { filter, range: first..=last, newest_first: from_the_end, limit, look_max })?;
    if from_the_end != newest_first {
        rows.reverse();
    }
    let mut paged = Paged::cut(rows.into_iter().map(|row| (row.position, row)).collect(), page);
    if let Some(stopped_at) = stopped_at {
        let cursor = if page.before.is_some() { &mut paged.page.prev } else { &mut paged.page.next };
        *cursor = Some(stopped_at.to_string());
    }
    Ok(paged)
}

/// Returns a page of the events of one stream.
pub async fn of_stream(gateway: &Gateway, stream: StreamId, mut wanted: Wanted) -> Result<Paged<EventRow>, Refusal> {
    if wanted.filter.stream.is_some_and(|other| other != stream) {
        return Err(Refusal::invalid("stream", format!("stream must be {stream}, as the path says")));
    }
    wanted.filter.stream = Some(stream);
    let head = gateway.shard.watermark().settled().await;
    let known = gateway.shard.history().run(move |history| history.index().revision_at(stream, head));
    if known.await? == 0 {
        return Err(states::not_found());
    }
    list(gateway, wanted).await
}

pub async fn show(gateway: &Gateway, position: &str) -> Result<EventRow, Refusal> {
    let not_found = || Refusal::new("event_not_found", "Event not found");
    let position: Position = position.parse().map_err(|_| not_found())?;
    let head = gateway.shard.watermark().settled().await;
    if !(1..=head).contains(&position) {
        return Err(not_found());
    }
    let found = gateway.shard.history().run(move |history| read(history, &[position]));
    found.await?.pop().ok_or_else(not_found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::small_log::{SmallLog, chat, workspace};

    fn found(small: &SmallLog, wanted: &Search) -> (Vec<Position>, Option<Position>) {
        let found = search(&small.history, wanted).unwrap();
        (found.rows.into_iter().map(|row| row.position).collect(), found.stopped_at)
    }

    fn all(range: RangeInclusive<Position>) -> Search {
        Search { filter: Filter::default(), range, newest_first: false, limit: 9, look_max: 9 }
    }

    #[test]
    fn a_search_looks_through_so_many_events_and_says_where_it_stopped() {
        let small = SmallLog::filled();
        let charged = Filter { name: Some("CreditCharged".to_owned()), ..Filter::default() };
        let search = Search { filter: charged, look_max: 2, ..all(1..=6) };
        assert_eq!(found(&small, &search), (vec![], Some(2)));
        assert_eq!(found(&small, &Search { range: 3..=6, ..search.clone() }), (vec![3], Some(4)));
        assert_eq!(found(&small, &Search { newest_first: true, ..search.clone() }), (vec![6, 5], Some(5)));
        assert_eq!(found(&small, &Search { limit: 1, ..search.clone() }), (vec![], Some(2)));
        assert_eq!(found(&small, &Search { look_max: 9, ..search }), (vec![3, 5, 6], None));
    }

    #[test]
    fn filters_and_ranges_are_combined() {
        let small = SmallLog::filled();
        assert_eq!(found(&small, &Search { limit: 0, ..all(1..=6) }), (vec![], None));
        let filter = Filter { stream: Some(StreamId::Chat(chat())), ..Filter::default() };
        assert_eq!(found(&small, &Search { filter, ..all(1..=6) }), (vec![4], None));
        let filter = Filter { workspace: Some(workspace()), ..Filter::default() };
        assert_eq!(found(&small, &Search { filter, newest_first: true, ..all(2..=5) }), (vec![5, 4, 3, 2], None));
    }

    #[test]
    fn a_key_is_known_with_its_quotes_and_without() {
        assert_eq!((bare("\"order-1\""), bare("order-1"), bare("\"")), ("order-1", "order-1", "\""));
    }
}
