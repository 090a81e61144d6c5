mod other {
    use bloom_runtime::{EventSourced, prelude::*};

    #[derive(Identity)]
    pub struct CustomerId(Uuid);

    #[derive(DomainEvent)]
    pub enum CustomerEvent {
        #[event(name = "customer.created", rev = 1)]
        Created { id: CustomerId },
    }

    #[derive(Aggregate)]
    #[aggregate(event = CustomerEvent)]
    pub struct Customer {
        #[aggregate(id)]
        id: CustomerId,
        #[aggregate(changes)]
        changes: Changes<CustomerEvent>,
    }

    impl EventSourced for Customer {
        fn begin(event: &CustomerEvent) -> Option<Self> {
            let CustomerEvent::Created { id } = event;
            Some(Self { id: *id, changes: Changes::new() })
        }
        fn apply(&mut self, _: &CustomerEvent) {}
    }

    impl Customer {
        pub fn create(id: CustomerId) -> Self {
            Self::start(CustomerEvent::Created { id })
        }
    }

    #[derive(Identity)]
    pub struct AddressId(Uuid);

    #[derive(Entity)]
    #[entity(root = Customer)]
    pub struct Address {
        #[entity(id)]
        id: AddressId,
        street: String,
    }
}

use bloom_runtime::prelude::*;
use other::Address;

#[derive(DomainEvent)]
pub enum Event {
    #[event(name = "order.moved", rev = 1)]
    Moved { to: Address },
}

fn main() {}
