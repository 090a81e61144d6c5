//! Values that only one aggregate of a kind may have.

use std::collections::{HashMap, HashSet};

use crate::ports::{Batch, KeyClaim, StoreError, StreamAppend, StreamId};

/// Tenant, aggregate, field and value.
type Key = (String, String, &'static str, String);

/// Who has which value.
#[derive(Default)]
pub(super) struct UniqueKeys {
    /// The id of the aggregate that has it.
    owners: HashMap<Key, String>,
    /// The keys that each aggregate has.
    claimed: HashMap<StreamId, Vec<Key>>,
}

fn key_of(stream: &StreamId, claim: &KeyClaim) -> Key {
    (stream.tenant.clone(), stream.aggregate.clone(), claim.field, claim.value.clone())
}

impl UniqueKeys {
    /// Whether what the batch claims is free, or becomes free: each aggregate of it gives up its old keys before any takes new ones.
    pub(super) fn check(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut taken = HashSet::new();
        for StreamAppend { stream, keys, .. } in &batch.appends {
            for claim in keys {
                let key = key_of(stream, claim);
                let owner = self.owners.get(&key).filter(|owner| {
                    batch.appends.iter().all(|append| {
                        append.stream.aggregate != stream.aggregate || append.stream.id != **owner
                    })
                });
                if owner.is_some() || !taken.insert(key) {
                    return Err(StoreError::KeyTaken {
                        aggregate: stream.aggregate.clone(),
                        id: stream.id.clone(),
                        field: claim.field.to_owned(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Every aggregate of the batch has from now on what it claims, and nothing else.
    pub(super) fn take(&mut self, batch: &Batch) {
        for StreamAppend { stream, .. } in &batch.appends {
            for key in self.claimed.remove(stream).unwrap_or_default() {
                self.owners.remove(&key);
            }
        }
        for StreamAppend { stream, keys, .. } in &batch.appends {
            if keys.is_empty() {
                continue;
            }
            let keys: Vec<Key> = keys.iter().map(|claim| key_of(stream, claim)).collect();
            self.owners.extend(keys.iter().map(|key| (key.clone(), stream.id.clone())));
            self.claimed.insert(stream.clone(), keys);
        }
    }
}
