//! Whether this program may append at all: whoever leaves out what is written with the events is refused.

use std::{sync::Arc, time::Duration};

use bloom_runtime::ports::{Storage, StoreError};
use tokio::sync::watch;

use super::{error::ProjectionError, projector::Projector};
use crate::{parameters, queries::SqlStorage, roster::Roster, value::SqlValue};

/// So often it is looked.
const EVERY: Duration = Duration::from_secs(2);

/// What the head of the log lists.
pub(super) async fn listed<S: SqlStorage>(views: &S) -> Result<Roster, StoreError> {
    const SQL: &str = "SELECT CAST(inline AS TEXT) FROM bloom_head";
    let rows = views.query(SQL, parameters![]).await?;
    match rows.first().and_then(|row| row.first()) {
        Some(SqlValue::Text(text)) => Roster::parse(Some(text)),
        _ => Ok(Roster::default()),
    }
}

/// Looks for what this program leaves out.
pub(super) struct Lookout<S> {
    pub(super) views: Arc<S>,
    /// Whether this program appends elsewhere.
    pub(super) is_apart: bool,
}

impl<S: SqlStorage> Lookout<S> {
    async fn left_out(&self) -> Result<Vec<String>, StoreError> {
        if self.is_apart {
            return Ok(Vec::new());
        }
        let roster = listed(&*self.views).await?;
        let is_written = |name: &&str| {
            roster.aggregates(name).all(|aggregate| self.views.writes_inline_of(name, aggregate))
        };
        let left_out = roster.names().into_iter().filter(|name| !is_written(name));
        Ok(left_out.map(ToOwned::to_owned).collect())
    }

    /// Looks until it is told to stop.
    pub(super) async fn run(
        self,
        shut_out: watch::Sender<Option<String>>,
        mut stop: watch::Receiver<bool>,
    ) {
        while !*stop.borrow() {
            // Where the database is out of reach, others say so.
            if let Ok(left_out) = self.left_out().await {
                let first = left_out.into_iter().next();
                let why = first.map(|name| ProjectionError::ShutOut { name }.to_string());
                shut_out.send_if_modified(|known| {
                    let is_news = *known != why;
                    if is_news && let Some(why) = &why {
                        tracing::error!("{why}");
                    }
                    known.clone_from(&why);
                    is_news
                });
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                _ = stop.changed() => {}
            }
        }
    }
}

impl<L: Storage, S: SqlStorage> Projector<L, S> {
    /// The projections that are written with the events, and that this program does not write, or not for all of these: what it appends is
    /// refused. Empty where all is well.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn left_out(&self) -> Result<Vec<String>, ProjectionError> {
        Ok(self.lookout().left_out().await?)
    }
}
