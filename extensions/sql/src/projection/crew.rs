//! The workers of several processes, which have as much to do one as another.

use std::sync::Arc;

use bloom_runtime::{
    application::{
        Observer,
        sharing::{BALANCING, Share, fair_share},
    },
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
    /// How it gets on with what it has.
    pub(super) own: Observer,
}

impl<S: SqlStorage> Crew<S> {
    /// Asks for parts of which others have more, until it is told to stop.
    pub(super) async fn balance(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            // Where the database is out of reach, others say so.
            let looking = async {
                let _ = self.ask().await;
                tokio::time::sleep(BALANCING).await;
            };
            tokio::select! {
                () = looking => {}
                _ = stop.changed() => {}
            }
        }
    }

    async fn ask(&self) -> Result<(), StoreError> {
        let mut held = lease::held(&*self.views, &self.worker).await?;
        // Whoever cannot do something, since it is of an older program maybe, is of no help with it.
        let failing = self.own.failing();
        held.retain(|share| {
            let name = share.unit.0.as_str();
            self.names.contains(&name) && !failing.contains(&name)
        });
        if let Some(Share { unit, holder, .. }) = fair_share(&held, &self.worker) {
            lease::ask_for(&*self.views, unit, holder, &self.worker).await?;
        }
        Ok(())
    }

    /// Leaves what it holds to the others, when it does nothing any more.
    pub(super) async fn leave(self: Arc<Self>) {
        if self.names.is_empty() {
            return;
        }
        if let Err(error) = lease::release(&*self.views, &self.worker).await {
            tracing::warn!("others go on when some seconds are over: {error}");
        }
    }
}
