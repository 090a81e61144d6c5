//! A turn at the database: the writer's thread does what its holder wants, until the holder lets go.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, SendError, Sender, channel},
    time::{Duration, Instant},
};

use bloom_runtime::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{connection::roll_back, error::store_error};

/// Something to do in the open transaction.
pub(super) type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The way to the thread that waits for the one who has the turn.
pub(super) struct Turn(Sender<Job>);

/// Nobody may keep all others from writing for longer.
pub(super) const LONGEST: Duration = Duration::from_secs(30);

/// Gives the database away, and does what its holder wants until it is let go.
pub(super) fn serve(
    connection: &mut Connection,
    answer: oneshot::Sender<Result<Turn, StoreError>>,
) {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        drop(answer.send(Err(store_error(error))));
        return;
    }
    let (jobs, wanted) = channel();
    if answer.send(Ok(Turn(jobs))).is_ok() {
        run(connection, &wanted);
    }
    roll_back(connection);
}

fn run(connection: &mut Connection, wanted: &Receiver<Job>) {
    let until = Instant::now() + LONGEST;
    loop {
        match wanted.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(job) => job(connection),
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                tracing::error!(
                    "an interactive unit of work was open for {LONGEST:?} and is undone"
                );
                return;
            }
        }
    }
}

impl Turn {
    /// Has it done. Fails when the turn is over.
    pub(super) fn send(&self, job: Job) -> Result<(), SendError<Job>> {
        self.0.send(job)
    }
}
