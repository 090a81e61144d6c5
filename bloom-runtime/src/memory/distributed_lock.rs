//! A lock in memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::cache::later;
use crate::{
    application::SystemClock,
    domain::{Invalid, Timestamp},
    ports::{Clock, DistributedLock, FencingToken, Lease, ServiceError},
};

/// A [`DistributedLock`] among the tasks of one process. Clones lend the same names.
#[derive(Clone)]
pub struct MemoryLock {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct State {
    /// The newest token; all names share it, so that those of one name grow with gaps.
    newest: u64,
    held: HashMap<String, Held>,
}

struct Held {
    token: FencingToken,
    until: Timestamp,
}

impl MemoryLock {
    /// One that nobody holds, with the machine's clock.
    #[must_use]
    pub fn new() -> Self {
        Self { state: Arc::default(), clock: Arc::new(SystemClock::default()) }
    }

    /// Takes the time from another clock; clones made before keep theirs.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic cannot leave it half-changed: a token that was counted and not given out is a gap.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryLock {
    fn default() -> Self {
        Self::new()
    }
}

impl DistributedLock for MemoryLock {
    async fn try_acquire(&self, name: &str, ttl: Duration) -> Result<Option<Lease>, ServiceError> {
        check_name(name)?;
        let now = self.clock.now();
        let until = end(now, ttl)?;
        let mut state = self.state();
        if state.held.get(name).is_some_and(|held| held.until > now) {
            return Ok(None);
        }
        state.newest += 1;
        let token = FencingToken::new(state.newest);
        state.held.insert(name.to_owned(), Held { token, until });
        Ok(Some(Lease { name: name.to_owned(), token, until }))
    }

    async fn renew(&self, lease: &mut Lease, ttl: Duration) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let until = end(now, ttl)?;
        let mut state = self.state();
        match state.held.get_mut(&lease.name) {
            Some(held) if held.token == lease.token && held.until > now => {
                held.until = until;
                lease.until = until;
                Ok(())
            }
            _ => Err(ServiceError::LeaseLost { what: format!("the lock `{}`", lease.name) }),
        }
    }

    async fn release(&self, lease: Lease) -> Result<(), ServiceError> {
        let mut state = self.state();
        if state.held.get(&lease.name).is_some_and(|held| held.token == lease.token) {
            state.held.remove(&lease.name);
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), Invalid> {
    let longest = MemoryLock::MAX_NAME;
    if (1..=longest).contains(&name.len()) {
        Ok(())
    } else {
        Err(Invalid::new("length", format!("must have 1 to {longest} bytes")).at("name"))
    }
}

fn end(now: Timestamp, ttl: Duration) -> Result<Timestamp, Invalid> {
    let until = later(now, ttl);
    if until > now {
        Ok(until)
    } else {
        Err(Invalid::new("range", "must be at least a millisecond").at("ttl"))
    }
}
