//! Having as many handlers to run as others.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{
    application::{
        Observer,
        sharing::{BALANCING, Share, fair_share},
    },
    ports::{Cursors, Held, StoreError, WorkerId},
};

/// Asks for the places of handlers of which others have more.
pub(super) struct Balancing<S> {
    pub(super) storage: Arc<S>,
    pub(super) names: Vec<&'static str>,
    pub(super) worker: WorkerId,
    /// How it gets on with what it has.
    pub(super) own: Observer,
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
        // Whoever cannot do what it has, since it is of an older program maybe, is of no help.
        if self.own.deliveries().iter().any(|delivery| delivery.failing.is_some()) {
            return Ok(());
        }
        let held = self.storage.held(&self.worker).await?;
        let own = held.into_iter().filter(|held| self.names.contains(&held.name.as_str()));
        let shares: Vec<Share<String>> = own
            .map(|Held { name, worker, wanted_by }| Share { unit: name, holder: worker, wanted_by })
            .collect();
        if let Some(Share { unit, holder, .. }) = fair_share(&shares, &self.worker) {
            self.storage.ask_for(unit, holder, &self.worker).await?;
        }
        Ok(())
    }
}
