//! The steps from each shape of a document to the next one.

use std::{fmt, sync::Arc};

use crate::{
    domain::Json,
    ports::{StoreError, StoredDocument},
};

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
