//! Whether new work is taken: not while the gateway stops, nor with too little room on the disk.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// No disk has so much room.
const UNKNOWN: u64 = u64::MAX;

/// Whether new work is taken.
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
    /// From now on `/readyz` says no.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether the gateway is about to end.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Whether the disk has less room than is kept in reserve.
    pub fn is_disk_full(&self) -> bool {
        self.disk_full.load(Ordering::Acquire)
    }

    /// Room on the disk in bytes; `None` as long as nobody has looked.
    pub fn disk_free_bytes(&self) -> Option<u64> {
        Some(self.disk_free.load(Ordering::Acquire)).filter(|free| *free != UNKNOWN)
    }

    /// How much room the disk has, and whether that is less than is kept in reserve.
    pub fn set_disk(&self, free_bytes: u64, full: bool) {
        self.disk_free.store(free_bytes, Ordering::Release);
        self.disk_full.store(full, Ordering::Release);
    }
}
