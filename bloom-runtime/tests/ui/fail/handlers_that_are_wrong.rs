use bloom_runtime::prelude::*;

#[derive(Command)]
pub struct Place;

pub struct H;

#[derive(Handlers)]
pub struct Shop {
    forgotten: H,
    #[handles(Place)]
    one: H,
    #[handles(Place)]
    two: H,
}

fn main() {}
