//! The one thread that writes.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use bloom_runtime::ports::{Batch, Committed, Position, ReshapedDocument, StoreError};
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::{
    connection::roll_back,
    error::{closed, store_error},
    events,
    open::{self, Turn},
    work,
    write::{self, Views},
};
use crate::{cursors::CursorStatement, failpoint, value::SqlValue, work::SqlWork};

/// Something to be written, and where the answer goes.
enum Request {
    Batch(Batch, Arc<[SqlWork]>, oneshot::Sender<Result<Committed, StoreError>>),
    Statement(CursorStatement, oneshot::Sender<Result<Vec<Vec<SqlValue>>, StoreError>>),
    Reshape(&'static str, Vec<ReshapedDocument>, oneshot::Sender<Result<u64, StoreError>>),
    Hold(oneshot::Sender<Result<Turn, StoreError>>),
}

impl Request {
    /// Whether nobody shares its transaction: a user's own SQL may end it, or fail only when it ends.
    fn is_alone(&self) -> bool {
        match self {
            Self::Batch(_, work, _) => !work.is_empty(),
            Self::Statement(..) | Self::Reshape(..) => false,
            Self::Hold(_) => true,
        }
    }
}

/// The way to the writer thread, which ends when every handle is gone.
#[derive(Clone)]
pub(super) struct Writer {
    requests: Sender<Request>,
}

/// At most so many units of work share one transaction, so that none waits long for the others.
const SHARED: usize = 256;

impl Writer {
    pub(super) fn start(
        mut connection: Connection,
        views: Arc<Views>,
        appended: watch::Sender<Position>,
    ) -> std::io::Result<Self> {
        let (requests, waiting) = channel();
        thread::Builder::new()
            .name("bloom-sqlite-writer".to_owned())
            .spawn(move || run(&mut connection, &views, &waiting, &appended))?;
        Ok(Self { requests })
    }

    pub(super) async fn commit(
        &self,
        batch: Batch,
        work: Arc<[SqlWork]>,
    ) -> Result<Committed, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request::Batch(batch, work, answer)).map_err(|_| closed())?;
        // Once sent it may be committed although nobody answers.
        answered.await.map_err(|_| StoreError::OutcomeUnknown)?
    }

    /// A statement of Bloom's own, which shares its transaction with others; the rows that it returns.
    pub(super) async fn run(
        &self,
        statement: CursorStatement,
    ) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request::Statement(statement, answer)).map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    pub(super) async fn reshape(
        &self,
        table: &'static str,
        documents: Vec<ReshapedDocument>,
    ) -> Result<u64, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request::Reshape(table, documents, answer)).map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Waits for a turn that lasts until the answer is dropped.
    pub(super) async fn hold(&self) -> Result<Turn, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request::Hold(answer)).map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

fn run(
    connection: &mut Connection,
    views: &Views,
    waiting: &Receiver<Request>,
    appended: &watch::Sender<Position>,
) {
    while let Ok(first) = waiting.recv() {
        let mut requests =
            std::iter::once(first).chain(waiting.try_iter().take(SHARED - 1)).peekable();
        while let Some(next) = requests.next() {
            if let Request::Hold(answer) = next {
                open::serve(connection, answer);
                continue;
            }
            let mut shared = vec![next];
            while !shared[0].is_alone()
                && let Some(request) = requests.next_if(|request| !request.is_alone())
            {
                shared.push(request);
            }
            if let Some(position) = transaction(connection, views, shared) {
                notify(appended, position);
            }
        }
    }
}

/// Tells whoever waits for it of a new head.
pub(super) fn notify(appended: &watch::Sender<Position>, position: Position) {
    appended.send_modify(|newest| *newest = position.max(*newest));
}

