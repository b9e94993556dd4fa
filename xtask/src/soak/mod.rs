//! `soak`: runs mixed traffic for hours at half of the accounts' capacity; then checks that everything adds up and
//! nothing has grown.

mod judge;
mod ledger;
mod page;
mod samples;
mod stream;
mod tenant;
mod traffic;

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use self::samples::Sample;
use self::tenant::{Counts, Tenant};
use crate::http::Client;
use crate::process::{cargo, fresh_folder, output, run as run_program, target};
use crate::server::Server;
use crate::stopwatch::Stopwatch;
use crate::workspace::verify_chain;
use crate::world::{NETWORKS, Receiver, Simulator};

const TENANTS: u64 = 4;
const ACCOUNTS: u64 = 5;
/// Half of an account's capacity, which is one message per mean gap of 2 s.
const MESSAGES_PER_ACCOUNT_S: f64 = 0.25;
/// The smallest page cache, so that a short soak fills it.
const CACHE_MB: &str = "16";
/// Messages from contacts to each workspace before the soak.
const WARM_UP: usize = 6_000;
const SAMPLE_EVERY: Duration = Duration::from_secs(4);
const FAIL_EVERY: Duration = Duration::from_secs(40);
/// Time limit until everything queued or aggregated has left.
const DRAINED: Duration = Duration::from_mins(5);
const STOPPED: Duration = Duration::from_mins(1);

/// The processes and workspaces of a soak.
struct Soak {
    server: Server,
    simulator: Simulator,
    receiver: Receiver,
    tenants: Vec<Tenant>,
    data_dir: PathBuf,
    rate: u64,
}

/// Runs for this many minutes of the rules' time, which is `rate` times as fast as real time, and writes chart and
/// figures into `benches`.
pub fn run(minutes: u64, rate: u64) -> Result<()> {
    run_program(&mut cargo(["build", "--release", "--package", "tidings", "--bin", "tidings"]))?;
    let mut soak = Soak::start(rate)?;
    let time = Duration::from_secs(minutes * 60) / u32::try_from(rate)?;
    println!("{minutes} minutes of the rules' time in {} s", time.as_secs());
    let warmed = soak.warm_up();
    let result = warmed
        .and_then(|()| soak.at_work(time))
        .and_then(|samples| soak.finish(&samples).map(|counts| (samples, counts)));
    let (samples, counts) = result.map_err(|error| error.context(soak.server.last_words()))?;
    page::write(minutes, rate, &samples, &counts)?;
    judge::judge(&samples)
}

impl Soak {
    fn start(rate: u64) -> Result<Self> {
        let folder = fresh_folder("soak")?;
        let binary = target().join("release").join("tidings");
        let (receiver, simulator) = (Receiver::start()?, Simulator::start(&binary, rate)?);
        let mut command = Command::new(&binary);
        command.env("TIDINGS_SIMULATOR__URL", simulator.url());
        command.env("TIDINGS_SIMULATOR__CLOCK_RATE", rate.to_string());
        command.env("TIDINGS_GUARD__ALLOW_NETWORKS", NETWORKS);
        command.env("TIDINGS_OUTBOUND__ATTACHMENTS", "include");
        command.env("TIDINGS_LOG__CACHE_MB", CACHE_MB);
        let data_dir = folder.join("data");
        let server = Server::start(command, &data_dir, &folder.join("server.log"))?;
        let client = Client::new(server.address);
        let tenant = |nth| Tenant::create(&client, &receiver, nth, ACCOUNTS);
        let tenants = (0..TENANTS).map(tenant).collect::<Result<_>>()?;
        Ok(Self { server, simulator, receiver, tenants, data_dir, rate })
    }

    /// Fills the store's page cache and wakes every chat, so that later growth has another cause.
    fn warm_up(&self) -> Result<()> {
        let watch = Stopwatch::start();
        thread::scope(|scope| {
            let warm = |tenant| scope.spawn(move || traffic::flood(tenant, &self.simulator, WARM_UP));
            let hands: Vec<_> = self.tenants.iter().map(warm).collect();
            for hand in hands {
                match hand.join() {
                    Ok(done) => done?,
                    Err(_) => bail!("a contact panicked"),
                }
            }
            Ok(())
        })?;
        self.wait_until_nothing_is_left(&Client::new(self.server.address))?;
        println!("warm after {watch}");
        Ok(())
    }

