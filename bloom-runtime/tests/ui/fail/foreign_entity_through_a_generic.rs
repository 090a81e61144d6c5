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

use bloom_runtime::{EventSourced, prelude::*};
use other::{Address, Customer};

#[derive(Identity)]
pub struct OrderId(Uuid);

#[derive(DomainEvent)]
pub enum OrderEvent {
    #[event(name = "order.created", rev = 1)]
    Created { id: OrderId },
}

type Boxed<T> = Option<Box<T>>;

#[derive(Aggregate)]
#[aggregate(event = OrderEvent)]
pub struct Order {
    #[aggregate(id)]
    id: OrderId,
    address: Boxed<Address>,
    #[aggregate(changes)]
    changes: Changes<OrderEvent>,
}

impl EventSourced for Order {
    fn begin(_: &OrderEvent) -> Option<Self> {
        None
    }
    fn apply(&mut self, _: &OrderEvent) {}
}

fn main() {}
