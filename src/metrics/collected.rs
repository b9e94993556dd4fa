//! Figures that are read from the actors, the log and the process on each request for figures.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use actors::runtime::clock::wall_now;
use actors::runtime::shard::ShardHandle;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::page::Page;
use super::process;
use crate::audit::proofs::Proofs;
use crate::codes;
use crate::net::lack;
use crate::readiness::Readiness;

const KINDS: [&str; 4] = ["workspace", "account", "chat", "webhook"];
/// The event that records a parked delivery.
const PARKED: &str = "DeliveryParked";
/// The label for failure codes that are not in the catalogue.
const OTHER: &str = "other";

/// Reads the figures of one gateway.
pub(super) struct Collected {
    shard: ShardHandle,
    state: Arc<Readiness>,
    proofs: Proofs,
    started_at_s: u64,
}

impl Collected {
    pub(super) fn new(shard: ShardHandle, state: Arc<Readiness>, proofs: Proofs) -> Self {
        Self { shard, state, proofs, started_at_s: u64::try_from(wall_now().ms() / 1_000).unwrap_or(0) }
    }

    fn log(&self, page: &mut Page<'_>) -> fmt::Result {
        let (stats, tally) = (self.shard.log().stats(), self.shard.counters());
        page.counters(("events_appended", "type"), "Events that got a place in the log.", tally.events())?;
        page.counter("log_batches", "Batches written.", stats.batches)?;
        page.counter("log_syncs", "Times the log was made durable.", stats.syncs)?;
        page.counter("log_commits", "Commits written.", stats.commits)?;
        page.counter("log_keys", "Keys written.", stats.keys)?;
        let overview = self.shard.overview();
        page.gauge("log_position_sequenced", "Position of the last event that has a place.", overview.sequenced)?;
        page.gauge("log_position_durable", "Position of the last event that is durable.", overview.durable)?;
        let lag = overview.durable.saturating_sub(self.proofs.position());
        page.gauge("proof_lag_events", "Durable events that are not in the tree of proofs yet.", lag)
    }

    fn messages(&self, page: &mut Page<'_>) -> fmt::Result {
        let (overview, tally) = (self.shard.overview(), self.shard.counters());
        page.counter("credits_charged", "Credits charged.", tally.charged())?;
        page.counter("credits_refunded", "Credits refunded.", tally.refunded())?;
        let failed = by_code(tally.failed());
        page.counters(("messages_failed", "code"), "Messages that could not be sent.", failed)?;
        let parked = tally.events().find(|(name, _)| *name == PARKED).map_or(0, |(_, count)| count);
        page.counter("deliveries_parked", "Deliveries put aside after too many failures of their own.", parked)?;
        page.gauge("messages_waiting", "Messages that wait for their turn, roughly.", overview.messages_waiting)
    }

    fn actors(&self, page: &mut Page<'_>) -> fmt::Result {
        let overview = self.shard.overview();
        let awake = KINDS.into_iter().zip(overview.awake.map(|count| count as u64));
        page.gauges(("actors_awake", "kind"), "Actors in memory.", awake)?;
        let help = "Actors that have something to do, now or later.";
        page.gauge("actors_outstanding", help, overview.outstanding)?;
        let (commands, most) = (overview.commands_in_flight as u64, overview.commands_in_flight_max as u64);
        page.gauge("commands_in_flight", "Commands that are being carried out.", commands)?;
        page.gauge("commands_in_flight_limit", "Commands in flight at most; more are turned away.", most)
    }

    fn machine(&self, page: &mut Page<'_>) -> fmt::Result {
        let help = "Whether less room is left on the disk than is kept in reserve.";
        page.gauge("disk_full", help, self.state.is_disk_full().into())?;
        if let Some(free) = self.state.disk_free_bytes() {
            page.gauge("disk_free_bytes", "Room on the disk.", free)?;
        }
        page.gauges(("build_info", "version"), "Always 1.", [(env!("CARGO_PKG_VERSION"), 1)])?;
        let help = "When the gateway was started, in seconds since 1970.";
        page.gauge("start_time_seconds", help, self.started_at_s)?;
        if let Some(bytes) = process::resident_bytes() {
            page.gauge("process_resident_memory_bytes", "Memory of the process in RAM.", bytes)?;
        }
        let help = "Requests answered with 503 because the vault had no seed ready for a new chat or workspace.";
        page.counter("vault_busy", help, self.shard.room().given_up())?;
        let help = "Times that something outgoing had to wait for means of our own: descriptors, ports, memory.";
        page.counters(("own_lacks", "of"), help, lack::counts())?;
        if let Some(open) = process::open_files() {
            page.gauge("process_open_fds", "Open files and sockets of the process.", open)?;
        }
        Ok(())
    }
}

/// Sums the counts by documented code; all other codes count as `other`.
fn by_code(failed: BTreeMap<String, u64>) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for (code, count) in failed {
        let code = codes::find(&code).map_or(OTHER, |code| code.name);
        let sum: &mut u64 = counts.entry(code).or_default();
        *sum = sum.saturating_add(count);
    }
    counts
}

impl Collector for Collected {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page::new(encoder);
        self.log(&mut page)?;
        self.messages(&mut page)?;
        self.actors(&mut page)?;
        self.machine(&mut page)
    }
}

impl fmt::Debug for Collected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collected").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_nobody_documents_is_no_label() {
        let failed = [("not_on_whatsapp", 2), ("wsk_secret", 1), ("+12025550101", 3)];
        let failed = failed.map(|(code, count)| (code.to_owned(), count)).into();
        assert_eq!(by_code(failed), BTreeMap::from([("not_on_whatsapp", 2), ("other", 4)]));
    }
}