    /// Runs all traffic for this time and returns the samples.
    fn at_work(&self, time: Duration) -> Result<Vec<Sample>> {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let mut hands = Vec::new();
            for tenant in &self.tenants {
                let (is_over, address) = (&is_over, self.server.address);
                hands.push(scope.spawn(move || traffic::post(tenant, self.every(), &self.receiver, address, is_over)));
                hands.push(scope.spawn(move || traffic::talk(tenant, &self.simulator, is_over)));
                hands.push(scope.spawn(move || traffic::turn_switches(tenant, address, is_over)));
                hands.push(scope.spawn(move || stream::follow(tenant, address, is_over)));
            }
            let seen = self.look_on(time);
            is_over.store(true, Ordering::Release);
            self.receiver.fail(None);
            for hand in hands {
                match hand.join() {
                    Ok(done) => done?,
                    Err(_) => bail!("a part of the traffic panicked"),
                }
            }
            seen
        })
    }

    /// The time between two posts of a tenant.
    fn every(&self) -> Duration {
        let rate = f64::from(u32::try_from(self.rate * ACCOUNTS).unwrap_or(u32::MAX));
        Duration::from_secs_f64(1.0 / (rate * MESSAGES_PER_ACCOUNT_S))
    }

    /// Takes samples, while the receivers fail one after the other and recover.
    fn look_on(&self, time: Duration) -> Result<Vec<Sample>> {
        let (watch, mut samples) = (Stopwatch::start(), Vec::new());
        let client = Client::new(self.server.address);
        while watch.elapsed() < time {
            let turn = usize::try_from(watch.elapsed().as_secs() / FAIL_EVERY.as_secs())?;
            let path = self.tenants.get(turn / 2 % self.tenants.len()).map(|tenant| tenant.hook.as_str());
            self.receiver.fail(path.filter(|_| turn % 2 == 1));
            samples.push(self.sample(&client, watch)?);
            thread::sleep(SAMPLE_EVERY);
        }
        Ok(samples)
    }

    fn sample(&self, client: &Client, watch: Stopwatch) -> Result<Sample> {
        Sample::take(client, self.server.pid(), &self.data_dir, watch.elapsed() * u32::try_from(self.rate)?)
    }

    /// Waits until everything has left, then checks all counts.
    fn finish(&mut self, samples: &[Sample]) -> Result<Counts> {
        ensure!(!samples.is_empty(), "nothing was sampled");
        let client = Client::new(self.server.address);
        for tenant in &self.tenants {
            tenant.turn_everything_on(&client)?;
        }
        self.wait_until_nothing_is_left(&client)?;
        let mut counts = Counts::default();
        for tenant in &self.tenants {
            let part = tenant.counts();
            ledger::adds_up(tenant, &part, &client).with_context(|| format!("the ledger of {}", tenant.hook))?;
            counts.add(&part);
        }
        judge::everything_was_told(self, &mut counts)?;
        verify_chain(&client)?;
        let status = self.server.stop(STOPPED)?;
        ensure!(status.success(), "it did not stop in peace: {status}");
        ensure!(self.server.last_words().contains("Nothing is queued."), "something stays queued");
        let binary = target().join("release").join("tidings");
        output(Command::new(binary).args(["events", "verify", "--data-dir"]).arg(&self.data_dir))?;
        Ok(counts)
    }

    fn wait_until_nothing_is_left(&self, client: &Client) -> Result<()> {
        let watch = Stopwatch::start();
        loop {
            for tenant in &self.tenants {
                tenant.flush(client)?;
            }
            let sample = self.sample(client, watch)?;
            let owed: u64 = self.tenants.iter().map(|tenant| tenant.owed(client)).sum::<Result<u64>>()?;
            if (sample.messages_waiting, sample.agenda, owed) == (0, 0, 0) {
                println!("nothing was left after {watch}");
                return Ok(());
            }
            ensure!(watch.elapsed() < DRAINED, "still there: {owed} reports, {sample:?}");
            thread::sleep(SAMPLE_EVERY);
        }
    }
}
