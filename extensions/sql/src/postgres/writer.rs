//! Commits all units of work that wait, together.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use bloom_runtime::ports::{Batch, Committed, Position, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::error::SqlState;

use super::{
    error::{again, is_lost, is_transient, store_error},
    lost,
    notify::Heads,
    open,
    pool::{Connections, Whose},
    write::Group,
};
use crate::failpoint;

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
const ATTEMPTS: usize = 5;

impl Writer {
    pub(super) fn start(connections: Connections, heads: Heads) -> Self {
        let (requests, waiting) = mpsc::unbounded_channel();
        tokio::spawn(run(connections, waiting, heads));
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
    connections: Connections,
    mut arriving: mpsc::UnboundedReceiver<Request>,
    heads: Heads,
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
        commit(&connections, together(&mut waiting, connections.row_security()), &heads).await;
    }
}

/// Takes those that can share a statement, of one tenant only where tenants are `apart`: of two that touch the same stream or have the same key, the later one waits.
fn together(waiting: &mut VecDeque<Request>, apart: bool) -> Vec<Request> {
    let (mut taken, mut left) = (Vec::new(), VecDeque::new());
    let mut streams = HashSet::new();
    let mut keys = HashSet::new();
    let tenant = waiting.front().map(|request| request.batch.tenant.clone());
    for request in waiting.drain(..) {
        let batch = &request.batch;
        let touched = || {
            let appended = batch.appends.iter().map(|append| &append.stream);
            let added = batch.additions.iter().map(|addition| &addition.stream);
            appended.chain(added).chain(batch.guards.keys()).cloned()
        };
        let key = batch.outcome.as_ref().map(|outcome| (batch.tenant.clone(), outcome.key.clone()));
        let is_free = touched().all(|stream| !streams.contains(&stream))
            && key.as_ref().is_none_or(|key| !keys.contains(key));
        // Whoever waits keeps its streams, so that nobody overtakes it.
        streams.extend(touched());
        keys.extend(key);
        let is_theirs = !apart || tenant.as_ref() == Some(&request.batch.tenant);
        if is_free && is_theirs && taken.len() < SHARED {
            taken.push(request);
        } else {
            left.push_back(request);
        }
    }
    *waiting = left;
    taken
}

/// Commits them together, or each alone when one does not fit.
async fn commit(connections: &Connections, requests: Vec<Request>, heads: &Heads) {
    let batches: Vec<&Batch> = requests.iter().map(|request| &request.batch).collect();
    match attempt(connections, &batches).await {
        Ok(positions) => {
            if let Some(newest) = positions.iter().flatten().max() {
                heads.committed(*newest);
            }
            for (request, position) in requests.into_iter().zip(positions) {
                drop(request.answer.send(Ok(Committed { position })));
            }
        }
        Err(Failed::Together) => {
            for request in requests {
                Box::pin(commit(connections, vec![request], heads)).await;
            }
        }
        Err(Failed::Waiting) => {
            for request in requests {
                tokio::spawn(wait_alone(connections.clone(), request, heads.clone()));
            }
        }
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
        }
        Err(Failed::Lost) => {
            let until = lost::patience();
            for request in requests {
                let became = lost::what_became(connections, &request.batch, until).await;
                if let Ok(Committed { position: Some(position) }) = &became {
                    heads.committed(*position);
                }
                drop(request.answer.send(became));
            }
        }
    }
}

/// Commits one that waits for an aggregate which somebody holds, so that the others need not.
async fn wait_alone(connections: Connections, request: Request, heads: Heads) {
    let Request { batch, answer } = request;
    let committed = open::commit_alone(&connections, &batch, &[]).await;
    if let Ok(Committed { position: Some(position) }) = &committed {
        heads.committed(*position);
    }
    drop(answer.send(committed));
}

/// Why a statement failed.
enum Failed {
    /// One of several does not fit, whichever it is.
    Together,
    /// The one there is waits for somebody who takes long.
    Waiting,
    /// All of it failed, and nothing is stored.
    Store(StoreError),
    /// It may have been done.
    Lost,
}

async fn attempt(
    connections: &Connections,
    batches: &[&Batch],
) -> Result<Vec<Option<Position>>, Failed> {
    let group = Group::new(batches.iter().copied(), |table| connections.is_view(table))
        .map_err(Failed::Store)?;
    let mut pause = Duration::from_millis(1);
    let mut attempts = 1..=ATTEMPTS;
    loop {
        let is_last = attempts.next().is_none_or(|attempt| attempt == ATTEMPTS);
        let client = connections
            .take_to_write(Whose::One(batches.first().map_or("", |batch| &batch.tenant)))
            .await
            .map_err(Failed::Store)?;
        // Until it is prepared nothing has been asked of the server, so a connection that died meanwhile is no matter.
        let statement = match group.prepare(&client).await {
            Ok(statement) => statement,
            Err(_) if !is_last => continue,
            Err(error) => return Err(Failed::Store(store_error(error))),
        };
        failpoint::reach("postgres.prepared");
        let error = match group.commit(&client, &statement).await {
            Ok(positions) => {
                failpoint::reach("postgres.committed");
                return Ok(positions);
            }
            Err(error) => error,
        };
        if is_lost(&error) {
            return Err(Failed::Lost);
        }
        let several = batches.len() > 1;
        match error.code() {
            Some(code) if is_transient(code) && !is_last => {
                tokio::time::sleep(pause).await;
                pause *= 4;
            }
            Some(code) if is_transient(code) => return Err(Failed::Store(store_error(error))),
            _ if several => return Err(Failed::Together),
            Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => return Err(Failed::Waiting),
            _ => return Err(Failed::Store(store_error(error))),
        }
    }
}
