//! Giving documents of an older shape the shape of the program.

use super::{
    composition::Composition, store::StorageStore, tenancy::Tenancy, upcasters::Upcasters,
};
use crate::ports::{OutdatedDocument, ReshapedDocument, Storage, StoreError, StoredDocument};

/// How far the upcasting of a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upcasting {
    /// The table.
    pub table: &'static str,
    /// How many documents have their new shape by now.
    pub done: u64,
}

impl<S: Storage> StorageStore<S> {
    /// Gives every document of an older shape the shape of this program, some at a time; how many there were. Others may read and
    /// write meanwhile. Broken off, it goes on where it was.
    ///
    /// Documents are upcast whenever they are read, so that a program does not wait for this. What is asked of the database, such as
    /// a specification over a field that is new, sees them as they are stored, and is right once this is done.
    ///
    /// # Errors
    /// When the storage is out of reach, or a document cannot be read; those before it are done. [`StoreError::NoTenant`] when tenants
    /// have storages of their own: it is done for each, with [`for_tenant`](Self::for_tenant).
    pub async fn upcast_documents(
        &self,
        mut progress: impl FnMut(Upcasting) + Send,
    ) -> Result<u64, StoreError> {
        if matches!(self.inner.tenancy, Tenancy::Apart(_)) {
            return Err(StoreError::NoTenant);
        }
        let mut total = 0;
        for (table, upcasters) in self.inner.upcasters() {
            let mut done = 0;
            loop {
                let count = some(&self.inner, table, upcasters).await?;
                let Some(count) = count else { break };
                done += count;
                progress(Upcasting { table, done });
            }
            total += done;
        }
        Ok(total)
    }
}

/// Some of them; `None` when there are no more.
async fn some<S: Storage>(
    store: &Composition<S>,
    table: &'static str,
    upcasters: &Upcasters,
) -> Result<Option<u64>, StoreError> {
    const BATCH: usize = 200;
    let outdated = store.storage.outdated(table, upcasters.shape(), BATCH).await?;
    if outdated.is_empty() {
        return Ok(None);
    }
    let mut reshaped = Vec::with_capacity(outdated.len());
    for OutdatedDocument { tenant, document } in outdated {
        let body = upcasters.apply(table, document.as_row())?.into_owned();
        let StoredDocument { id, version, .. } = document;
        reshaped.push(ReshapedDocument { tenant, id, version, shape: upcasters.shape(), body });
    }
    // Those that somebody has saved meanwhile have their new shape already.
    store.storage.reshape(table, reshaped).await.map(Some)
}
