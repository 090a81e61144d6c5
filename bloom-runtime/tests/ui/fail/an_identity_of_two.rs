use bloom_runtime::prelude::*;

#[derive(Identity)]
pub struct OrderId(Uuid, u32);

fn main() {}
