//! One story: several lives of a gateway under one seed, and what must hold during them and at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use actors::account::Account;
use actors::chat::Chat;
use actors::registry::Kind;
use actors::replay::replay;
use actors::workspace::Workspace;
use events::ids::{AccountId, MessageId};
use events::index::Index;
use events::log::Log;
use events::verify::verify;

use super::client::People;
use super::fate::Rng;
use super::life::{Life, Machine};
use super::referee::{End, Referee};

const HOUR_MS: i64 = 3_600_000;
/// Tries on one account begin no sooner after the end of the one before; the same message may be tried anew at once
/// after a crash, under its id.
const GAP_MS_MIN: u64 = 1_500;
/// Every request is answered within this time.
const PATIENCE: Duration = Duration::from_mins(10);
/// A quiet end comes within this many minutes.
const QUIET_MIN_MAX: u32 = 600;

/// A story that can be told again and again.
pub struct Story {
    seed: u64,
    machine: Machine,
    rng: Rng,
    people: People,
    referee: Referee,
    crashes: u64,
}

/// What happened in a story that broke no rule.
#[derive(Debug)]
pub struct Summary {
    pub trace: Vec<String>,
    counts: BTreeMap<&'static str, u64>,
}

impl Summary {
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.counts.iter().map(|(what, count)| (*what, *count))
    }
}

impl Story {
    pub fn of(seed: u64) -> Self {
        let (people, referee) = (People::default(), Referee::default());
        Self { seed, machine: Machine::new(seed), rng: Rng::new(!seed), people, referee, crashes: 0 }
    }

    /// Tells it to its end, or to the first broken rule.
    pub fn tell(mut self) -> Result<Summary, String> {
        let lives = 1 + self.rng.below(4);
        for number in 0..lives {
            self.maybe_set_clock_back();
            let dies = self.rng.percent(80).then(|| 1 + self.rng.below(250));
            let ended = self.live(number, dies, false);
            self.crashes += u64::from(ended.is_none());
            ended.unwrap_or(Ok(()))?;
            self.referee.catch_up(&self.machine.disk)?;
        }
        self.machine.fate.be_kind();
        self.live(lives, None, true).ok_or("a crash in the last life")??;
        self.check_end()?;
        Ok(self.summary())
    }

    fn maybe_set_clock_back(&mut self) {
        if self.rng.percent(20) {
            self.machine.time.set_wall_off(-HOUR_MS);
        }
    }

    fn live(&mut self, number: u64, dies: Option<u64>, last: bool) -> Option<Result<(), String>> {
        let mut rng = Rng::new(self.rng.next());
        let Self { people, referee, machine, .. } = self;
        machine.live(self.seed * 1_000 + number, dies, async |life| {
            let actions = if last { 5 } else { 10 + rng.below(25) };
            for _ in 0..actions {
                if rng.percent(3) {
                    machine.time.set_wall_off(-HOUR_MS);
                }
                let acted = tokio::time::timeout(PATIENCE, people.act(&mut rng, &life, referee)).await;
                acted.map_err(|_| {
                    format!("no answer to {} in {PATIENCE:?}: {:?}", people.last, life.gateway.shard.overview())
                })??;
                check_now(machine, referee, people)?;
                let pause = if rng.percent(70) { rng.below(1_000) } else { rng.below(15_000) };
                tokio::time::sleep(Duration::from_millis(pause)).await;
                if rng.percent(5) {
                    life.gateway.shard.rest_all();
                }
            }
            if last {
                become_quiet(machine, referee).await?;
                same_after_sleep(machine, &life, referee).await?;
            }
            Ok(())
        })
    }

    /// What must hold when everything has come to rest.
    fn check_end(&mut self) -> Result<(), String> {
        let Self { referee, people, machine, .. } = self;
        referee.catch_up(&machine.disk)?;
        verify(&machine.disk.bare_copy(), |_| {}).map_err(|error| error.to_string())?;
        check_promises(referee, people)?;
        check_phones(machine, referee)?;
        check_pace(machine, referee)
    }

    fn summary(self) -> Summary {
        let referee = self.referee;
        let count = |name| referee.counts.get(name).copied().unwrap_or(0);
        let mut counts = self.people.counts;
        counts.extend([
            ("seconds", self.machine.time.passed_ms() / 1_000),
            ("crashes", self.crashes),
            ("events", referee.position),
            ("sent", count("MessageSent")),
            ("failed", count("MessageFailed")),
            ("deferred", count("SendDeferred")),
            ("uncertain", count("SendUncertain")),
            ("duplicates", self.machine.whatsapp.stats().duplicates),
        ]);
        Summary { trace: referee.trace, counts }
    }
}

