//! What one process tells another: that there is something new to read.
//!
//! A hint to look, never the only one: whoever follows the log looks now and then in any case. It is told outside of the transactions
//! that append, since a transaction that tells something waits at its end for all others that do; and only now and then, however much is appended.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bloom_runtime::{
    application::retry,
    ports::{Position, StoreError},
};
use tokio::{runtime::Handle, sync::watch};

use super::{
    connection,
    error::store_error,
    events,
    pool::{Connections, Whose},
};

/// At most so often others are told.
const PAUSE: Duration = Duration::from_millis(20);

/// The channel of a schema. Its name is not longer than one may be.
const CHANNEL: &str = "'bloom_' || md5(current_schema())";

/// The newest position that is known of here. Clones share it.
#[derive(Clone)]
pub(super) struct Heads {
    url: Arc<str>,
    connections: Connections,
    newest: watch::Sender<Position>,
    /// The newest one that was committed here.
    own: watch::Sender<Position>,
    is_listening: Arc<AtomicBool>,
}

impl Heads {
    /// Begins at `head`, and tells others of whatever is committed here.
    pub(super) fn start(url: &str, connections: Connections, head: Position) -> Self {
        let (own, committed) = watch::channel(head);
        tokio::spawn(announce(connections.clone(), committed));
        Self {
            url: url.into(),
            connections,
            newest: watch::Sender::new(head),
            own,
            is_listening: Arc::default(),
        }
    }

    /// Notes what was committed here.
    pub(super) fn committed(&self, position: Position) {
        note(&self.newest, position);
        note(&self.own, position);
    }

    /// What somebody waits on who wants to know of new positions; from then on other processes are listened to.
    pub(super) fn appended(&self) -> watch::Receiver<Position> {
        if !self.is_listening.swap(true, Ordering::Relaxed) {
            match Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn(listen(
                    Arc::clone(&self.url),
                    self.connections.clone(),
                    self.newest.clone(),
                    self.own.subscribe(),
                ))),
                Err(_) => self.is_listening.store(false, Ordering::Relaxed),
            }
        }
        self.newest.subscribe()
    }
}

fn note(known: &watch::Sender<Position>, position: Position) {
    known.send_if_modified(|known| {
        let is_new = position > *known;
        *known = position.max(*known);
        is_new
    });
}

/// Tells others of what is committed here, until nobody can commit any more.
async fn announce(connections: Connections, mut committed: watch::Receiver<Position>) {
    while committed.changed().await.is_ok() {
        let position = *committed.borrow_and_update();
        if let Err(error) = tell(&connections, position).await {
            // They look now and then.
            tracing::debug!(%error, "other processes were not told of new events");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn tell(connections: &Connections, position: Position) -> Result<(), StoreError> {
    let client = connections.take(Whose::All).await?;
    // Nothing is written that would have to be on the disk.
    let sql =
        format!("SELECT set_config('synchronous_commit', 'off', true), pg_notify({CHANNEL}, $1)");
    let statement = client.prepare_cached(&sql).await.map_err(store_error)?;
    client.query_one(&statement, &[&position.to_string()]).await.map_err(store_error).map(drop)
}

/// Listens to others until nobody can commit here any more, on a connection of its own, which is made again when it is lost.
async fn listen(
    url: Arc<str>,
    connections: Connections,
    newest: watch::Sender<Position>,
    own: watch::Receiver<Position>,
) {
    let gone = {
        let mut own = own;
        async move { while own.changed().await.is_ok() {} }
    };
    tokio::select! {
        () = gone => {}
        () = listen_always(&url, &connections, &newest) => {}
    }
}

async fn listen_always(url: &str, connections: &Connections, newest: &watch::Sender<Position>) {
    let patience = || retry::pauses(Duration::from_millis(100), Duration::from_secs(30));
    let mut pauses = patience();
    loop {
        match listen_once(url, connections, newest).await {
            Ok(()) => pauses = patience(),
            Err(error) => tracing::debug!(%error, "other processes are not heard at the moment"),
        }
        tokio::time::sleep(pauses.next().unwrap_or(PAUSE)).await;
    }
}

/// Listens until the connection is lost.
async fn listen_once(
    url: &str,
    connections: &Connections,
    newest: &watch::Sender<Position>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (client, mut told) = connection::told(url).await?;
    let channel: String = client.query_one(&format!("SELECT {CHANNEL}"), &[]).await?.try_get(0)?;
    client.batch_execute(&format!("LISTEN {channel}")).await?;
    // What was told before anybody listened.
    let head = events::head(&*connections.take(Whose::All).await?).await?;
    note(newest, head);
    while let Some(said) = told.recv().await {
        if let Ok(position) = said.payload().parse() {
            note(newest, Position::new(position));
        }
    }
    Ok(())
}
