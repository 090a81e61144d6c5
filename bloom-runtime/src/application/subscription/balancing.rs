//! Having as many handlers to run as others.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{
    application::sharing::{BALANCING, fair_share},
    ports::{Cursors, StoreError, WorkerId},
};

/// Asks for the places of handlers of which others have more.
pub(super) struct Balancing<S> {
    pub(super) storage: Arc<S>,
    pub(super) names: Vec<&'static str>,
    pub(super) worker: WorkerId,
}

impl<S: Cursors> Balancing<S> {
    /// Looks until it is told to stop.
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            // Where the storage is out of reach, others say so.
            let _ = self.ask().await;
            tokio::select! {
                () = tokio::time::sleep(BALANCING) => {}
                _ = stop.changed() => {}
            }
        }
    }

    async fn ask(&self) -> Result<(), StoreError> {
        let mut held = self.storage.held().await?;
        held.retain(|(name, _)| self.names.contains(&name.as_str()));
        if let Some((name, holder)) = fair_share(&held, &self.worker) {
            self.storage.ask_for(name, holder, &self.worker).await?;
        }
        Ok(())
    }
}
