use bloom_runtime::prelude::*;

#[derive(ValueObject)]
pub struct Wrong {
    #[value(chars = 1..=9)]
    number: u32,
    #[value(range = 9..=1)]
    level: u32,
    #[value(email)]
    flag: bool,
    #[value(items = 1..=2)]
    text: String,
    #[value(lenght = 3)]
    name: String,
    pub open: String,
}

fn main() {}
