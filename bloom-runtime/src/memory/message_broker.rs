//! A broker in memory.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::cache::later;
use crate::{
    application::SystemClock,
    domain::Timestamp,
    ports::{
        Clock, ConsumerGroup, Message, MessageBroker, MessageSubscription, ReceivedMessage,
        ServiceError, Topic,
    },
};

/// How often a subscription that waits looks for messages, and for those that come again.
const LOOK: Duration = Duration::from_millis(5);

/// A [`MessageBroker`] in memory. Clones carry the same messages.
///
/// As weak as the weakest: a group gets only what is published after it was founded, what comes again comes after the
/// rest, and a message that is published twice is received twice.
#[derive(Clone)]
pub struct MemoryBroker {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
    deadline: Duration,
}

/// A member of a group of a [`MemoryBroker`].
#[derive(Clone)]
pub struct MemorySubscription {
    broker: MemoryBroker,
    group: GroupId,
}

type GroupId = (Topic, ConsumerGroup);

#[derive(Default)]
struct State {
    groups: BTreeMap<GroupId, Group>,
    /// How many deliveries there were; the number of each is its handle.
    deliveries: u64,
}

#[derive(Default)]
struct Group {
    waiting: VecDeque<Waiting>,
    unsettled: BTreeMap<u64, Unsettled>,
}

struct Waiting {
    message: Message,
    attempts: u32,
}

struct Unsettled {
    waiting: Waiting,
    until: Timestamp,
}

impl MemoryBroker {
    /// One without groups, with the machine's clock and a deadline of half a minute.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Arc::default(),
            clock: Arc::new(SystemClock::default()),
            deadline: Duration::from_secs(30),
        }
    }

    /// Takes the time from another clock; clones made before keep theirs.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// A message that is not settled within this time comes again; clones made before keep theirs.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic cannot leave it half-changed: nothing between the steps of a change can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryBroker {
    fn default() -> Self {
        Self::new()
    }
}

impl MessageBroker for MemoryBroker {
    type Subscription = MemorySubscription;

    async fn publish(&self, topic: &Topic, message: &Message) -> Result<(), ServiceError> {
        message.check()?;
        let mut state = self.state();
        for ((of, _), group) in &mut state.groups {
            if of == topic {
                group.waiting.push_back(Waiting { message: message.clone(), attempts: 0 });
            }
        }
        Ok(())
    }

    async fn subscribe(
        &self,
        topic: &Topic,
        group: &ConsumerGroup,
    ) -> Result<MemorySubscription, ServiceError> {
        let group = (topic.clone(), group.clone());
        self.state().groups.entry(group.clone()).or_default();
        Ok(MemorySubscription { broker: self.clone(), group })
    }
}

impl MessageSubscription for MemorySubscription {
    async fn receive(&self, wait: Duration) -> Result<Option<ReceivedMessage>, ServiceError> {
        let begun = Instant::now();
        loop {
            let received = self.next();
            let left = wait.saturating_sub(begun.elapsed());
            if received.is_some() || left.is_zero() {
                return Ok(received);
            }
            tokio::time::sleep(left.min(LOOK)).await;
        }
    }

    async fn ack(&self, received: &ReceivedMessage) -> Result<(), ServiceError> {
        self.settle(received, |_, _| {})
    }

    async fn nack(&self, received: &ReceivedMessage) -> Result<(), ServiceError> {
        self.settle(received, |group, waiting| group.waiting.push_back(waiting))
    }
}

impl MemorySubscription {
    fn next(&self) -> Option<ReceivedMessage> {
        let now = self.broker.clock.now();
        let mut guard = self.broker.state();
        let state = &mut *guard;
        let group = state.groups.get_mut(&self.group)?;
        group.take_back(now);
        let mut waiting = group.waiting.pop_front()?;
        waiting.attempts += 1;
        state.deliveries += 1;
        let received = ReceivedMessage {
            message: waiting.message.clone(),
            attempt: waiting.attempts,
            handle: state.deliveries.to_string(),
        };
        let until = later(now, self.broker.deadline);
        group.unsettled.insert(state.deliveries, Unsettled { waiting, until });
        Some(received)
    }

    fn settle(
        &self,
        received: &ReceivedMessage,
        effect: impl FnOnce(&mut Group, Waiting),
    ) -> Result<(), ServiceError> {
        let now = self.broker.clock.now();
        let mut state = self.broker.state();
        let Some(group) = state.groups.get_mut(&self.group) else {
            return Err(lost(received));
        };
        group.take_back(now);
        let number = received.handle.parse::<u64>().ok();
        match number.and_then(|number| group.unsettled.remove(&number)) {
            Some(Unsettled { waiting, .. }) => {
                effect(group, waiting);
                Ok(())
            }
            None => Err(lost(received)),
        }
    }
}

impl Group {
    /// Lets everything come again whose deadline has passed.
    fn take_back(&mut self, now: Timestamp) {
        let late: Vec<u64> = self
            .unsettled
            .iter()
            .filter(|(_, unsettled)| unsettled.until <= now)
            .map(|(number, _)| *number)
            .collect();
        for number in late {
            if let Some(Unsettled { waiting, .. }) = self.unsettled.remove(&number) {
                self.waiting.push_back(waiting);
            }
        }
    }
}

fn lost(received: &ReceivedMessage) -> ServiceError {
    ServiceError::LeaseLost { what: format!("the message `{}`", received.message.id) }
}
