//! Documents of an older shape.

use std::{fmt, sync::Arc};

use serde_json::Value as Json;

use super::{composition::Composition, store::StorageStore, tenancy::Tenancy};
use crate::ports::{OutdatedDocument, ReshapedDocument, Storage, StoreError, StoredDocument};

type Upcaster = dyn Fn(&mut Json) + Send + Sync;

/// The steps from each shape of a document to the next one.
#[derive(Clone, Default)]
pub(super) struct Upcasters(Vec<Arc<Upcaster>>);

impl Upcasters {
    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }

    pub(super) fn add(&mut self, upcaster: impl Fn(&mut Json) + Send + Sync + 'static) {
        self.0.push(Arc::new(upcaster));
    }

    /// The shape that this program writes.
    pub(super) fn shape(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The document in the shape of this program.
    pub(super) fn apply(
        &self,
        table: &str,
        document: StoredDocument,
    ) -> Result<StoredDocument, StoreError> {
        if document.shape == self.shape() {
            return Ok(document);
        }
        let corrupt = |source| StoreError::Corrupt {
            place: format!("`{}` in table `{table}`", document.id),
            source,
        };
        if document.shape > self.shape() || document.shape == 0 {
            let (shape, known) = (document.shape, self.shape());
            let newer =
                format!("it has shape {shape}, and this program knows {known}; run a newer one");
            return Err(corrupt(newer.into()));
        }
        let mut body: Json =
            serde_json::from_str(&document.body).map_err(|error| corrupt(error.into()))?;
        for upcaster in self.0.iter().skip(document.shape as usize - 1) {
            upcaster(&mut body);
        }
        Ok(StoredDocument { body: body.to_string(), shape: self.shape(), ..document })
    }
}

impl fmt::Debug for Upcasters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upcasters").field("shape", &self.shape()).finish()
    }
}

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
        let StoredDocument { id, version, shape, body, .. } = upcasters.apply(table, document)?;
        reshaped.push(ReshapedDocument { tenant, id, version, shape, body });
    }
    // Those that somebody has saved meanwhile have their new shape already.
    store.storage.reshape(table, reshaped).await.map(Some)
}
