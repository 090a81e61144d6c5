use bloom_runtime::{domain::Personal, prelude::*};

#[derive(DomainEvent)]
pub enum PatientEvent {
    #[event(name = "patient.admitted", rev = 1)]
    Admitted { name: Personal<String>, doctor: Option<Personal<String>> },
    #[event(name = "patient.visited", rev = 1)]
    Visited {
        #[event(subject)]
        visitor: String,
        #[event(subject)]
        patient: String,
        called: Personal<String>,
    },
}

fn main() {}
