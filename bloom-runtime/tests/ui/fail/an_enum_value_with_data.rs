use bloom_runtime::prelude::*;

#[derive(ValueObject)]
pub enum Payment {
    Cash,
    Card(String),
}

fn main() {}
