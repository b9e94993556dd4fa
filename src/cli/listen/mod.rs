//! `tidings listen`: receives a webhook's reports on this machine and prints each of them.

mod at_address;
mod desk;
mod forward;
mod from_gateway;
mod received;
mod received_report;
mod report;
mod seen_ids;
mod sse;

use self::desk::Desk;
use super::args::{Cli, ListenArgs};
use super::exit::Failure;

/// Receives until it is stopped.
pub(super) fn run(cli: &Cli, args: &ListenArgs) -> Result<(), Failure> {
    super::logging(cli.json)?;
    match args.listen {
        Some(address) => at_address::run(Desk::new(cli, args)?, address),
        None => from_gateway::run(cli, args),
    }
}
