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
            let looking = async {
                let _ = self.ask().await;
                tokio::time::sleep(BALANCING).await;
            };
            tokio::select! {
                () = looking => {}
                _ = stop.changed() => {}
            }
        }
        // What it has asked for would be given to nobody.
        for name in &self.names {
            let _ = self.storage.release(name, &self.worker).await;
        }
    }

    async fn ask(&self) -> Result<(), StoreError> {
        let held = self.storage.held(&self.worker).await?;
        // Whoever cannot do something, since it is of an older program maybe, is of no help with it.
        let failing = self.own.failing();
        let own = held.into_iter().filter(|held| {
            let name = held.name.as_str();
            self.names.contains(&name) && !failing.contains(&name)
        });
        let shares: Vec<Share<String>> = own
            .map(|Held { name, worker, wanted_by }| Share { unit: name, holder: worker, wanted_by })
            .collect();
        if let Some(Share { unit, holder, .. }) = fair_share(&shares, &self.worker) {
            self.storage.ask_for(unit, holder, &self.worker).await?;
        }
        Ok(())
    }
}
