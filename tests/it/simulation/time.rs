//! Virtual time that continues over several lives of a gateway, and a wall clock that may be wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use actors::runtime::clock::Wall;
use events::time::Timestamp;
use tokio::time::Instant;

/// 2026-01-01, when every story begins.
const BEGIN_MS: i64 = 1_767_225_600_000;

/// The real time of a story.
#[derive(Clone, Default)]
pub struct RealTime {
    before_ms: Arc<AtomicU64>,
    life_began: Arc<Mutex<Option<Instant>>>,
    wall_off_ms: Arc<AtomicI64>,
}

impl RealTime {
    /// Begins a life, whose runtime has its own clock.
    pub fn begin_life(&self) {
        *self.life_began.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Ends a life; nothing runs for `down_ms`.
    pub fn end_life(&self, down_ms: u64) {
        self.before_ms.store(self.passed_ms() + down_ms, Ordering::SeqCst);
        *self.life_began.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Milliseconds since the story began.
    pub fn passed_ms(&self) -> u64 {
        let life = *self.life_began.lock().unwrap_or_else(PoisonError::into_inner);
        let in_life = life.map_or(0, |began| u64::try_from(began.elapsed().as_millis()).unwrap());
        self.before_ms.load(Ordering::SeqCst) + in_life
    }

    /// The true time.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_ms(BEGIN_MS + i64::try_from(self.passed_ms()).unwrap())
    }

    /// Sets how far the machine's clock is off.
    pub fn set_wall_off(&self, ms: i64) {
        self.wall_off_ms.store(ms, Ordering::SeqCst);
    }

    /// The machine's clock, right or wrong.
    pub fn wall(&self) -> Wall {
        let time = self.clone();
        Arc::new(move || Timestamp::from_ms(time.now().ms() + time.wall_off_ms.load(Ordering::SeqCst)))
    }
}
