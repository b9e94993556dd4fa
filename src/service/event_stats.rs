//! Statistics of the event log, from one scan over all records: how many events of which type, of whom, on which day.

use std::collections::BTreeMap;

use events::event::Event;
use events::history::History;
use events::ids::WorkspaceId;
use events::log::ReadError;
use events::record::{Position, Record};
use events::time::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use super::gone::Caller;
use super::refusal::Refusal;
use super::schema::Moment;
use crate::gateway::Gateway;

/// The most workspaces that are counted by themselves: the first ones of the log.
const WORKSPACES_MAX: usize = 1_000;
/// The most days that are counted by themselves: the last ones.
const DAYS_MAX: usize = 400;
const DAY_MS: i64 = 86_400_000;

/// One scan at a time: it reads the whole log.
static TURN: Semaphore = Semaphore::const_new(1);

/// What a log consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatsView {
    pub(crate) events: u64,
    /// Records: all events of one commit are in one.
    pub(crate) commits: u64,
    /// Bytes of the records, without indexes and what else the store keeps.
    pub(crate) bytes: u64,
    pub(crate) first: Option<LogEnd>,
    pub(crate) last: Option<LogEnd>,
    /// The most frequent first.
    pub(crate) types: Vec<TypeCount>,
    /// In the order of their numbers; 0 is the log itself.
    pub(crate) workspaces: Vec<WorkspaceCount>,
    /// What is left of further workspaces.
    pub(crate) other_workspaces: EventCount,
    /// Days in UTC, the oldest first.
    pub(crate) days: Vec<DayCount>,
    /// What is left of earlier days.
    pub(crate) other_days: EventCount,
}

/// The first or last event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogEnd {
    #[schema(value_type = u64)]
    pub(crate) position: Position,
    #[schema(value_type = Moment)]
    pub(crate) recorded_at: String,
}

/// How often a type of event occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TypeCount {
    #[serde(rename = "type")]
    pub(crate) name: String,
    pub(crate) events: u64,
}

/// The events of one workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkspaceCount {
    pub(crate) workspace_id: u64,
    pub(crate) events: u64,
    pub(crate) bytes: u64,
}

/// The events of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DayCount {
    #[schema(example = "2026-01-31")]
    pub(crate) day: String,
    pub(crate) events: u64,
    pub(crate) bytes: u64,
}

/// Events and the bytes of their records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventCount {
    pub(crate) events: u64,
    pub(crate) bytes: u64,
}

