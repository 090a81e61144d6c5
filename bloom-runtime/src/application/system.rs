//! The machine's own clock, and ids from it.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{
    domain::{Timestamp, Uuid},
    ports::{Clock, IdGenerator},
};

/// The clock of the machine, made never to run backwards within this process.
#[derive(Debug, Default)]
pub struct SystemClock {
    latest: AtomicI64,
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        let latest = self.latest.fetch_max(micros, Ordering::Relaxed).max(micros);
        Timestamp::from_micros(latest).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// UUIDs of version 7: ordered by time, so that indexes stay compact and pages come in order of creation.
#[derive(Debug, Clone, Copy, Default)]
pub struct UuidV7;

impl IdGenerator for UuidV7 {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}
