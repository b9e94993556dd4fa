//! `tidings bench deliver`: delivers a backlog of reports to a receiver on this machine, then measures how long
//! single reports take.

use events::record::Cause;
use events::who::Who;
use std::time::Duration;

use actors::runtime::clock::wall_now;
use actors::webhook::{self, AT_ONCE, Configure, Webhook};
use tokio::time::{Instant, interval, sleep};

use super::gateway::{Running, data_dir};
use super::{Bench, Figures, failed};
use crate::bench::append::commit_bytes;
use crate::bench::figures::{Spread, float, per_second};
use crate::bench::receiver::{Arrival, Receiver};
use crate::bench::synthetic::{GenerateError, LogGenerator, Tenant};
use crate::cli::exit::{Exit, Failure};
use crate::gateway::Gateway;
use crate::outbound::KeyRing;
use crate::whatsapp::transports::simulator::Shared;
use crate::whatsapp::transports::simulator::address::Address;
use crate::whatsapp::transports::simulator::world::Incoming;

/// Owed reports for each second of measuring: more than can be delivered in that time.
const OWED_A_SECOND: u64 = 10_000;
const CHATS: u64 = 1_000;
/// How many messages contacts write per second, and for how long, after the backlog is discarded.
const WRITTEN_A_SECOND: u64 = 100;
const WRITING: Duration = Duration::from_secs(3);
/// Each contact has a chat of its own, because reports of one chat are delivered one at a time.
const CONTACTS: u64 = 50;
const PAUSE: Duration = Duration::from_millis(5);
/// How long to wait for the reports to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
const BY: Who = Who::Operator;

pub(super) fn measure(bench: &Bench) -> Result<Figures, Failure> {
    let bytes = commit_bytes().map_err(|error| Failure::because(Exit::Failed, &error))?.len() * AT_ONCE;
    let receiver = Receiver::start().map_err(|error| failed(&error))?;
    let url = format!("http://{}/hooks", receiver.address);
    let tenant = Tenant { reports: Some(url), ..Tenant::nth(0, 1, CHATS) };
    owe(bench, &tenant)?;
    let work = || actix::System::new().block_on(deliver(bench, &tenant, &receiver));
    let ((count, took, syncs, spread), disk) = bench.beside_the_disk(bytes, work)?;
    Ok(Figures {
        unit: "reports delivered",
        per_second: per_second(count, took),
        spread,
        each: "a report, from the contact's message to its receiver",
        syncs_each: Some(float(syncs) / float(count.max(1))),
        limit: disk.per_second * float(AT_ONCE as u64),
        limit_is: format!("a plain file that is synced once for every {AT_ONCE} reports"),
        disk: Some(disk),
    })
}

/// Writes the backlog of reports to the log before the gateway starts.
fn owe(bench: &Bench, tenant: &Tenant) -> Result<(), GenerateError> {
    let mut generator = LogGenerator::open(&data_dir(bench), bench.config.log.cache_mb, wall_now())?;
    tenant.make(&mut generator)?;
    tenant.switch_off(&mut generator)?;
    (0..bench.time.as_secs() * OWED_A_SECOND).try_for_each(|nth| tenant.owe(&mut generator, nth))?;
    generator.finish()
}

/// Returns how many reports arrived, in which time and with how many syncs, and the latencies of single reports.
async fn deliver(bench: &Bench, tenant: &Tenant, receiver: &Receiver) -> Result<(u64, Duration, u64, Spread), Failure> {
    let running = Running::start(bench).await?;
    let gateway = running.started.gateway.clone();
    let before = running.syncs();
    switch(&gateway, tenant, true, false).await?;
    let first = receiver.wait_for(1, PATIENCE).await.map_err(|error| failed(&error))?;
    sleep(bench.time).await;
    let (arrivals, syncs) = (receiver.arrivals(), running.syncs() - before);
    // Discard the rest of the backlog: it would delay the reports of the messages written now.
    switch(&gateway, tenant, false, false).await?;
    switch(&gateway, tenant, true, true).await?;
    let spread = written(running.started.simulator.as_ref(), tenant, receiver).await?;
    running.end().await;
    let took = arrivals.iter().map(|arrival| arrival.at).max().zip(first.first());
    let took = took.map_or(bench.time, |(last, first)| last - first.at);
    Ok((arrivals.len() as u64, took, syncs, spread))
}

async fn switch(gateway: &Gateway, tenant: &Tenant, enabled: bool, discard: bool) -> Result<(), Failure> {
    let webhook = tenant.webhook();
    KeyRing::kept_or_first(gateway.secrets.as_ref(), webhook, &gateway.entropy)
        .map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    let (by, reason) = (BY, "measured".to_owned());
    let configure = Configure { webhook, url: None, aggregation: None, enabled: Some(enabled), discard, by, reason };
    let cause = Cause::request(BY, gateway.entropy.command_id(), None);
    let told = gateway.shard.execute::<Webhook>(webhook, webhook::Command::Configure(configure), cause).await;
    told.map(drop).map_err(|error| Failure::new(Exit::Failed, error.to_string()))
}

/// Lets contacts write at an even pace. Measures the time from each message until its report reaches the receiver.
async fn written(simulator: Option<&Shared>, tenant: &Tenant, receiver: &Receiver) -> Result<Spread, Failure> {
    let phone = |text: &str| Address::parse(text).ok_or_else(|| Failure::new(Exit::Failed, "no phone"));
    let account = phone(&tenant.phone(0))?;
    let contacts: Vec<Address> =
        (0..CONTACTS).filter_map(|nth| Address::parse(&format!("+12025551{nth:03}"))).collect();
    let simulator = simulator.ok_or_else(|| Failure::new(Exit::Failed, "no simulator"))?;
    receiver.clear();
    let mut pace = interval(Duration::from_secs(1) / u32::try_from(WRITTEN_A_SECOND).unwrap_or(1));
    let mut begun = Vec::new();
    for (nth, contact) in (0..WRITTEN_A_SECOND * WRITING.as_secs()).zip(contacts.iter().cycle()) {
        pace.tick().await;
        begun.push(Instant::now());
        let (account, chat, text) = (account.clone(), contact.clone(), format!("report {nth}"));
        let name = "Mary Major".to_owned();
        simulator.receive(Incoming { account, chat, member: None, name, text, file_name: None });
    }
    let since = |arrival: &Arrival| begun.get(arrival.nth).map(|begun| arrival.at.duration_since(*begun));
    let patience = Instant::now() + PATIENCE;
    loop {
        let took: Vec<Duration> = receiver.arrivals().iter().filter_map(since).collect();
        if took.len() >= begun.len() || Instant::now() > patience {
            return Ok(Spread::of(took));
        }
        sleep(PAUSE).await;
    }
}
