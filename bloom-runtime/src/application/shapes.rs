//! Reading what is kept in an earlier shape, away from the store that knows the steps.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    genesis::{Genesis, StoredState},
    recorded::{Happened, Recorded},
    upcasters::Upcasters,
};
use crate::{
    domain::Aggregate,
    ports::{RecordedEvent, StoreError, StreamId},
};

/// The shapes that the documents of each kind of aggregate have had, as [`StorageStore::shapes`](super::StorageStore::shapes) tells them: whoever follows the log
/// reads with them the state that stands for events that were truncated. The default knows of the first shape alone.
#[derive(Debug, Clone, Default)]
pub struct Shapes(Arc<BTreeMap<&'static str, Upcasters>>);

impl Shapes {
    pub(super) fn of(known: &BTreeMap<&'static str, Upcasters>) -> Self {
        Self(Arc::new(known.clone()))
    }

    /// What an entry of the log says of an aggregate of this kind, the state in the shape of this program.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], with the place, when it does not decode, or is a state in a shape that is not known here.
    pub fn decode<A: Aggregate>(
        &self,
        entry: RecordedEvent,
    ) -> Result<Happened<A::Event, A>, StoreError> {
        Ok(match Happened::decode(entry)? {
            Happened::Event(event) => Happened::Event(event),
            Happened::Moved(moved) => Happened::Moved(moved),
            Happened::Resumed(resumed) => Happened::Resumed(self.state(resumed)?),
        })
    }

    fn state<A: Aggregate>(
        &self,
        resumed: Recorded<StoredState>,
    ) -> Result<Recorded<A>, StoreError> {
        let Recorded { position, tenant, aggregate_id, version, metadata, event } = resumed;
        let stream = StreamId { tenant, aggregate: A::NAME.to_owned(), id: aggregate_id };
        let none = Upcasters::none();
        let upcasters = self.0.get(A::NAME).unwrap_or(&none);
        let event = Genesis::state(&stream, version, event.payload(), upcasters)?;
        let StreamId { tenant, id: aggregate_id, .. } = stream;
        Ok(Recorded { position, tenant, aggregate_id, version, metadata, event })
    }
}
