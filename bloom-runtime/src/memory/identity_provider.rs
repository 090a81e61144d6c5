//! An identity provider in memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    application::SystemClock,
    domain::Uuid,
    ports::{Clock, IdentityProvider, Principal, ServiceError},
};

/// An [`IdentityProvider`] that knows the tokens it has issued. Clones know the same.
///
/// It believes whoever asks it for a token: for tests and for trying things out.
#[derive(Clone)]
pub struct MemoryIdentityProvider {
    issued: Arc<Mutex<HashMap<String, Principal>>>,
    clock: Arc<dyn Clock>,
}

impl MemoryIdentityProvider {
    /// One that has issued nothing, with the machine's clock.
    #[must_use]
    pub fn new() -> Self {
        Self { issued: Arc::default(), clock: Arc::new(SystemClock::default()) }
    }

    /// Takes the time from another clock; clones made before keep theirs.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// A token that stands for `principal` until it expires.
    #[must_use]
    pub fn issue(&self, principal: Principal) -> String {
        let token = format!("memory-{}", Uuid::now_v7());
        self.issued().insert(token.clone(), principal);
        token
    }

    fn issued(&self) -> MutexGuard<'_, HashMap<String, Principal>> {
        // A panic cannot leave it half-changed: each change is one call.
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryIdentityProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl IdentityProvider for MemoryIdentityProvider {
    async fn verify(&self, token: &str) -> Result<Principal, ServiceError> {
        let Some(principal) = self.issued().get(token).cloned() else {
            return Err(ServiceError::TokenRefused { reason: "it was not issued here".to_owned() });
        };
        match principal.expires {
            Some(expires) if expires <= self.clock.now() => Err(ServiceError::TokenExpired),
            _ => Ok(principal),
        }
    }
}
