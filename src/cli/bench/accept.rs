//! `tidings bench accept`: messages posted over many connections, each durable before its response is sent.

use actors::runtime::clock::wall_now;

use super::gateway::{Running, data_dir};
use super::{Bench, Figures, failed};
use crate::bench::append::commit_bytes;
use crate::bench::figures::float;
use crate::bench::load::{self, Endpoint, Outcome, Target};
use crate::bench::synthetic::{GenerateError, LogGenerator, Tenant};
use crate::cli::exit::{Exit, Failure};

const ACCOUNTS: u64 = 8;

pub(super) fn measure(bench: &Bench, connections: u64) -> Result<Figures, Failure> {
    let many = usize::try_from(connections).unwrap_or(1);
    let bytes = commit_bytes().map_err(|error| Failure::because(Exit::Failed, &error))?.len() * many;
    let endpoints = endpoints(bench)?;
    let work = || actix::System::new().block_on(post(bench, endpoints, many));
    let ((outcome, syncs), disk) = bench.beside_the_disk(bytes, work)?;
    if outcome.refused > 0 {
        return Err(Failure::new(Exit::Failed, format!("{} messages were refused", outcome.refused)));
    }
    Ok(Figures {
        unit: "messages accepted",
        per_second: outcome.per_second,
        syncs_each: Some(float(syncs) / float(outcome.spread.count().max(1))),
        spread: outcome.spread,
        each: "a message, from its post to its answer",
        limit: disk.per_second * float(connections),
        limit_is: format!("a plain file that gets a message of each of the {connections} connections at once"),
        disk: Some(disk),
    })
}

fn endpoints(bench: &Bench) -> Result<Vec<Endpoint>, GenerateError> {
    let tenant = Tenant::nth(0, ACCOUNTS, 1);
    let mut generator = LogGenerator::open(&data_dir(bench), bench.config.log.cache_mb, wall_now())?;
    tenant.make(&mut generator)?;
    generator.finish()?;
    Ok((0..ACCOUNTS).map(|nth| Endpoint { path: tenant.inbound_path(), account: tenant.phone(nth) }).collect())
}

async fn post(bench: &Bench, endpoints: Vec<Endpoint>, connections: usize) -> Result<(Outcome, u64), Failure> {
    let running = Running::start(bench).await?;
    let (target, time) = (Target { address: running.address, endpoints }, bench.time);
    let before = running.syncs();
    let posting = tokio::task::spawn_blocking(move || load::run(&target, connections, time)).await;
    let outcome = posting.map_err(std::io::Error::other).flatten().map_err(|error| failed(&error));
    let syncs = running.syncs() - before;
    running.end().await;
    Ok((outcome?, syncs))
}
