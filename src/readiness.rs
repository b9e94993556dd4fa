//! Says whether new work is accepted: not while the gateway stops, and not while the disk has too little free space.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Means "not measured": no disk is that large.
const UNKNOWN: u64 = u64::MAX;

/// Shared flags that say whether new work is accepted.
#[derive(Debug)]
pub struct Readiness {
    stopping: AtomicBool,
    disk_full: AtomicBool,
    disk_free: AtomicU64,
}

impl Default for Readiness {
    fn default() -> Self {
        let disk_free = AtomicU64::new(UNKNOWN);
        Self { stopping: AtomicBool::default(), disk_full: AtomicBool::default(), disk_free }
    }
}

impl Readiness {
    /// Makes `/readyz` report "not ready" from now on.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// True if the gateway is stopping.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// True if the disk has less free space than the reserve.
    pub fn is_disk_full(&self) -> bool {
        self.disk_full.load(Ordering::Acquire)
    }

    /// Returns the free disk space in bytes; `None` before the first check, or if the system gives no figure.
    pub fn disk_free_bytes(&self) -> Option<u64> {
        Some(self.disk_free.load(Ordering::Acquire)).filter(|free| *free != UNKNOWN)
    }

    /// Stores the free disk space and whether it is below the reserve.
    pub fn set_disk(&self, free_bytes: u64, full: bool) {
        self.disk_free.store(free_bytes, Ordering::Release);
        self.disk_full.store(full, Ordering::Release);
    }
}
