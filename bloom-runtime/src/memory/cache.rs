//! A cache in memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    application::SystemClock,
    domain::{Invalid, Timestamp},
    ports::{Cache, Clock, ServiceError},
};

/// A [`Cache`] in memory. Clones share the same values.
///
/// It holds as much as is put into it; call [`forget_everything`](Self::forget_everything) to see what a program does
/// without it.
#[derive(Clone)]
pub struct MemoryCache {
    entries: Arc<Mutex<HashMap<String, Entry>>>,
    clock: Arc<dyn Clock>,
}

struct Entry {
    value: Vec<u8>,
    until: Timestamp,
}

impl MemoryCache {
    /// An empty one, with the machine's clock.
    #[must_use]
    pub fn new() -> Self {
        Self { entries: Arc::default(), clock: Arc::new(SystemClock::default()) }
    }

    /// Takes the time from another clock; clones made before keep theirs.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Forgets every value, as a cache may at any moment.
    pub fn forget_everything(&self) {
        self.entries().clear();
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        // A panic cannot leave it half-changed: each change is one call.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryCache {
    fn default() -> Self {
        Self::new()
    }
}

impl Cache for MemoryCache {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        check(key)?;
        let now = self.clock.now();
        let mut entries = self.entries();
        if entries.get(key).is_some_and(|entry| entry.until <= now) {
            entries.remove(key);
        }
        Ok(entries.get(key).map(|entry| entry.value.clone()))
    }

    async fn set(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), ServiceError> {
        check(key)?;
        let entry = Entry { value: value.to_vec(), until: later(self.clock.now(), ttl) };
        self.entries().insert(key.to_owned(), entry);
        Ok(())
    }

    async fn remove(&self, key: &str) -> Result<(), ServiceError> {
        check(key)?;
        self.entries().remove(key);
        Ok(())
    }
}

/// The moment `by` after `now`, in the whole milliseconds that every service counts.
pub(super) fn later(now: Timestamp, by: Duration) -> Timestamp {
    let micros = i64::try_from(by.as_millis()).unwrap_or(i64::MAX).saturating_mul(1_000);
    Timestamp::from_micros(now.as_micros().saturating_add(micros))
        .unwrap_or_else(|| now.plus_seconds(i64::MAX))
}

fn check(key: &str) -> Result<(), Invalid> {
    let longest = MemoryCache::MAX_KEY;
    if (1..=longest).contains(&key.len()) {
        Ok(())
    } else {
        Err(Invalid::new("length", format!("must have 1 to {longest} bytes")).at("key"))
    }
}
