//! The steps from each shape of a document to the next one.

use std::{borrow::Cow, fmt, sync::Arc};

use crate::{
    domain::Json,
    ports::{DocumentRow, StoreError},
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

    /// The body in the shape of this program.
    pub(super) fn apply<'r>(
        &self,
        table: &str,
        row: DocumentRow<'r>,
    ) -> Result<Cow<'r, str>, StoreError> {
        if row.shape == self.shape() {
            return Ok(Cow::Borrowed(row.body));
        }
        let corrupt = |source| StoreError::Corrupt {
            place: format!("`{}` in table `{table}`", row.id),
            source,
        };
        if row.shape > self.shape() || row.shape == 0 {
            let (shape, known) = (row.shape, self.shape());
            let newer =
                format!("it has shape {shape}, and this program knows {known}; run a newer one");
            return Err(corrupt(newer.into()));
        }
        let mut body: Json =
            serde_json::from_str(row.body).map_err(|error| corrupt(error.into()))?;
        for upcaster in self.0.iter().skip(row.shape as usize - 1) {
            upcaster(&mut body);
        }
        Ok(Cow::Owned(body.to_string()))
    }
}

impl fmt::Debug for Upcasters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upcasters").field("shape", &self.shape()).finish()
    }
}
