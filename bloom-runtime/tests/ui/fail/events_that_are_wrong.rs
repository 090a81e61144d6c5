use bloom_runtime::prelude::*;

#[derive(DomainEvent)]
pub enum Event {
    Nameless { by: u32 },
    #[event(name = "order.placed")]
    Placed(u32),
    #[event(name = "order.moved", rev = "one")]
    Moved,
    #[event(name = "order cancelled")]
    Cancelled,
    #[event(name = "order.twice")]
    First {
        #[event(tag = "of:course")]
        course: u32,
        #[event(tagged)]
        student: u32,
    },
    #[event(name = "order.twice")]
    Second,
}

fn main() {}
