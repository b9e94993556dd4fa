//! A client of a workspace's live events that connects and disconnects, and resumes where it was.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::tenant::Tenant;
use crate::random::{Random, fresh_seed};
use crate::stopwatch::Stopwatch;

const STAYS_MS_MAX: u64 = 6_000;
/// Leaves a stream that sends nothing for this long.
const SILENCE: Duration = Duration::from_secs(20);

/// Follows the stream until `is_over`; checks that positions never go back, even from one connection to the next.
pub fn follow(tenant: &Tenant, address: SocketAddr, is_over: &AtomicBool) -> Result<()> {
    let (mut random, mut last) = (Random::seeded(fresh_seed()), 0);
    while !is_over.load(Ordering::Acquire) {
        let stays = Duration::from_millis(random.below(STAYS_MS_MAX));
        let seen = read(tenant, address, &mut last, stays, is_over)?;
        tenant.count(|counts| {
            counts.streams += 1;
            counts.streamed += seen;
        });
    }
    Ok(())
}

fn read(tenant: &Tenant, address: SocketAddr, last: &mut u64, stays: Duration, is_over: &AtomicBool) -> Result<u64> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(SILENCE))?;
    let authorization = tenant.workspace.authorization();
    write!(
        stream,
        "GET /api/v1/stream HTTP/1.1\r\nHost: {address}\r\nAuthorization: {authorization}\r\nLast-Event-ID: {last}\r\n\r\n"
    )?;
    let (watch, mut seen) = (Stopwatch::start(), 0);
    let mut lines = BufReader::new(stream).lines();
    let status = lines.next().context("no answer")??;
    ensure!(status.starts_with("HTTP/1.1 200 "), "no stream: {status}");
    while watch.elapsed() < stays && !is_over.load(Ordering::Acquire) {
        let Some(line) = lines.next() else { break };
        let Ok(line) = line else { break };
        let Some(position) = line.strip_prefix("id:") else { continue };
        let position: u64 = position.trim().parse().with_context(|| line.clone())?;
        // The current position is also sent without an event: at the start and now and then.
        ensure!(position >= *last, "position {position} comes after {last}");
        seen += u64::from(position > *last);
        *last = position;
    }
    Ok(seen)
}
