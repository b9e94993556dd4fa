//! Watches the room on the disk, so that running work can end before it is full.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::State;

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Notes every second whether less than `reserve_mb` MiB are free; ends when the gateway stops.
pub async fn watch(directory: PathBuf, reserve_mb: u64, state: Arc<State>) {
    while !state.is_stopping() {
        let full = free_mb(&directory).is_some_and(|free| free < reserve_mb);
        if full != state.is_disk_full() {
            tracing::warn!(full, reserve_mb, "the room on the disk is on the other side of the reserve now");
        }
        state.set_disk_full(full);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn free_mb(directory: &std::path::Path) -> Option<u64> {
    let volume = rustix::fs::statvfs(directory).ok()?;
    Some(volume.f_bavail.saturating_mul(volume.f_frsize) >> 20)
}
