//! What is stored: an order of some two hundred bytes.

use bloom_runtime::{EventSourced, prelude::*};

pub const TABLE: &str = "orders";

#[derive(Identity)]
pub struct OrderId(Uuid);

#[derive(DomainEvent)]
pub enum OrderEvent {
    #[event(name = "order.opened", rev = 1)]
    Opened { id: OrderId, customer: Uuid, note: String, total: i64, at: Timestamp },
}

#[derive(Aggregate)]
#[aggregate(event = OrderEvent)]
pub struct Order {
    #[aggregate(id)]
    id: OrderId,
    customer: Uuid,
    note: String,
    total: i64,
    at: Timestamp,
    #[aggregate(changes)]
    changes: Changes<OrderEvent>,
}

impl Order {
    pub fn open(id: OrderId, total: i64) -> Self {
        let note = "left at the back door, please ring twice and wait".to_owned();
        Self::start(OrderEvent::Opened {
            id,
            customer: Uuid::from_u128(7),
            note,
            total,
            at: Timestamp::UNIX_EPOCH,
        })
    }
}

impl EventSourced for Order {
    fn begin(event: &OrderEvent) -> Option<Self> {
        let OrderEvent::Opened { id, customer, note, total, at } = event;
        let (id, customer, note) = (*id, *customer, note.clone());
        Some(Self { id, customer, note, total: *total, at: *at, changes: Changes::new() })
    }

    fn apply(&mut self, _: &OrderEvent) {}
}
