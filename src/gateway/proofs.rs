//! The thread that keeps proofs of the log.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use actors::runtime::clock::wall_now;
use actors::runtime::shard::ShardHandle;
use actors::runtime::vital;
use events::log::Log;
use events::secrets::Secrets;
use events::store::sled_log::SledLog;
use events::vault::Vault;
use tokio::runtime::Builder;

use super::start_error::{StartError, file};
use crate::audit::checkpoint_files::CheckpointFiles;
use crate::audit::checkpoint_keys::KeyError;
use crate::audit::proof_keeper::ProofKeeper;
use crate::audit::proofs::Proofs;
use crate::config::Config;
use crate::telemetry;

/// The lowest priority that a thread can have.
const NICE_MAX: i32 = 19;

/// Starts the keeper of proofs.
pub(super) type Start = Box<dyn FnOnce(ShardHandle) + Send>;

/// Returns the handle to the keeper of proofs, and what starts it.
pub(super) fn prepare(
    config: &Config,
    log: &Arc<SledLog>,
    vault: &dyn Vault,
    secrets: &dyn Secrets,
) -> Result<(Proofs, Start), StartError> {
    let files = CheckpointFiles::of(config);
    let every = Duration::from_secs(config.audit.checkpoint_s);
    let opened = ProofKeeper::open(Arc::clone(log) as Arc<dyn Log>, vault, secrets, files, every, wall_now());
    let (proofs, keeper) = opened.map_err(|error| match error {
        KeyError::Read(error) => error.into(),
        KeyError::Write(error) => file("cannot keep the key of checkpoints".to_owned())(io::Error::other(error)),
        KeyError::NoKey(error) => file("cannot make a key for checkpoints".to_owned())(io::Error::other(error)),
    })?;
    Ok((proofs, Box::new(move |shard| start(keeper, shard))))
}

/// Starts the thread. It gives way to all others.
fn start(keeper: ProofKeeper, shard: ShardHandle) {
    let run = move || {
        // Without the right to do so, it goes on as it is.
        let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE_MAX);
        match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                if let Err(error) = vital::during(|| runtime.block_on(keeper.run(shard))) {
                    telemetry::end(&format!("the log cannot be read: {}", telemetry::with_causes(&error)));
                }
            }
            Err(error) => telemetry::end(&format!("the thread of proofs cannot be started: {error}")),
        }
    };
    if let Err(error) = thread::Builder::new().name("log-proofs".to_owned()).spawn(run) {
        telemetry::end(&format!("no thread can be started for proofs: {error}"));
    }
}
