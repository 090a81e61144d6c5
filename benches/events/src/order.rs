//! The aggregate as Bloom has it.

use bloom_runtime::{EventSourced, prelude::*};
use events_harness::Added;

/// Which order it is.
#[derive(Identity)]
pub struct OrderId(Uuid);

/// What happens to an order: the fields of [`Added`], so that what is stored is the same text.
#[derive(DomainEvent)]
pub enum OrderEvent {
    /// A line was added.
    #[event(name = "order.added", rev = 1)]
    Added {
        /// The order.
        id: OrderId,
        /// Whose it is.
        customer: Uuid,
        /// Some text.
        note: String,
        /// An amount.
        total: i64,
    },
}

impl From<Added> for OrderEvent {
    fn from(Added { id, customer, note, total }: Added) -> Self {
        Self::Added { id: id.into(), customer, note, total }
    }
}

/// An order that is folded from its events.
#[derive(Aggregate)]
#[aggregate(event = OrderEvent)]
pub struct Order {
    #[aggregate(id)]
    id: OrderId,
    total: i64,
    #[aggregate(changes)]
    changes: Changes<OrderEvent>,
}

impl Order {
    /// A new one.
    pub fn open(first: Added) -> Self {
        Self::start(first.into())
    }

    /// One more line.
    pub fn add(&mut self, next: Added) {
        self.raise(next.into());
    }
}

impl EventSourced for Order {
    fn begin(event: &OrderEvent) -> Option<Self> {
        let OrderEvent::Added { id, total, .. } = event;
        Some(Self { id: *id, total: *total, changes: Changes::new() })
    }

    fn apply(&mut self, event: &OrderEvent) {
        let OrderEvent::Added { total, .. } = event;
        self.total += total;
    }
}
