//! Reads what aggregates are folded from: one alone, or several who wait in one statement.

use std::{pin::pin, sync::Arc, time::Duration};

use bloom_runtime::{
    domain::Version,
    ports::{StoreError, StreamId},
};
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    time::timeout,
};

use super::{
    error::again,
    events::{self, Plain},
    pool::{Connections, Whose},
};

/// What becomes of a request.
type Loaded = Result<Plain, StoreError>;

/// An aggregate that is to be loaded, and where its events go.
struct Request {
    stream: StreamId,
    after: Version,
    answer: oneshot::Sender<Loaded>,
}

impl Request {
    fn tell(self, loaded: Loaded) {
        // Whoever has gone needs it no more.
        drop(self.answer.send(loaded));
    }
}

/// Reads for whoever comes while nobody else reads, and hands the rest to a task that reads all that has come meanwhile together: the
/// server takes hardly longer for some aggregates than for one. The task ends when every handle is gone.
#[derive(Clone)]
pub(super) struct Loads {
    connections: Connections,
    /// The place of who reads alone.
    place: Arc<Semaphore>,
    requests: mpsc::UnboundedSender<Request>,
}

/// At most so many aggregates share one statement, so that none waits long for the others.
const SHARED: usize = 64;
/// How long who reads keeps others waiting: a long history takes longer, and nobody waits for that.
const SHORT: Duration = Duration::from_millis(5);

impl Loads {
    pub(super) fn start(connections: Connections) -> Self {
        let (requests, waiting) = mpsc::unbounded_channel();
        tokio::spawn(run(connections.clone(), waiting));
        Self { connections, place: Arc::new(Semaphore::new(1)), requests }
    }

    pub(super) async fn payloads(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> Result<Plain, StoreError> {
        // Where the server has to know for whom it is asked, it is asked for one.
        if self.connections.row_security() {
            return alone(&self.connections, stream, after).await;
        }
        if let Ok(place) = self.place.try_acquire() {
            let mut reading = pin!(alone(&self.connections, stream, after));
            let read = timeout(SHORT, &mut reading).await;
            drop(place);
            return match read {
                Ok(loaded) => loaded,
                Err(_) => reading.await,
            };
        }
        let (answer, answered) = oneshot::channel();
        let request = Request { stream: stream.clone(), after, answer };
        let closed =
            || StoreError::Unavailable { reason: "the storage is closed".to_owned(), source: None };
        self.requests.send(request).map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

async fn alone(connections: &Connections, stream: &StreamId, after: Version) -> Loaded {
    let client = connections.take(Whose::One(&stream.tenant)).await?;
    events::payloads(&client, stream, after).await
}

async fn run(connections: Connections, mut arriving: mpsc::UnboundedReceiver<Request>) {
    let mut requests = Vec::new();
    while arriving.recv_many(&mut requests, SHARED).await > 0 {
        let (connections, requests) = (connections.clone(), std::mem::take(&mut requests));
        let reading = tokio::spawn(async move { answer(&connections, requests).await });
        // What takes longer goes on beside the next ones.
        drop(timeout(SHORT, reading).await);
    }
}

async fn answer(connections: &Connections, mut requests: Vec<Request>) {
    requests.retain(|request| !request.answer.is_closed());
    if requests.is_empty() {
        return;
    }
    let client = match connections.take(Whose::All).await {
        Ok(client) => client,
        Err(error) => {
            for request in requests {
                request.tell(Err(again(&error)));
            }
            return;
        }
    };
    let asked: Vec<(&StreamId, Version)> =
        requests.iter().map(|request| (&request.stream, request.after)).collect();
    // What they cannot be told together, each is told alone: that it has many events, or what is wrong.
    let found = events::payloads_of(&client, &asked).await.unwrap_or_else(|error| {
        tracing::debug!(%error, "some aggregates could not be read together");
        Vec::new()
    });
    drop(client);
    let mut found = found.into_iter();
    for request in requests {
        if let Some(Some(loaded)) = found.next() {
            request.tell(Ok(loaded));
        } else {
            let connections = connections.clone();
            tokio::spawn(async move {
                let loaded = alone(&connections, &request.stream, request.after).await;
                request.tell(loaded);
            });
        }
    }
}