/// Writes all requests in one transaction and answers each; the new head if it moved.
fn transaction(
    connection: &mut Connection,
    views: &Views,
    requests: Vec<Request>,
) -> Option<Position> {
    let begun =
        connection.execute_batch("BEGIN IMMEDIATE").and_then(|()| events::whole_head(connection));
    let mut head = match begun {
        Ok(head) => head,
        Err(error) => {
            roll_back(connection);
            refuse(requests, &error);
            return None;
        }
    };

    let start = head.position;
    let mut answers: Vec<Answer> = Vec::new();
    let mut requests = requests.into_iter();
    let mut failed = None;
    for request in requests.by_ref() {
        match request {
            Request::Batch(batch, own, answer) => {
                let written = savepoint(connection, |connection| {
                    write::unit(connection, views, &batch, &own, &head)
                });
                let moved = |position: &&Position| **position != head.position;
                let position = written.as_ref().ok().filter(moved).copied();
                head.position = position.unwrap_or(head.position);
                answers.push(Box::new(move |failed| {
                    let _ = answer.send(outcome(written.map(|_| Committed { position }), failed));
                }));
            }
            Request::Statement((sql, parameters), answer) => {
                let written =
                    savepoint(connection, |connection| work::query(connection, sql, &parameters));
                answers.push(Box::new(move |failed| {
                    let _ = answer.send(outcome(written, failed));
                }));
            }
            Request::Reshape(table, documents, answer) => {
                let written = savepoint(connection, |connection| {
                    write::reshape(connection, table, &documents).map_err(store_error)
                });
                answers.push(Box::new(move |failed| {
                    let _ = answer.send(outcome(written, failed));
                }));
            }
            // It has a turn of its own.
            Request::Hold(answer) => drop(answer.send(Err(closed()))),
        }
        // A full disk can end the whole transaction; nothing may then be written outside of one.
        if connection.is_autocommit() {
            failed = Some(transaction_lost());
            break;
        }
    }

    if failed.is_none() {
        let position = head.position;
        let moved = if position == start { Ok(()) } else { write::head(connection, position) };
        failpoint::reach("sqlite.head");
        failed = moved.and_then(|()| connection.execute_batch("COMMIT")).err();
        failpoint::reach("sqlite.committed");
    }
    if let Some(error) = &failed {
        roll_back(connection);
        refuse(requests.collect(), error);
    }
    for answer in answers {
        answer(failed.as_ref());
    }
    (failed.is_none() && head.position != start).then_some(head.position)
}

/// Tells one who waits how it went, given why the transaction as a whole failed.
type Answer = Box<dyn FnOnce(Option<&rusqlite::Error>)>;

/// What became of one request: its own failure says more than that of the whole.
fn outcome<T>(
    written: Result<T, StoreError>,
    failed: Option<&rusqlite::Error>,
) -> Result<T, StoreError> {
    match (written, failed) {
        (Ok(_), Some(error)) => Err(copied(error)),
        (written, _) => written,
    }
}

fn transaction_lost() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
    rusqlite::Error::SqliteFailure(code, Some("the transaction was rolled back".to_owned()))
}

/// Runs `work` so that nothing of it stays when it fails.
fn savepoint<T>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.execute_batch("SAVEPOINT unit_of_work").map_err(store_error)?;
    let result = work(connection);
    if connection.is_autocommit() {
        return result;
    }
    let end = match result {
        Ok(_) => "RELEASE unit_of_work",
        Err(_) => "ROLLBACK TO unit_of_work; RELEASE unit_of_work",
    };
    connection.execute_batch(end).map_err(store_error)?;
    result
}

fn refuse(requests: Vec<Request>, error: &rusqlite::Error) {
    for request in requests {
        match request {
            Request::Batch(_, _, answer) => drop(answer.send(Err(copied(error)))),
            Request::Statement(_, answer) => drop(answer.send(Err(copied(error)))),
            Request::Reshape(_, _, answer) => drop(answer.send(Err(copied(error)))),
            Request::Hold(answer) => drop(answer.send(Err(copied(error)))),
        }
    }
}

/// The same failure once more, for the next one who waits.
fn copied(error: &rusqlite::Error) -> StoreError {
    store_error(match error {
        rusqlite::Error::SqliteFailure(code, message) => {
            rusqlite::Error::SqliteFailure(*code, message.clone())
        }
        other => rusqlite::Error::ToSqlConversionFailure(other.to_string().into()),
    })
}
