use bloom_runtime::prelude::*;

#[derive(Entity)]
pub struct Line {
    sku: String,
}

fn main() {}