impl EventCount {
    fn add(&mut self, other: Self) {
        self.events = self.events.saturating_add(other.events);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// Scans the durable log. Ends early if its caller goes.
pub async fn show(gateway: &Gateway) -> Result<StatsView, Refusal> {
    let _turn = TURN.acquire().await.map_err(|closed| Refusal::fault(&closed))?;
    let caller = Caller::default();
    let presence = caller.presence();
    let to = gateway.shard.watermark().settled().await;
    Ok(gateway.shard.history().run(move |history| scan(history, to, |_| presence.is_there())).await?)
}

/// Scans the log up to a position. Tells `progress` the position that it has reached; it stops the scan by returning
/// false.
pub fn scan(
    history: &History,
    to: Position,
    mut progress: impl FnMut(Position) -> bool,
) -> Result<StatsView, ReadError> {
    let history = history.shut();
    let mut counts = Counts::default();
    for stored in history.log().read(1) {
        let stored = stored?;
        if stored.first > to {
            break;
        }
        let record = history.decode(&stored)?;
        counts.add(&record, stored.bytes.len() as u64);
        if !progress(record.last()) {
            break;
        }
    }
    Ok(counts.view())
}

/// Counts while a log is scanned; all maps are bounded.
#[derive(Default)]
struct Counts {
    all: EventCount,
    commits: u64,
    first: Option<(Position, Timestamp)>,
    last: Option<(Position, Timestamp)>,
    types: BTreeMap<&'static str, u64>,
    workspaces: BTreeMap<WorkspaceId, EventCount>,
    other_workspaces: EventCount,
    /// By the number of days since 1970-01-01.
    days: BTreeMap<i64, EventCount>,
    other_days: EventCount,
}

impl Counts {
    fn add(&mut self, record: &Record, bytes: u64) {
        let count = EventCount { events: record.events.len() as u64, bytes };
        self.all.add(count);
        self.commits += 1;
        self.first = self.first.or(Some((record.first, record.recorded_at)));
        self.last = Some((record.last(), record.recorded_at));
        for name in record.events.iter().map(Event::name) {
            *self.types.entry(name).or_default() += 1;
        }
        let is_known = self.workspaces.len() < WORKSPACES_MAX || self.workspaces.contains_key(&record.workspace);
        if is_known {
            self.workspaces.entry(record.workspace).or_default().add(count);
        } else {
            self.other_workspaces.add(count);
        }
        self.days.entry(record.recorded_at.ms().div_euclid(DAY_MS)).or_default().add(count);
        if self.days.len() > DAYS_MAX
            && let Some((_, oldest)) = self.days.pop_first()
        {
            self.other_days.add(oldest);
        }
    }

    fn view(self) -> StatsView {
        let end = |(position, at): (Position, Timestamp)| LogEnd { position, recorded_at: at.to_string() };
        let mut types: Vec<_> =
            self.types.into_iter().map(|(name, events)| TypeCount { name: name.to_owned(), events }).collect();
        types.sort_by_key(|one| std::cmp::Reverse(one.events));
        let workspaces = self.workspaces.into_iter().map(|(id, EventCount { events, bytes })| WorkspaceCount {
            workspace_id: id.number(),
            events,
            bytes,
        });
        let days =
            self.days.into_iter().map(|(day, EventCount { events, bytes })| DayCount { day: date(day), events, bytes });
        StatsView {
            events: self.all.events,
            commits: self.commits,
            bytes: self.all.bytes,
            first: self.first.map(end),
            last: self.last.map(end),
            types,
            workspaces: workspaces.collect(),
            other_workspaces: self.other_workspaces,
            days: days.collect(),
            other_days: self.other_days,
        }
    }
}

/// Formats a day, counted from 1970-01-01, such as 2026-01-31.
fn date(day: i64) -> String {
    let begin = Timestamp::from_ms(day.saturating_mul(DAY_MS)).to_string();
    begin.split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use events::record::Cause;
    use events::who::Who;
    use events::workspace::InboundStrictChanged;

    use super::*;

    fn record(first: Position, workspace: u64, day: i64) -> Record {
        let workspace = WorkspaceId::nth(workspace);
        let event = InboundStrictChanged { workspace, strict: true, by: Who::Operator };
        let recorded_at = Timestamp::from_ms(day * DAY_MS + 1);
        let events = vec![event.clone().into(), event.into()];
        Record { first, recorded_at, workspace, cause: Cause::outside(Who::System), events }
    }

    #[test]
    fn events_are_counted_by_type_workspace_and_day() {
        let mut counts = Counts::default();
        counts.add(&record(1, 0, 0), 10);
        counts.add(&record(3, 1, 1), 20);
        let view = counts.view();
        assert_eq!((view.events, view.commits, view.bytes), (4, 2, 30));
        assert_eq!(view.types, [TypeCount { name: "InboundStrictChanged".to_owned(), events: 4 }]);
        let day = |day: &str, bytes| DayCount { day: day.to_owned(), events: 2, bytes };
        assert_eq!(view.days, [day("1970-01-01", 10), day("1970-01-02", 20)]);
        assert_eq!((view.first.unwrap().position, view.last.unwrap().position), (1, 4));
    }

    #[test]
    fn further_workspaces_and_earlier_days_are_counted_together() {
        let mut counts = Counts::default();
        for nth in 0..1_500 {
            counts.add(&record(1 + 2 * nth, nth, i64::try_from(nth).unwrap()), 10);
        }
        let view = counts.view();
        assert_eq!((view.workspaces.len(), view.days.len()), (WORKSPACES_MAX, DAYS_MAX));
        assert_eq!(view.other_workspaces, EventCount { events: 1_000, bytes: 5_000 });
        assert_eq!(view.other_days, EventCount { events: 2_200, bytes: 11_000 });
        assert_eq!(view.days.last().unwrap().day, "1974-02-08");
        assert_eq!(view.events, 3_000);
    }
}
