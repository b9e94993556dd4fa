//! Measures how exactly gaps are kept when ten thousand accounts send at once. A gateway starts on a log in which
//! every account of many workspaces has waiting messages, so each sends one about every 2 s, through the simulator.
//! Times are those of the log: a send is due when the gap after the account's last outcome ends, and arrives when its
//! own outcome is decided, so lateness includes making the start durable and handing the message over. Promised at
//! 10,000 accounts: never early, p99 at most 50 ms late. A bare timer in the same seconds shows how late the machine
//! itself is.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures on stdout, words on stderr")]
#![allow(clippy::indexing_slicing, reason = "a bench may fail loudly")]

#[allow(dead_code, reason = "shared with other benches")]
mod gateway;
#[allow(dead_code, reason = "shared with other benches")]
mod kit;

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use actors::account::pacing::Gap;
use actors::runtime::clock::wall_now;
use events::account::{MessageSent, SendDeferred, SendStarted};
use events::codec::{Opening, decode};
use events::event::Event;
use events::ids::AccountId;
use events::log::{Log, ReadError};
use events::record::Record;
use events::store::sled_log::SledLog;
use events::time::Timestamp;
use tidings::bench::figures::{Spread, float};
use tidings::bench::synthetic::{GenerateError, LogGenerator, Tenant};
use tokio::time::{Instant, sleep, sleep_until};

use gateway::Gateway;
use kit::{chart_lines, is_short, is_wanted, machine, unless_short};

const CACHE_MB: u64 = 256;
const ACCOUNTS: [u64; 5] = [100, 1_000, 2_500, 5_000, 10_000];
const SHORT_ACCOUNTS: [u64; 2] = [100, 1_000];
/// Accounts of each workspace.
const ACCOUNTS_EACH: u64 = 100;
/// All accounts are due at once at the start; after this time their turns have spread out.
const SPREADING: Duration = Duration::from_secs(8);
const MEASURED: Duration = Duration::from_secs(15);
const SHORT: Duration = Duration::from_secs(3);
/// Sends that were due before the end are waited for this long.
const AFTER: Duration = Duration::from_secs(2);
/// Interval of the bare timer.
const MOMENT: Duration = Duration::from_millis(5);
/// The shortest gap bounds how many messages an account can send.
const GAP_MS_MIN: u64 = 1_500;
/// Sends that are at most this late count as in time.
const PROMISED_MS: f64 = 50.0;

