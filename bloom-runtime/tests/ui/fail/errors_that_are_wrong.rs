use bloom_runtime::prelude::*;

#[derive(DomainError)]
pub enum Error {
    Bare,
    #[error(kind = rule, "no code")]
    NoCode,
    #[error(kind = nonsense, code = "a.b", "no such kind")]
    NoKind,
    #[error(kind = rule, code = "a.c")]
    NoMessage,
}

fn main() {}
