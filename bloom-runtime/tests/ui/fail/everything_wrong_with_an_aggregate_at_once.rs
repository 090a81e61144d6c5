use bloom_runtime::prelude::*;

#[derive(Aggregate)]
#[aggregate(evnt = OrderEvent)]
pub struct Order {
    pub number: u32,
    #[aggregate(unique)]
    name: String,
}

fn main() {}
