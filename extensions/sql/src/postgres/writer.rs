//! Commits all units of work that wait, together.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use bloom_runtime::ports::{Batch, Committed, Position, StoreError};
use deadpool_postgres::Pool;
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    error::{is_lost, is_transient, store_error},
    lost, pool,
    write::Group,
};

/// A unit of work, and where the answer goes.
struct Request {
    batch: Batch,
    answer: oneshot::Sender<Result<Committed, StoreError>>,
}

/// The way to the task that commits, which ends when every handle is gone.
#[derive(Clone)]
pub(super) struct Writer {
    requests: mpsc::UnboundedSender<Request>,
}

/// At most so many units of work share one statement, so that none waits long for the others.
const SHARED: usize = 256;
/// How often what the server gave up for others is tried.
const ATTEMPTS: u32 = 5;

impl Writer {
    pub(super) fn start(pool: Pool, appended: watch::Sender<Position>) -> Self {
        let (requests, waiting) = mpsc::unbounded_channel();
        tokio::spawn(run(pool, waiting, appended));
        Self { requests }
    }

    pub(super) async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request { batch, answer }).map_err(|_| StoreError::Unavailable {
            reason: "the storage is closed".to_owned(),
            source: None,
        })?;
        // Once sent it may be committed although nobody answers.
        answered.await.map_err(|_| StoreError::OutcomeUnknown)?
    }
}

async fn run(
    pool: Pool,
    mut arriving: mpsc::UnboundedReceiver<Request>,
    appended: watch::Sender<Position>,
) {
    let mut waiting: VecDeque<Request> = VecDeque::new();
    loop {
        if waiting.is_empty() {
            match arriving.recv().await {
                Some(request) => waiting.push_back(request),
                None => return,
            }
        }
        while let Ok(request) = arriving.try_recv() {
            waiting.push_back(request);
        }
        let newest = commit(&pool, together(&mut waiting)).await;
        if let Some(position) = newest {
            appended.send_modify(|known| *known = position.max(*known));
        }
    }
}

/// Takes those that can share a statement: of two that touch the same stream or have the same key, the later one waits.
fn together(waiting: &mut VecDeque<Request>) -> Vec<Request> {
    let (mut taken, mut left) = (Vec::new(), VecDeque::new());
    let mut streams = HashSet::new();
    let mut keys = HashSet::new();
    for request in waiting.drain(..) {
        let batch = &request.batch;
        let touched = || {
            let appended = batch.appends.iter().map(|append| &append.stream);
            appended.chain(batch.guards.keys()).cloned()
        };
        let key = batch.outcome.as_ref().map(|outcome| outcome.key.clone());
        let is_free = touched().all(|stream| !streams.contains(&stream))
            && key.as_ref().is_none_or(|key| !keys.contains(key));
        // Whoever waits keeps its streams, so that nobody overtakes it.
        streams.extend(touched());
        keys.extend(key);
        if is_free && taken.len() < SHARED {
            taken.push(request);
        } else {
            left.push_back(request);
        }
    }
    *waiting = left;
    taken
}

/// Commits them together, or each alone when one does not fit; the newest position.
async fn commit(pool: &Pool, requests: Vec<Request>) -> Option<Position> {
    let batches: Vec<&Batch> = requests.iter().map(|request| &request.batch).collect();
    match attempt(pool, &batches).await {
        Ok(positions) => {
            let newest = positions.iter().flatten().max().copied();
            for (request, position) in requests.into_iter().zip(positions) {
                drop(request.answer.send(Ok(Committed { position })));
            }
            newest
        }
        Err(Failed::Together) if requests.len() > 1 => {
            let mut newest = None;
            for request in requests {
                newest = newest.max(Box::pin(commit(pool, vec![request])).await);
            }
            newest
        }
        Err(Failed::Together) => None,
        Err(Failed::Store(error)) => {
            let mut requests = requests.into_iter();
            let first = requests.next();
            for request in requests {
                drop(request.answer.send(Err(again(&error))));
            }
            // A failure of one alone is handed on as it is, with its source.
            if let Some(request) = first {
                drop(request.answer.send(Err(error)));
            }
            None
        }
        Err(Failed::Lost) => {
            let mut newest = None;
            for request in requests {
                let became = lost::what_became(pool, &request.batch).await;
                if let Ok(committed) = &became {
                    newest = newest.max(committed.position);
                }
                drop(request.answer.send(became));
            }
            newest
        }
    }
}

/// Why a statement failed.
enum Failed {
    /// One of several does not fit, whichever it is.
    Together,
    /// All of it failed, and nothing is stored.
    Store(StoreError),
    /// It may have been done.
    Lost,
}

async fn attempt(pool: &Pool, batches: &[&Batch]) -> Result<Vec<Option<Position>>, Failed> {
    let group = Group::new(batches.iter().copied()).map_err(Failed::Store)?;
    let mut pause = Duration::from_millis(1);
    for attempt in 1.. {
        let client = pool::take(pool).await.map_err(Failed::Store)?;
        let error = match group.commit(&client).await {
            Ok(positions) => return Ok(positions),
            Err(error) => error,
        };
        if is_lost(&error) {
            return Err(Failed::Lost);
        }
        let transient = error.code().is_some_and(is_transient);
        if transient && attempt < ATTEMPTS {
            tokio::time::sleep(pause).await;
            pause *= 4;
            continue;
        }
        let several = batches.len() > 1 && !transient;
        return Err(if several { Failed::Together } else { Failed::Store(store_error(error)) });
    }
    Err(Failed::Together)
}

/// The same failure once more, for the next one who waits. Several fail alike only when the server is out of reach.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable { reason, .. } => {
            StoreError::Unavailable { reason: reason.clone(), source: None }
        }
        other => StoreError::Internal(other.to_string().into()),
    }
}
