//! Divides the process's file descriptors between its own files, incoming connections, and outgoing connections and
//! files.

use rustix::process::{Resource, getrlimit, setrlimit};

use super::super::exit::{Exit, Failure};
use crate::http::Size;

/// Our own files: the log, listeners, standard streams, and what each worker thread needs.
const OWN: u64 = 26;
const OWN_PER_WORKER: u64 = 4;
/// Part of the remaining descriptors that is kept for file downloads, reports, e-mails and DNS look-ups: a quarter.
const OUTGOING_PART: u64 = 4;
const OUTGOING_MIN: u64 = 16;
const OUTGOING_MAX: u64 = 1_024;
/// Starting makes no sense with fewer connections than this.
const CONNECTIONS_MIN: u64 = 8;

/// Raises the limit as far as possible, and returns how many workers and connections fit.
pub(in crate::cli) fn take(connections_max: usize) -> Result<Size, Failure> {
    let workers = std::thread::available_parallelism().map_or(1, Into::into);
    let limit = descriptors();
    let connections = share(limit, workers as u64, connections_max as u64).map_err(|needed| {
        Failure::new(Exit::Failed, format!("{limit} open files are allowed, and {needed} are needed"))
            .hint(format!("raise the limit: `ulimit -n {needed}`, or LimitNOFILE={needed} in the systemd unit"))
    })?;
    if connections < connections_max as u64 {
        tracing::warn!(connections, connections_max, open_files = limit, "fewer connections fit than are configured");
    }
    Ok(Size { workers, connections: usize::try_from(connections).unwrap_or(connections_max) })
}

/// Raises the limit of open files as far as allowed, and returns it.
fn descriptors() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    let before = limit.current;
    limit.current = limit.maximum;
    let raised = setrlimit(Resource::Nofile, limit).inspect_err(|error| {
        tracing::debug!(%error, "the limit of open files stays as it is");
    });
    let now = if raised.is_ok() { limit.maximum } else { before };
    now.unwrap_or(u64::MAX)
}

/// Returns how many connections fit, or as an error how many descriptors are needed at least.
fn share(limit: u64, workers: u64, wanted: u64) -> Result<u64, u64> {
    let own = OWN.saturating_add(OWN_PER_WORKER.saturating_mul(workers));
    let rest = limit.saturating_sub(own);
    let left = rest.saturating_sub((rest / OUTGOING_PART).clamp(OUTGOING_MIN, OUTGOING_MAX));
    let needed = CONNECTIONS_MIN.min(wanted);
    if left < needed { Err(own + OUTGOING_MIN + CONNECTIONS_MIN) } else { Ok(left.min(wanted)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_enough() {
        for workers in [1, 2, 64] {
            let needed = share(0, workers, 4_096).unwrap_err();
            assert_eq!(share(needed - 1, workers, 4_096), Err(needed));
            assert_eq!(share(needed, workers, 4_096), Ok(CONNECTIONS_MIN));
        }
    }

    #[test]
    fn connections_leave_a_quarter_to_what_goes_out() {
        for limit in [64, 100, 1_024, 4_096, 20_000, u64::MAX] {
            let connections = share(limit, 2, u64::MAX).unwrap();
            let rest = limit - OWN - 2 * OWN_PER_WORKER;
            assert_eq!(rest - connections, (rest / 4).clamp(OUTGOING_MIN, OUTGOING_MAX), "{limit}");
        }
        assert_eq!(share(20_000, 2, 4_096), Ok(4_096));
    }
}
