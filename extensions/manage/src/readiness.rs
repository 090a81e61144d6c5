//! Whether the application can do its work.

use std::{sync::Arc, time::Duration};

use bloom_runtime::{
    application::{Observer, SystemClock},
    ports::{Clock, Storage},
};

/// Ready when the storage answers, and nothing waits for too long for an event handler or a read model.
pub(crate) struct Ready<S> {
    storage: Arc<S>,
    followers: Observer,
    max_lag: Option<Duration>,
}

impl<S: Storage> Ready<S> {
    /// With `max_lag` in seconds; 0 for ever.
    pub(crate) fn new(storage: Arc<S>, followers: Observer, max_lag: u64) -> Self {
        let max_lag = Some(max_lag).filter(|lag| *lag > 0).map(Duration::from_secs);
        Self { storage, followers, max_lag }
    }
}

// Derived, it would ask that the storage can be cloned.
impl<S> Clone for Ready<S> {
    fn clone(&self) -> Self {
        let (storage, followers) = (Arc::clone(&self.storage), self.followers.clone());
        Self { storage, followers, max_lag: self.max_lag }
    }
}

impl<S: Storage> bloom_web::Readiness for Ready<S> {
    async fn check(&self) -> Result<(), String> {
        let text = |error: bloom_runtime::ports::StoreError| error.to_string();
        let head = self.storage.head().await.map_err(text)?;
        if let Some(why) = self.followers.shut_out() {
            return Err(why);
        }
        let Some(max_lag) = self.max_lag else { return Ok(()) };
        let now = SystemClock::default().now();
        for delivery in self.followers.deliveries() {
            if delivery.is_paused || !delivery.is_known || delivery.position >= head {
                continue;
            }
            let lag = delivery.lag(&*self.storage, now).await.map_err(text)?;
            if lag > max_lag {
                let why = delivery.failing.map(|why| format!(": {why}")).unwrap_or_default();
                return Err(format!(
                    "`{}` is at {} of {head}, where an event waits for {} seconds{why}",
                    delivery.name,
                    delivery.position,
                    lag.as_secs(),
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bloom_runtime::{
        application::{Append, ProposedEvent, StorageStore, Subscriptions, Sync},
        domain::Timestamp,
        memory::MemoryStorage,
        ports::{Expected, StoreError},
        testing::{
            FixedClock,
            conformance::{Account, AccountEvent},
        },
    };
    use bloom_web::Readiness;

    use super::*;

    #[tokio::test]
    async fn what_waits_for_long_is_said() {
        let storage = Arc::new(MemoryStorage::new());
        let failing = Subscriptions::new(Arc::clone(&storage)).on::<Account>(
            "mailer",
            Sync(|_: &bloom_runtime::application::Recorded<AccountEvent>| {
                Err(StoreError::Internal("no mail server".into()).into())
            }),
        );
        let ready = |running: &bloom_runtime::application::Running, max_lag| {
            Ready::new(Arc::clone(&storage), running.observer(), max_lag)
        };
        let running = failing.start();
        assert_eq!(ready(&running, 60).check().await, Ok(()), "nothing waits");

        let long_ago = FixedClock::at(Timestamp::UNIX_EPOCH);
        let store = StorageStore::shared(Arc::clone(&storage)).with_clock(long_ago);
        let events = store.event_store().await.expect("no tenants");
        let opened = AccountEvent::Deposited { amount: 1 };
        let body = serde_json::json!({ "amount": 1 });
        let name = bloom_runtime::domain::DomainEvent::name(&opened);
        let event = ProposedEvent::new(name, 1, &body).expect("JSON");
        let append = Append::to("conformance_account", "a1", Expected::Any).event(event);
        events.append(append).await.expect("it is appended");

        let looked = async {
            while !running.deliveries()[0].is_known {
                tokio::task::yield_now().await;
            }
        };
        looked.await;
        let said = ready(&running, 60).check().await.expect_err("it waits since 1970");
        assert!(said.starts_with("`mailer` is at 0 of 1, where an event waits for "), "{said}");
        assert_eq!(ready(&running, 0).check().await, Ok(()), "it may wait for ever");
        running.stop().await;
    }
}
