use bloom_runtime::prelude::*;

#[derive(Query)]
pub struct GetOrder {
    id: u32,
}

fn main() {}
