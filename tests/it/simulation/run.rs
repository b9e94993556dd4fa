//! One story: several lives of a gateway under one seed, with the checks during them and at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use events::log::Log;
use tokio::time::{sleep, timeout};

use super::checks::{Judge, check_heard};
use super::client::{NO_ANSWER, People, connect_all};
use super::disk::Failing;
use super::export::{self, comes_back_the_same};
use super::fate::Rng;
use super::life::{Life, Machine};
use super::memories::Memories;
use super::plan::{Step, What, plan};
use super::rebuild;
use super::referee::Referee;
use super::rest::{become_quiet, same_after_sleep, stop};
use super::travel::{replays_as_kept, same_at_any_time, same_at_every_position};

const HOUR_MS: i64 = 3_600_000;
/// Every request must be answered within this time.
pub const PATIENCE: Duration = Duration::from_mins(10);
const STARTS_MAX: u32 = 10;
/// The stories in which every state is looked at as of every position; in all of them it would take too long.
pub const SEEDS_AT_EVERY_POSITION: u64 = 200;
/// In most stories the waits are short, so that the fuse blows sooner.
const QUICK_RETRY_S: &[u32] = &[1, 1, 2, 2, 3, 3, 4, 4, 5, 6];

/// A story that can be run again and again, whole or in part.
pub struct Story {
    seed: u64,
    machine: Machine,
    rng: Rng,
    steps: Vec<Step>,
    lives: u64,
    people: People,
    referee: Referee,
    judge: Judge,
    memories: Memories,
    done: Vec<u32>,
    crashes: u64,
}

/// The result of a story that broke no rule.
#[derive(Debug)]
pub struct Summary {
    /// A digest of the whole log and of all requests to the CRM.
    pub digest: String,
    pub faults: BTreeMap<&'static str, u64>,
    counts: BTreeMap<&'static str, u64>,
}

/// The rule that a story broke, and the way there.
#[derive(Debug, Clone)]
pub struct Broken {
    pub rule: String,
    /// The steps that were taken.
    pub done: Vec<u32>,
    pub faults: Vec<&'static str>,
    /// The events in words, if a diary was kept.
    pub diary: Vec<String>,
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
        machine.attachments = rng.percent(25);
        machine.mails = rng.percent(75);
        machine.scarce_seeds = true;
        machine.failing = Failing { reads: rng.percent(25), writes: true };
        let (steps, lives) = plan(&mut rng);
        let mut referee = Referee::default();
        referee.retry_s = machine.retry_s();
        referee.attachments = machine.attachments;
        referee.leaks = machine.leaks.clone();
        let (people, judge, memories) = (People::default(), Judge::default(), Memories::default());
        Self { seed, machine, rng, steps, lives, people, referee, judge, memories, done: Vec::new(), crashes: 0 }
    }

    /// Keeps only these steps.
    pub fn only(mut self, steps: &[u32]) -> Self {
        let wanted: BTreeSet<u32> = steps.iter().copied().collect();
        self.steps.retain(|step| wanted.contains(&step.number));
        self
    }

    /// Excludes faults of these kinds.
    pub fn without(self, faults: &[&'static str]) -> Self {
        for fault in faults {
            self.machine.fate.never(fault);
        }
        self
    }

    /// Keeps a diary with every request, fault and step.
    pub fn with_diary(self) -> Self {
        self.machine.fate.keep_diary();
        self
    }

    /// Runs the story to its end, or to the first broken rule.
    pub fn tell(mut self) -> Result<Summary, Box<Broken>> {
        let machine = self.machine.clone();
        let told = super::guarded(|| self.tell_on());
        let faults = machine.fate.faults();
        match told {
            Ok(()) => Ok(self.summary(faults)),
            Err(rule) => Err(Box::new(Broken {
                rule,
                done: self.done,
                faults: faults.into_keys().collect(),
                diary: machine.fate.diary(),
            })),
        }
    }

    fn tell_on(&mut self) -> Result<(), String> {
        for number in 0..self.lives {
            let last = number + 1 == self.lives;
            let steps: Vec<Step> = self.steps.iter().filter(|step| step.life == number).copied().collect();
            if steps.is_empty() && !last {
                continue;
            }
            self.machine.fate.note(|| format!("life {number}"));
            self.machine.failing.writes = !last;
            let mut ended = self.live(number, &steps, last);
            if last {
                // The disk may fail to read at the start, so the gateway is started again.
                for _ in 0..STARTS_MAX {
                    ended = ended.or_else(|| self.live(number, &steps, last));
                }
                ended.ok_or("a crash in the last life")??;
            } else {
                self.crashes += u64::from(ended.is_none());
                ended.unwrap_or(Ok(()))?;
                self.referee.catch_up(&self.machine.disk)?;
                self.go_down(&steps);
            }
        }
        let Self { machine, referee, people, judge, .. } = self;
        judge.check_end(machine, referee, people)?;
        same_at_any_time(machine, referee, &mut self.rng)?;
        replays_as_kept(machine)?;
        if self.seed < SEEDS_AT_EVERY_POSITION {
            same_at_every_position(machine, referee, &self.memories, &mut self.rng)?;
        }
        if export::is_wanted(self.seed) { comes_back_the_same(machine, referee, &mut self.rng) } else { Ok(()) }
    }

    fn go_down(&mut self, steps: &[Step]) {
        for step in steps {
            if let What::Down(hours) = step.what {
                self.machine.fate.note(|| format!("#{} down for {hours} h", step.number));
                self.done.push(step.number);
                self.machine.time.end_life(hours * 3_600_000);
                self.people.forget_keys();
            }
        }
    }

    fn live(&mut self, number: u64, steps: &[Step], last: bool) -> Option<Result<(), String>> {
        let seed = self.seed;
        let Self { people, referee, machine, judge, memories, done, .. } = self;
        let dies = steps.iter().find_map(|step| match step.what {
            What::Dies(calls) => Some((step.number, calls)),
            _ => None,
        });
        done.extend(dies.map(|(number, _)| number));
        machine.live(seed * 1_000 + number, dies.map(|(_, calls)| calls), async |life| {
            let told = async {
                referee.begin_life(life.gateway.shard.clock().now());
                let listening: Vec<_> = referee.accounts.keys().copied().collect();
                for step in steps {
                    let mut rng = Rng::new(seed ^ u64::from(step.number).wrapping_mul(0xD6E8_FEB8_6659_FD93));
                    if !matches!(step.what, What::Dies(_) | What::Down(_)) {
                        done.push(step.number);
                    }
                    take(step, &mut rng, &life, machine, people, referee).await?;
                    judge.check_now(machine, referee, people)?;
                    rebuild::now_and_then(step.number, machine, &life, referee).await?;
                }
                if last {
                    machine.fate.be_kind();
                    life.gateway.readiness.set_disk(u64::MAX, false);
                    come_to_rest(machine, &life, people, referee, &mut Rng::new(!seed)).await?;
                    check_heard(referee, people, &listening)?;
                    same_after_sleep(machine, &life, referee).await?;
                }
                Ok(())
            };
            if seed >= SEEDS_AT_EVERY_POSITION {
                return told.await;
            }
            tokio::select! {
                biased;
                told = told => told,
                never = memories.watch(machine, &life) => never,
            }
        })
    }

    fn summary(self, faults: BTreeMap<&'static str, u64>) -> Summary {
        let Self { referee, machine, people, judge, .. } = self;
        let mut counts = people.counts;
        counts.extend(referee.counts);
        counts.extend([
            ("virtual seconds", machine.time.passed_ms() / 1_000),
            ("crashes", self.crashes),
            ("events", referee.position),
            ("duplicates", machine.whatsapp.stats().duplicates),
            ("test reports", judge.seen.tests),
            ("mended blocks", machine.disk.vault.mended()),
            ("letters taken", machine.mail.look(|taken| taken.len() as u64)),
        ]);
        let posts = machine.receiver.look(|posts| format!("{posts:?}"));
        let digest = format!("{} {}", machine.disk.bare_copy().head().hash, tidings::secrets::digest(&posts));
        Summary { digest, faults, counts }
    }
}

