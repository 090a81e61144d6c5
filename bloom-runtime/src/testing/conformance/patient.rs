//! An aggregate that holds something personal.

use crate::{EventSourced, domain::Personal, prelude::*};

/// The table of its documents.
pub const PATIENTS: &str = "conformance_patients";

/// Tells one patient from another.
#[derive(Identity)]
pub struct PatientId(Uuid);

/// What happens to a patient.
#[derive(DomainEvent)]
#[event(subject)]
pub enum PatientEvent {
    /// The patient came.
    #[event(name = "conformance.admitted", rev = 1)]
    Admitted {
        /// The patient.
        id: PatientId,
        /// Where.
        ward: String,
        /// What the patient is called; unique.
        name: Personal<String>,
        /// Somebody else, of whom there is something personal, too.
        doctor: Option<Personal<String>>,
    },
    /// The patient lies elsewhere.
    #[event(name = "conformance.moved", rev = 1)]
    Moved {
        /// Where.
        ward: String,
    },
    /// Somebody came to see the patient: it is about the visitor.
    #[event(name = "conformance.visited", rev = 1)]
    Visited {
        /// The visitor.
        #[event(subject)]
        visitor: String,
        /// What the visitor is called.
        called: Personal<String>,
    },
}

/// Why a patient is refused.
#[derive(DomainError)]
pub enum PatientError {
    /// Another one has this name.
    #[error(kind = rule, code = "conformance.name_taken", "another patient has this name")]
    NameTaken {
        /// The name.
        name: Personal<String>,
    },
}

/// A patient.
#[derive(Aggregate)]
#[aggregate(event = PatientEvent, name = "conformance_patient")]
pub struct Patient {
    #[aggregate(id)]
    id: PatientId,
    ward: String,
    #[aggregate(unique = PatientError::NameTaken)]
    name: Personal<String>,
    doctor: Option<Personal<String>>,
    visitors: Vec<Personal<String>>,
    #[aggregate(changes)]
    changes: Changes<PatientEvent>,
}

impl Patient {
    /// A new one.
    #[must_use]
    pub fn admit(id: PatientId, ward: &str, name: &str) -> Self {
        Self::start(PatientEvent::Admitted {
            id,
            ward: ward.to_owned(),
            name: Personal::new(name.to_owned()),
            doctor: Some(Personal::new("Dr. Grey".to_owned())),
        })
    }

    /// Moves the patient.
    pub fn transfer(&mut self, ward: &str) {
        self.raise(PatientEvent::Moved { ward: ward.to_owned() });
    }

    /// Lets somebody in.
    pub fn visit(&mut self, visitor: &str, called: &str) {
        let (visitor, called) = (visitor.to_owned(), Personal::new(called.to_owned()));
        self.raise(PatientEvent::Visited { visitor, called });
    }
}

impl EventSourced for Patient {
    fn begin(event: &PatientEvent) -> Option<Self> {
        let PatientEvent::Admitted { id, ward, name, doctor } = event else { return None };
        let (ward, name, doctor) = (ward.clone(), name.clone(), doctor.clone());
        Some(Self { id: *id, ward, name, doctor, visitors: Vec::new(), changes: Changes::new() })
    }

    fn apply(&mut self, event: &PatientEvent) {
        match event {
            PatientEvent::Admitted { .. } => {}
            PatientEvent::Moved { ward } => self.ward.clone_from(ward),
            PatientEvent::Visited { called, .. } => self.visitors.push(called.clone()),
        }
    }
}