/// What must hold after every step: the log keeps the rules, and all that was promised is in it.
fn check_now(machine: &Machine, referee: &mut Referee, people: &People) -> Result<(), String> {
    referee.catch_up(&machine.disk)?;
    check_promises(referee, people)?;
    for tried in machine.whatsapp.tries() {
        if !referee.messages.contains_key(&tried.message) {
            return Err("handed over before it was durable".to_owned());
        }
    }
    Ok(())
}

fn check_promises(referee: &Referee, people: &People) -> Result<(), String> {
    for (id, text) in &people.promised {
        let kept = referee.messages.get(id).ok_or_else(|| format!("{id} was answered with 200 and is not durable"))?;
        if kept.text != *text {
            return Err(format!("{id} has another text"));
        }
    }
    Ok(())
}

/// Every text is on its phone once if it was sent, and not at all if it failed.
fn check_phones(machine: &Machine, referee: &Referee) -> Result<(), String> {
    for told in referee.messages.values() {
        let copies = machine.whatsapp.texts_on(&told.to).iter().filter(|text| **text == told.text).count();
        let right = match told.end {
            Some(End::Sent) => copies == 1 || (told.settled_by_hand && copies == 0),
            Some(End::Failed) => copies == 0 || (told.settled_by_hand && copies == 1),
            None => copies <= 1,
        };
        if !right {
            return Err(format!("{copies} copies on the phone of {told:?}"));
        }
    }
    Ok(())
}

/// In real time: another message only after the gap.
fn check_pace(machine: &Machine, referee: &Referee) -> Result<(), String> {
    let mut last: BTreeMap<AccountId, (MessageId, Option<u64>)> = BTreeMap::new();
    for tried in machine.whatsapp.tries() {
        let account = referee.messages.get(&tried.message).ok_or("a try of an unknown message")?.account;
        let before = last.insert(account, (tried.message, tried.ended_ms));
        if let Some((message, Some(ended_ms))) = before
            && message != tried.message
            && tried.began_ms < ended_ms + GAP_MS_MIN
        {
            return Err(format!("a message began at {}, the one before ended at {ended_ms}", tried.began_ms));
        }
    }
    Ok(())
}

/// Waits until nothing is outstanding any more.
async fn become_quiet(machine: &Machine, referee: &mut Referee) -> Result<(), String> {
    for _ in 0..QUIET_MIN_MAX {
        tokio::time::sleep(Duration::from_mins(1)).await;
        referee.catch_up(&machine.disk)?;
        if referee.outstanding() == 0 {
            // The last receipts.
            tokio::time::sleep(Duration::from_mins(1)).await;
            return referee.catch_up(&machine.disk);
        }
    }
    let stuck = referee.messages.iter().filter(|(_, told)| told.end.is_none() && !told.uncertain);
    let stuck: Vec<_> = stuck.map(|(id, _)| id.to_string()).collect();
    Err(format!("still waiting after {QUIET_MIN_MAX} min: {stuck:?}"))
}

/// Every actor knows what the log says, before and after it slept.
async fn same_after_sleep(machine: &Machine, life: &Life, referee: &Referee) -> Result<(), String> {
    let log: Arc<dyn Log> = Arc::new(machine.disk.bare_copy());
    let index = Index::open(Arc::clone(&log)).map_err(|error| error.to_string())?;
    let chats: BTreeSet<_> = referee.messages.values().map(|told| told.chat).collect();
    for _ in 0..2 {
        for workspace in referee.balances.keys() {
            same::<Workspace>(life, *workspace, log.as_ref(), &index).await?;
        }
        for account in referee.accounts.keys() {
            same::<Account>(life, *account, log.as_ref(), &index).await?;
        }
        for chat in &chats {
            same::<Chat>(life, *chat, log.as_ref(), &index).await?;
        }
        life.gateway.shard.rest_all();
        tokio::time::sleep(Duration::from_secs(5)).await;
        let busy = referee.accounts.values().filter(|line| line.blocked).count();
        let awake: usize = life.gateway.shard.overview().awake.iter().sum();
        if awake > busy {
            return Err(format!("{awake} actors do not sleep, though only {busy} have anything outstanding"));
        }
    }
    Ok(())
}

async fn same<D: Kind>(life: &Life, id: D::Id, log: &dyn Log, index: &Index) -> Result<(), String>
where
    D::State: Clone,
{
    let seen = life.gateway.shard.look::<D, _>(id, D::State::clone).await.map_err(|error| error.to_string())?.value;
    let rebuilt = replay::<D>(id, log, index, log.head().position).map_err(|error| error.to_string())?.state;
    if seen == rebuilt { Ok(()) } else { Err(format!("{id}: live {seen:?} is not {rebuilt:?}")) }
}
