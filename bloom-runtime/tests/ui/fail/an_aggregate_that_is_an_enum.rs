use bloom_runtime::prelude::*;

#[derive(Aggregate)]
#[aggregate(event = OrderEvent)]
pub enum Order {
    Draft,
}

fn main() {}
