//! One story: several lives of a gateway under one seed, and what must hold during them and at the end.

use std::collections::BTreeMap;
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
use tidings::transports::simulator::world::Received;

use super::client::{People, connect_all};
use super::fate::Rng;
use super::files::content;
use super::life::{Life, Machine};
use super::referee::{End, Referee, Told};

const HOUR_MS: i64 = 3_600_000;
/// So long the process is down, now and then: what is held for a day is given up.
const LONG_DOWN_MS: u64 = 25 * 3_600_000;
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
            if self.rng.percent(6) {
                self.machine.time.end_life(LONG_DOWN_MS);
                self.people.forget_keys();
            }
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
            let listening: Vec<_> = referee.accounts.keys().copied().collect();
            for _ in 0..actions {
                if rng.percent(3) {
                    machine.time.set_wall_off(-HOUR_MS);
                }
                let acted =
                    tokio::time::timeout(PATIENCE, people.act(&mut rng, &life, referee, &machine.whatsapp)).await;
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
            if !last && rng.percent(30) {
                stop(machine, &life, referee).await?;
            }
            if last {
                if rng.percent(50) {
                    people.release_all(&life, referee).await?;
                }
                connect_all(&machine.whatsapp);
                become_quiet(machine, referee).await?;
                check_heard(referee, people, &listening)?;
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
        check_dry_runs(referee, people)?;
        check_phones(machine, referee)?;
        check_pace(machine, referee)
    }

    fn summary(self) -> Summary {
        let referee = self.referee;
        let mut counts = self.people.counts;
        counts.extend(referee.counts);
        counts.extend([
            ("seconds", self.machine.time.passed_ms() / 1_000),
            ("crashes", self.crashes),
            ("events", referee.position),
            ("duplicates", self.machine.whatsapp.stats().duplicates),
        ]);
        Summary { trace: referee.trace, counts }
    }
}

/// The life ends in peace: nothing is under way any more, and it is known what waits.
async fn stop(machine: &Machine, life: &Life, referee: &mut Referee) -> Result<(), String> {
    let stopped = tokio::time::timeout(PATIENCE, life.gateway.stop()).await;
    let waiting = stopped.map_err(|_| format!("did not stop in {PATIENCE:?}"))?;
    referee.catch_up(&machine.disk)?;
    let known: usize = referee.accounts.values().map(|line| line.waiting.len()).sum();
    let trying = referee.accounts.values().filter(|line| line.trying.is_some()).count();
    let right = waiting == known as u64 && trying == 0;
    if right { Ok(()) } else { Err(format!("stopped with {waiting} waiting; {known} wait, {trying} are under way")) }
}

/// What must hold after every step: the log keeps the rules, and all that was promised is in it.
fn check_now(machine: &Machine, referee: &mut Referee, people: &People) -> Result<(), String> {
    referee.catch_up(&machine.disk)?;
    check_promises(referee, people)?;
    let mut begun: BTreeMap<MessageId, u32> = BTreeMap::new();
    for tried in machine.whatsapp.tries() {
        *begun.entry(tried.message).or_default() += 1;
    }
    for (message, tries) in begun {
        if referee.messages.get(&message).is_none_or(|told| told.tries < tries) {
            return Err("handed over before it was durable".to_owned());
        }
    }
    Ok(())
}

fn check_promises(referee: &Referee, people: &People) -> Result<(), String> {
    for (id, promise) in &people.promised {
        let kept = referee.messages.get(id).ok_or_else(|| format!("{id} was answered with 200 and is not durable"))?;
        if !promise.is_kept_by(kept, referee) {
            return Err(format!("{id} was promised as {promise:?} and became {kept:?}"));
        }
    }
    Ok(())
}

/// What was only asked about was never queued.
fn check_dry_runs(referee: &Referee, people: &People) -> Result<(), String> {
    for tried in &people.only_tried {
        if let Some(told) = referee.messages.values().find(|told| tried.is_about(told)) {
            return Err(format!("a dry run queued {told:?}"));
        }
    }
    Ok(())
}

/// Every account has heard once what was said to it. (That nothing is heard twice, the referee sees.)
fn check_heard(referee: &Referee, people: &People, listening: &[AccountId]) -> Result<(), String> {
    for (phone, text) in &people.said {
        let accounts = listening.iter().filter(|account| referee.accounts[account].phone == *phone);
        for account in accounts {
            if !referee.heard.contains(&(*account, text.clone())) {
                return Err(format!("{account} has not heard {text:?}"));
            }
        }
    }
    Ok(())
}

/// Every message is on its phone once if it was sent, with its file, and not at all if it failed.
fn check_phones(machine: &Machine, referee: &Referee) -> Result<(), String> {
    for (id, told) in &referee.messages {
        let on_phone = machine.whatsapp.messages_on(&told.to);
        let found: Vec<_> = on_phone.iter().filter(|message| message.id == *id).collect();
        let whole = |message: &&Received| *message.text == told.text && has_its_file(message, told);
        if !found.iter().copied().all(|message| whole(&message)) {
            return Err(format!("{found:?} is not {told:?}"));
        }
        let copies = found.len();
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

fn has_its_file(message: &Received, told: &Told) -> bool {
    match (&message.file, &told.file) {
        (None, None) => true,
        (Some(file), Some((url, name))) => *file.name == **name && file.size == content(url).len(),
        _ => false,
    }
}

/// In real time: another message only after the gap. (The same one may be tried anew at once after a crash.)
fn check_pace(machine: &Machine, referee: &Referee) -> Result<(), String> {
    let mut last: BTreeMap<AccountId, (MessageId, Option<u64>)> = BTreeMap::new();
    for tried in machine.whatsapp.tries() {
        let told = referee.messages.get(&tried.message).ok_or("a try of an unknown message")?;
        let before = last.insert(told.account, (tried.message, tried.ended_ms));
        if let Some((message, Some(ended_ms))) = before
            && message != tried.message
            && tried.began_ms < ended_ms + told.gap_ms_min
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
    for _ in 0..2 {
        for workspace in referee.balances.keys() {
            same::<Workspace>(life, *workspace, log.as_ref(), &index).await?;
        }
        for account in referee.accounts.keys() {
            same::<Account>(life, *account, log.as_ref(), &index).await?;
        }
        for chat in referee.chats.keys() {
            same::<Chat>(life, *chat, log.as_ref(), &index).await?;
        }
        life.gateway.shard.rest_all();
        tokio::time::sleep(Duration::from_secs(5)).await;
        let busy = referee.accounts.values().filter(|line| !line.waiting.is_empty()).count();
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
