//! How far those have come who follow the log.

use std::time::Duration;

use tokio::sync::watch;

use crate::{
    domain::Timestamp,
    ports::{EventLog, Position, StoreError},
};

/// How far an event handler or a read model has come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// Its name.
    pub name: &'static str,
    /// Everything up to here is handled.
    pub position: Position,
    /// What it fails with at the moment; it is being tried again.
    pub failing: Option<String>,
    /// Whether somebody has told it to stand still.
    pub is_paused: bool,
    /// Whether it is known how far it has come: it has begun to look.
    pub is_known: bool,
}

impl Delivery {
    /// Nothing has been handled yet.
    #[must_use]
    pub const fn at_start(name: &'static str) -> Self {
        Self { name, position: Position::START, failing: None, is_paused: false, is_known: false }
    }

    /// The same for two parts of one reader.
    fn and(self, part: Self) -> Self {
        Self {
            name: self.name,
            position: self.position.min(part.position),
            failing: self.failing.or(part.failing),
            is_paused: self.is_paused || part.is_paused,
            is_known: self.is_known && part.is_known,
        }
    }

    /// How long the oldest event waits that it has not handled; nothing when it has handled all.
    ///
    /// # Errors
    /// When the log is out of reach.
    pub async fn lag(&self, log: &impl EventLog, now: Timestamp) -> Result<Duration, StoreError> {
        let next = log.read(self.position, 1).await?;
        let since = |at: Timestamp| now.as_micros().saturating_sub(at.as_micros());
        let waiting = next.first().map_or(0, |event| since(event.metadata.at));
        // Clocks differ; nothing waits for less than no time.
        Ok(Duration::from_micros(u64::try_from(waiting).unwrap_or_default()))
    }
}

/// Sees how far they have come, without keeping them from anything.
#[derive(Debug, Clone, Default)]
pub struct Observer {
    /// Each reader, in one part or in several.
    deliveries: Vec<Vec<watch::Receiver<Delivery>>>,
    shut_out: Vec<watch::Receiver<Option<String>>>,
}

impl Observer {
    /// One that sees these; those of one name are parts of one.
    #[must_use]
    pub fn of(deliveries: Vec<watch::Receiver<Delivery>>) -> Self {
        let mut readers: Vec<Vec<watch::Receiver<Delivery>>> = Vec::new();
        for part in deliveries {
            let name = part.borrow().name;
            match readers.iter_mut().find(|parts| parts[0].borrow().name == name) {
                Some(parts) => parts.push(part),
                None => readers.push(vec![part]),
            }
        }
        Self { deliveries: readers, shut_out: Vec::new() }
    }

    /// The same with somebody who says why this process cannot do its work, as long as it cannot.
    #[must_use]
    pub fn unless(mut self, shut_out: watch::Receiver<Option<String>>) -> Self {
        self.shut_out.push(shut_out);
        self
    }

    /// One that sees the others, too.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.deliveries.extend(other.deliveries);
        self.shut_out.extend(other.shut_out);
        self
    }

    /// How far each has come; those that go on in several parts are as far as the last of them.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        let whole = |parts: &Vec<watch::Receiver<Delivery>>| {
            parts.iter().map(|part| part.borrow().clone()).reduce(Delivery::and)
        };
        self.deliveries.iter().filter_map(whole).collect()
    }

    /// The names of those that fail at the moment.
    #[must_use]
    pub fn failing(&self) -> Vec<&'static str> {
        let all = self.deliveries().into_iter();
        all.filter(|delivery| delivery.failing.is_some()).map(|delivery| delivery.name).collect()
    }

    /// Why this process cannot do its work, whatever it waits for.
    #[must_use]
    pub fn shut_out(&self) -> Option<String> {
        self.shut_out.iter().find_map(|shut_out| shut_out.borrow().clone())
    }

    /// Waits until each has handled everything up to `position`.
    pub async fn caught_up(&mut self, position: Position) {
        for delivery in self.deliveries.iter_mut().flatten() {
            // The sender lives as long as its task, and a stopped task will not catch up any more.
            let _ = delivery.wait_for(|delivery| delivery.position >= position).await;
        }
    }
}
