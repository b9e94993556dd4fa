//! One story: several lives of a gateway under one seed, and what must hold during them and at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use events::ids::{AccountId, MessageId};
use events::verify::verify;
use tidings::transports::simulator::world::Received;

use super::client::{People, connect_all};
use super::crm::{check_posts, check_taken};
use super::fate::Rng;
use super::files::content;
use super::life::Machine;
use super::referee::{End, Referee, Told};
use super::rest::{become_quiet, same_after_sleep, stop};

const HOUR_MS: i64 = 3_600_000;
/// So long the process is down, now and then: what is held for a day is given up.
const LONG_DOWN_MS: u64 = 25 * 3_600_000;
/// Every request is answered within this time.
pub const PATIENCE: Duration = Duration::from_mins(10);
/// In most stories the fuse blows sooner than by the usual waits.
const QUICK_RETRY_S: &[u32] = &[1, 1, 2, 2, 3, 3, 4, 4, 5, 6];
/// So long nobody does anything, now and then.
const LONG_PAUSE_H: u64 = 13;

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
        let mut rng = Rng::new(!seed);
        let mut machine = Machine::new(seed);
        machine.retry_s = rng.percent(80).then(|| QUICK_RETRY_S.to_vec());
        let mut referee = Referee::default();
        referee.retry_s = machine.retry_s();
        Self { seed, machine, rng, people: People::default(), referee, crashes: 0 }
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
            referee.begin_life(life.gateway.shard.clock().now());
            let listening: Vec<_> = referee.accounts.keys().copied().collect();
            for _ in 0..actions {
                if rng.percent(3) {
                    machine.time.set_wall_off(-HOUR_MS);
                }
                let acted = tokio::time::timeout(PATIENCE, people.act(&mut rng, &life, referee, machine)).await;
                acted.map_err(|_| {
                    format!("no answer to {} in {PATIENCE:?}: {:?}", people.last, life.gateway.shard.overview())
                })??;
                check_now(machine, referee, people)?;
                let pause = if rng.percent(70) { rng.below(1_000) } else { rng.below(15_000) };
                tokio::time::sleep(Duration::from_millis(pause)).await;
                if rng.below(1_000) < 2 {
                    tokio::time::sleep(Duration::from_hours(1 + rng.below(LONG_PAUSE_H))).await;
                    people.forget_keys();
                }
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
                machine.receiver.recover();
                if rng.percent(80) || machine.retry_s.is_none() {
                    machine.receiver.poison_nothing();
                }
                people.report_all(&mut rng, &life, referee).await?;
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
        check_posts(machine, referee)?;
        check_taken(machine, referee)?;
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

/// What must hold after every step: the log keeps the rules, and all that was promised is in it.
fn check_now(machine: &Machine, referee: &mut Referee, people: &People) -> Result<(), String> {
    referee.catch_up(&machine.disk)?;
    check_promises(referee, people)?;
    check_posts(machine, referee)?;
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
