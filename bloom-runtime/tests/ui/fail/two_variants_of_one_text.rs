use bloom_runtime::prelude::*;

#[derive(ValueObject)]
pub enum Currency {
    #[value("EUR")]
    Euro,
    #[value("EUR")]
    Eur,
}

fn main() {}
