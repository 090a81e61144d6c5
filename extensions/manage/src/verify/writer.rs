//! The process that writes until it is killed.

use std::sync::Arc;

use bloom_runtime::{
    application::{Events, StorageStore},
    domain::Uuid,
    ports::{Committed, Repository, Storage, Store, StoreError, UnitOfWork},
};

use super::probe::{Probe, ProbeId};
use crate::terminal::say;

/// Few, so that the writers get into each other's way.
const PROBES: u128 = 4;

/// Writes with so many at the same time, and says what it is about to commit and what was committed.
pub(super) async fn write<S: Storage>(storage: Arc<S>, round: u64, writers: u64) {
    let store = StorageStore::shared(storage).aggregate::<Probe>(Events::folded());
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for turn in 0_u64.. {
                    let key = format!("{round}-{writer}-{turn}");
                    let number = u128::from(turn + writer) % PROBES + 1;
                    let parts = u32::try_from(turn % 3).unwrap_or_default() + 1;
                    if !say(format_args!("began {key}")) {
                        return;
                    }
                    let said = match commit(&store, number, &key, parts).await {
                        Ok(committed) => {
                            let position = committed.position.unwrap_or_default();
                            say(format_args!("acknowledged {key} {position}"))
                        }
                        Err(StoreError::Conflict { .. }) => say(format_args!("refused {key}")),
                        // It may have happened or not.
                        Err(_) => true,
                    };
                    if !said {
                        return;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        let _ = task.await;
    }
}

async fn commit<S: Storage>(
    store: &StorageStore<S>,
    number: u128,
    key: &str,
    parts: u32,
) -> Result<Committed, StoreError> {
    let mut uow = store.begin().await?;
    let id = ProbeId::from(Uuid::from_u128(number));
    let found: Option<Probe> = uow.repository().find_by_id(&id).await?;
    match found {
        Some(mut probe) => {
            probe.touch(key, parts);
            uow.repository().save(probe)?;
        }
        None => {
            let mut probe = Probe::place(id);
            probe.touch(key, parts);
            uow.repository().add(probe)?;
        }
    }
    uow.commit().await
}
