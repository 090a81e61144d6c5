//! Readers that follow the log while it is written.

use std::{sync::Arc, time::Duration};

use bloom_runtime::ports::{Position, RecordedEvent, Storage, StoreError};
use tokio::{sync::watch, task::JoinHandle};

/// What a reader has seen: ids of events, in the order in which it saw them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sequence {
    pub(super) events: Vec<String>,
    /// The first event that did not follow on the one before.
    pub(super) hole: Option<(Position, Position)>,
}

pub(super) struct Reader {
    stop: watch::Sender<Option<Position>>,
    task: JoinHandle<Sequence>,
}

/// Reads everything, again and again, in small steps.
pub(super) fn observe<S: Storage>(storage: Arc<S>) -> Reader {
    let (stop, mut told) = watch::channel(None);
    let task = tokio::spawn(async move {
        let mut seen = Sequence::default();
        let mut position = Position::START;
        loop {
            // A database that is busy is asked again.
            for event in storage.read(position, 20).await.unwrap_or_default() {
                if event.position != position.next() && seen.hole.is_none() {
                    seen.hole = Some((position, event.position));
                }
                position = event.position;
                seen.events.push(event.metadata.event_id.to_string());
            }
            if told.borrow().is_some_and(|end| position >= end) {
                return seen;
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(3)) => {}
                _ = told.changed() => {}
            }
        }
    });
    Reader { stop, task }
}

impl Reader {
    /// What it has seen up to a position; what it has seen at all when it does not come there.
    pub(super) async fn stop_at(self, end: Position, patience: Duration) -> Sequence {
        let _ = self.stop.send(Some(end));
        tokio::time::timeout(patience, self.task)
            .await
            .ok()
            .and_then(Result::ok)
            .unwrap_or_default()
    }
}

/// The whole log.
pub(super) async fn everything<S: Storage>(storage: &S) -> Result<Vec<RecordedEvent>, StoreError> {
    let mut log: Vec<RecordedEvent> = Vec::new();
    loop {
        let after = log.last().map_or(Position::START, |event| event.position);
        let events = storage.read(after, 1000).await?;
        if events.is_empty() {
            return Ok(log);
        }
        log.extend(events);
    }
}
