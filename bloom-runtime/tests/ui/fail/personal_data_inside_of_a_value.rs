use bloom_runtime::{domain::Personal, prelude::*};

#[derive(ValueObject)]
pub struct Address {
    street: Personal<String>,
    #[value(opaque)]
    city: Option<Personal<String>>,
}

#[derive(DomainEvent)]
#[event(subject)]
pub enum PatientEvent {
    #[event(name = "patient.admitted", rev = 1)]
    Admitted { names: Vec<Personal<String>> },
    #[event(name = "patient.moved", rev = 1)]
    Moved {
        #[event(opaque)]
        to: Vec<Personal<String>>,
    },
}

fn main() {}
