//! A notifier that sends nothing.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::ports::{Notification, Notifier, ServiceError};

/// A [`Notifier`] that keeps what it was to send, for assertions. Clones keep the same.
///
/// Like a service without idempotency keys it sends twice what it is given twice.
#[derive(Clone, Default)]
pub struct MemoryNotifier {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    sent: Vec<Notification>,
    faults: VecDeque<Fault>,
}

enum Fault {
    NotSent(ServiceError),
    AnswerLost,
}

impl MemoryNotifier {
    /// One that has sent nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next notification is not sent, and fails with `error`. Requests add up.
    pub fn fail_next(&self, error: ServiceError) {
        self.state().faults.push_back(Fault::NotSent(error));
    }

    /// The next notification is sent, and fails with [`ServiceError::OutcomeUnknown`]. Requests add up.
    pub fn lose_next_answer(&self) {
        self.state().faults.push_back(Fault::AnswerLost);
    }

    /// What was sent, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<Notification> {
        self.state().sent.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic cannot leave it half-changed: each change is one call.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notifier for MemoryNotifier {
    async fn send(&self, notification: &Notification) -> Result<(), ServiceError> {
        notification.check()?;
        let mut state = self.state();
        let answer = match state.faults.pop_front() {
            None => Ok(()),
            Some(Fault::AnswerLost) => Err(ServiceError::OutcomeUnknown),
            Some(Fault::NotSent(error)) => return Err(error),
        };
        state.sent.push(notification.clone());
        answer
    }
}
