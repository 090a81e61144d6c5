//! The workers of several processes, which have as much to do one as another.

use std::sync::Arc;

use bloom_runtime::{
    application::sharing::{BALANCING, fair_share},
    ports::{StoreError, WorkerId},
};
use tokio::sync::watch;

use super::lease;
use crate::queries::SqlStorage;

/// What one of them is to the others.
pub(super) struct Crew<S> {
    pub(super) views: Arc<S>,
    pub(super) names: Vec<&'static str>,
    pub(super) worker: WorkerId,
}

impl<S: SqlStorage> Crew<S> {
    /// Asks for parts of which others have more, until it is told to stop.
    pub(super) async fn balance(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            // Where the database is out of reach, others say so.
            let _ = self.ask().await;
            tokio::select! {
                () = tokio::time::sleep(BALANCING) => {}
                _ = stop.changed() => {}
            }
        }
    }

    async fn ask(&self) -> Result<(), StoreError> {
        let mut held = lease::held(&*self.views).await?;
        held.retain(|((name, ..), _)| self.names.contains(&name.as_str()));
        if let Some((part, holder)) = fair_share(&held, &self.worker) {
            lease::ask_for(&*self.views, part, holder, &self.worker).await?;
        }
        Ok(())
    }

    /// Leaves what it holds to the others, when it does nothing any more.
    pub(super) async fn leave(self: Arc<Self>) {
        if let Err(error) = lease::release(&*self.views, &self.worker).await {
            tracing::warn!("others go on when some seconds are over: {error}");
        }
    }
}