async fn take(
    step: &Step,
    rng: &mut Rng,
    life: &Life,
    machine: &Machine,
    people: &mut People,
    referee: &mut Referee,
) -> Result<(), String> {
    let number = step.number;
    let now_s = machine.time.passed_ms() / 1_000;
    match step.what {
        What::ClockBack => machine.time.set_wall_off(-HOUR_MS),
        What::Pause(ms) => sleep(Duration::from_millis(ms)).await,
        What::LongPause(hours) => {
            sleep(Duration::from_hours(hours)).await;
            people.forget_keys();
        }
        What::Rest => life.gateway.shard.passivate_all(),
        What::Full(full) => life.gateway.readiness.set_disk(if full { 0 } else { u64::MAX }, full),
        What::Stop => stop(machine, life, referee).await?,
        What::Act => {
            machine.fate.note(|| format!("#{number} at {now_s} s"));
            people.at(now_s);
            referee.catch_up(&machine.disk)?;
            let acted = timeout(PATIENCE, people.act(rng, life, referee, machine)).await;
            let overview =
                || format!("no answer to {} in {PATIENCE:?}: {:?}", people.last, life.gateway.shard.overview());
            let acted = acted.map_err(|_| overview())?;
            machine.fate.note(|| format!("#{number} was: {}", people.last));
            return acted.or_else(|rule| if rule == NO_ANSWER { Ok(()) } else { Err(rule) });
        }
        What::Dies(_) | What::Down(_) => return Ok(()),
    }
    machine.fate.note(|| format!("#{number} at {now_s} s: {:?}", step.what));
    Ok(())
}

/// Lets everything continue that was held, until nothing is outstanding any more.
async fn come_to_rest(
    machine: &Machine,
    life: &Life,
    people: &mut People,
    referee: &mut Referee,
    rng: &mut Rng,
) -> Result<(), String> {
    if rng.percent(50) {
        people.release_all(life, referee).await?;
    }
    connect_all(&machine.whatsapp);
    machine.whatsapp.tell_again();
    machine.receiver.recover();
    if rng.percent(80) || machine.retry_s.is_none() {
        machine.receiver.poison_nothing();
    }
    people.report_all(rng, life, referee).await?;
    become_quiet(machine, life, referee).await
}
