//! A transaction that stays open between statements.

use bloom_runtime::ports::{Batch, Committed, Position, StoreError};
use deadpool_postgres::{ClientWrapper, Object};

use super::{
    error::{is_lost, is_other_inline, is_transient, is_transient_error, store_error},
    events, lost,
    pool::{Connections, Whose},
    work,
    write::Group,
};
use crate::{failpoint, work::SqlWork};

/// An open transaction. Dropped, its connection is closed, with which the server undoes it: whoever gives up may be in the
/// middle of a statement.
pub(super) struct Open {
    client: Option<Object>,
}

/// Why it was not committed.
pub(super) enum Failed {
    /// Nothing is stored, and the same again may succeed at once.
    Transient(StoreError),
    /// Nothing is stored.
    Store(StoreError),
}

impl Failed {
    pub(super) fn into_error(self) -> StoreError {
        match self {
            Self::Transient(error) | Self::Store(error) => error,
        }
    }
}

/// How often is tried what the server gives up for others.
const ATTEMPTS: usize = 5;

/// Commits in a transaction that no other shares.
pub(super) async fn commit_alone(
    connections: &Connections,
    batch: &Batch,
    work: &[SqlWork],
) -> Result<Committed, StoreError> {
    let mut attempt = 1;
    loop {
        match Open::begin(connections, Whose::One(&batch.tenant))
            .await?
            .commit(connections, batch, work)
            .await
        {
            Ok(committed) => return Ok(committed),
            Err(Failed::Transient(_)) if attempt < ATTEMPTS => attempt += 1,
            Err(failed) => return Err(failed.into_error()),
        }
    }
}

impl Open {
    /// One that the server undoes when nothing is asked of it for half a minute, since others wait.
    pub(super) async fn hold(connections: &Connections) -> Result<Self, StoreError> {
        let open = Self::begin(connections, Whose::One("")).await?;
        let limit = "SET LOCAL idle_in_transaction_session_timeout = '30s'";
        open.client()?.batch_execute(limit).await.map_err(store_error)?;
        Ok(open)
    }

    pub(super) async fn begin(
        connections: &Connections,
        whose: Whose<'_>,
    ) -> Result<Self, StoreError> {
        // Whoever gives up while it begins must not leave a connection in the pool that has begun.
        let open = Self { client: Some(connections.take(whose).await?) };
        open.client()?.batch_execute("BEGIN").await.map_err(store_error)?;
        Ok(open)
    }

    pub(super) fn client(&self) -> Result<&ClientWrapper, StoreError> {
        let closed = || StoreError::Unavailable {
            reason: "the unit of work was committed".to_owned(),
            source: None,
        };
        self.client.as_deref().ok_or_else(closed)
    }

    /// Writes the batch, does the work, and commits.
    pub(super) async fn commit(
        mut self,
        connections: &Connections,
        batch: &Batch,
        work: &[SqlWork],
    ) -> Result<Committed, Failed> {
        let position = match self.written(batch, work).await {
            Ok(position) => position,
            Err(failed) => {
                if self.client().is_ok_and(|client| !client.is_closed()) {
                    self.end("ROLLBACK").await.ok();
                }
                return Err(failed);
            }
        };
        match self.end("COMMIT").await {
            Ok(()) => {
                failpoint::reach("postgres.ended");
                Ok(Committed { position })
            }
            Err(error) if is_lost(&error) => {
                // It is of no use any more, and may be the only one that the pool gives.
                drop(self.client.take().map(Object::take));
                lost::what_became(connections, batch, lost::patience()).await.map_err(Failed::Store)
            }
            Err(error) => Err(failed(error)),
        }
    }

    async fn written(&self, batch: &Batch, work: &[SqlWork]) -> Result<Option<Position>, Failed> {
        let client = self.client().map_err(Failed::Store)?;
        let group = Group::new([batch], |_| false).map_err(Failed::Store)?;
        group.stage(client).await.map_err(failed)?;
        failpoint::reach("postgres.staged");
        work::run(client, work).await.map_err(failed_work)?;
        failpoint::reach("postgres.worked");
        if !batch.boundaries.is_empty() {
            // Once nobody else can append, what has come is all that has come; the functions see it, since each of their statements looks anew.
            events::hold_head(client).await.map_err(Failed::Store)?;
            for boundary in &batch.boundaries {
                let crossing = events::crossing(client, &batch.tenant, boundary).await;
                if let Some(position) = crossing.map_err(Failed::Store)? {
                    let after = boundary.after;
                    return Err(Failed::Store(StoreError::Crossed { after, position }));
                }
            }
        }
        let positions = group.append(client).await.map_err(failed)?;
        failpoint::reach("postgres.appended");
        Ok(positions.into_iter().next().flatten())
    }

    /// Undoes what was done, if anything.
    pub(super) async fn roll_back(mut self) {
        // Where that fails, the connection is closed, which does the same.
        self.end("ROLLBACK").await.ok();
    }

    /// Ends the transaction and gives the connection back.
    async fn end(&mut self, how: &str) -> Result<(), tokio_postgres::Error> {
        let Some(client) = &self.client else { return Ok(()) };
        client.batch_execute(how).await?;
        self.client = None;
        Ok(())
    }
}

fn failed(error: tokio_postgres::Error) -> Failed {
    let transient = error.code().is_some_and(|code| is_transient(code) || is_other_inline(code));
    let error = store_error(error);
    if transient { Failed::Transient(error) } else { Failed::Store(error) }
}

fn failed_work(error: StoreError) -> Failed {
    if is_transient_error(&error) { Failed::Transient(error) } else { Failed::Store(error) }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}
