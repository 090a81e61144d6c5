//! Why an event could not be delivered, beside what a handler says.

use std::time::Duration;

use crate::{
    domain::{Classified, ErrorKind},
    ports::Position,
};

#[derive(Debug, thiserror::Error)]
pub(super) enum DeliveryError {
    #[error("the handler panicked at event {position}")]
    Panic { position: Position },
    #[error("the log has a hole: after {after} comes {found}")]
    Hole { after: Position, found: Position },
    #[error(
        "the storage takes longer to answer than a place is held, {lasting:?}; hold it for longer"
    )]
    TooSlow { lasting: Duration },
}

impl Classified for DeliveryError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::TooSlow { .. } => ErrorKind::Unavailable,
            Self::Panic { .. } | Self::Hole { .. } => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &str {
        match self {
            Self::Panic { .. } => "delivery.panic",
            Self::Hole { .. } => "delivery.hole",
            Self::TooSlow { .. } => "delivery.too_slow",
        }
    }

    fn innermost(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }
}