fn main() -> io::Result<()> {
    if !is_wanted() {
        return Ok(());
    }
    let accounts = if is_short() { SHORT_ACCOUNTS.as_slice() } else { &ACCOUNTS };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let seconds = measured().as_secs();
    println!("{}; gaps of 1.5 to 2.5 s; {seconds} s, after {} s\n", machine(), spreading().as_secs());
    println!(
        "| accounts | sends/s | early | p50 ms late | p99 ms late | latest ms | decided p99 ms late | bare timer p99 ms late \
         | CPU cores |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut curves = [const { Vec::new() }; 4];
    for accounts in accounts {
        let directory = tempfile::tempdir()?;
        queue(directory.path(), *accounts).map_err(io::Error::other)?;
        let pace = runtime.block_on(measure(directory.path(), *accounts))?;
        let Pace { per_second, early, late, decided, timer, cores } = &pace;
        let (p50, p99, latest, timer) = (late.ms(50), late.ms(99), late.ms(100), timer.ms(99));
        let row = format!("{per_second:.0} | {early} | {p50:.0} | **{p99:.0}** | {latest:.0} | {:.0}", decided.ms(99));
        println!("| {accounts} | {row} | {timer:.1} | {cores:.2} |");
        for (curve, value) in curves.iter_mut().zip([p50, p99, timer, PROMISED_MS]) {
            curve.push((float(*accounts), value.max(1.0)));
        }
    }
    let [p50, p99, timer, promised] = curves;
    let series = [("p50", p50), ("p99", p99), ("bare timer, p99", timer), ("promised p99", promised)];
    let title = "Lateness of a send against the end of its gap";
    chart_lines("pacing", title, ("accounts that send", true), ("ms", true), &series);
    Ok(())
}

fn measured() -> Duration {
    unless_short(SHORT, MEASURED)
}

fn spreading() -> Duration {
    unless_short(SHORT, SPREADING)
}

/// Figures on how the sends kept their gaps.
struct Pace {
    per_second: f64,
    /// Sends of the whole run that began before their gap had ended.
    early: u64,
    /// From the end of the gap to the outcome.
    late: Spread,
    /// From the end of the gap to the decision to send.
    decided: Spread,
    /// How late a timer of this program was meanwhile, which does nothing else: the machine's own share.
    timer: Spread,
    /// CPU cores that the gateway kept busy.
    cores: f64,
}

async fn measure(directory: &Path, accounts: u64) -> io::Result<Pace> {
    let gateway = Gateway::start(directory).await?;
    sleep(spreading()).await;
    let (from, cpu) = (wall_now(), gateway.cpu_seconds()?);
    let timer = oversleeping(measured()).await;
    let (to, cpu) = (wall_now(), gateway.cpu_seconds()? - cpu);
    sleep(AFTER).await;
    gateway.stop()?;
    let log = SledLog::open(directory, CACHE_MB).map_err(io::Error::other)?;
    let mut watch = Watch { from, to, ..Watch::default() };
    watch.read(&log).map_err(io::Error::other)?;
    let seconds = measured().as_secs_f64();
    let per_second = float(watch.late.len() as u64) / seconds;
    eprintln!("{accounts} accounts: {per_second:.0} sends/s, {} early", watch.early);
    let (late, decided) = (Spread::of(watch.late), Spread::of(watch.decided));
    Ok(Pace { per_second, early: watch.early, late, decided, timer, cores: cpu / seconds })
}

/// Sleeps for a moment again and again; returns how much longer each sleep took.
async fn oversleeping(time: Duration) -> Spread {
    let (end, mut late) = (Instant::now() + time, Vec::new());
    while Instant::now() < end {
        let due = Instant::now() + MOMENT;
        sleep_until(due).await;
        late.push(due.elapsed());
    }
    Spread::of(late)
}

/// Queues for every account as many messages as it can send meanwhile.
fn queue(directory: &Path, accounts: u64) -> Result<(), GenerateError> {
    let mut generator = LogGenerator::open(directory, CACHE_MB, wall_now())?;
    let each = u64::try_from((spreading() + measured() + AFTER).as_millis()).unwrap_or(u64::MAX) / GAP_MS_MIN + 2;
    let of = |nth| Tenant::nth(nth, ACCOUNTS_EACH.min(accounts), ACCOUNTS_EACH.min(accounts));
    let tenants: Vec<Tenant> = (0..accounts.div_ceil(ACCOUNTS_EACH)).map(of).collect();
    tenants.iter().try_for_each(|tenant| tenant.make(&mut generator))?;
    for nth in 0..each * ACCOUNTS_EACH.min(accounts) {
        tenants.iter().try_for_each(|tenant| tenant.queue(&mut generator, nth))?;
    }
    generator.finish()
}

/// The sends as the log shows them.
#[derive(Default)]
struct Watch {
    from: Timestamp,
    to: Timestamp,
    outcomes: HashMap<AccountId, Timestamp>,
    due: HashMap<AccountId, Timestamp>,
    early: u64,
    late: Vec<Duration>,
    decided: Vec<Duration>,
}

impl Watch {
    fn read(&mut self, log: &SledLog) -> Result<(), ReadError> {
        for stored in log.read(1) {
            let record = decode(&stored?, Opening::Shut)?;
            record.events.iter().for_each(|event| self.see(&record, event));
        }
        Ok(())
    }

    fn see(&mut self, record: &Record, event: &Event) {
        match event {
            Event::SendStarted(SendStarted { message, account, try_number }) => {
                let Some(outcome) = self.outcomes.get(account) else { return };
                let due = outcome.plus_ms(Gap::default().wait_ms(*message, *try_number));
                self.early += u64::from(record.recorded_at < due);
                if self.counts(due) {
                    self.decided.push(Duration::from_millis(record.recorded_at.since_ms(due)));
                }
                self.due.insert(*account, due);
            }
            Event::MessageSent(MessageSent { account, at, .. }) => {
                if let Some(due) = self.due.remove(account)
                    && self.counts(due)
                {
                    self.late.push(Duration::from_millis(at.since_ms(due)));
                }
                self.outcomes.insert(*account, *at);
            }
            Event::SendDeferred(SendDeferred { account, at, .. }) => {
                self.outcomes.insert(*account, *at);
            }
            _ => {}
        }
    }

    fn counts(&self, due: Timestamp) -> bool {
        (self.from..self.to).contains(&due)
    }
}
