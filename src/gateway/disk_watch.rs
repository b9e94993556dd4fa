//! Watches the free disk space, so that work in progress can finish before the disk is full.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::readiness::Readiness;

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Checks every second whether less than `reserve_mb` MiB are free; ends when the gateway stops.
pub async fn watch(directory: PathBuf, reserve_mb: u64, state: Arc<Readiness>) {
    while !state.is_stopping() {
        // If the system gives no figure, assume that there is room.
        let free = free_bytes(&directory).unwrap_or(u64::MAX);
        let full = free >> 20 < reserve_mb;
        if full != state.is_disk_full() {
            let message = if full {
                "free disk space is below the reserve"
            } else {
                "free disk space is above the reserve again"
            };
            tracing::warn!(reserve_mb, "{message}");
        }
        state.set_disk(free, full);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn free_bytes(directory: &std::path::Path) -> Option<u64> {
    let volume = rustix::fs::statvfs(directory).ok()?;
    Some(volume.f_bavail.saturating_mul(volume.f_frsize))
}
