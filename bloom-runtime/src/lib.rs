//! The patterns of domain-driven design as a lean runtime.
//!
//! - [`domain`]: what a model is made of. Pure: no I/O, no clock, nothing awaits.
//! - [`ports`]: what the rest needs from outside, as narrow traits.
//! - [`application`]: what uses the ports: handlers, the unit of work, retry, subscriptions.
//! - [`memory`]: every port in memory.
//! - [`testing`]: given/when/then, fakes, and the conformance suite that every storage passes.
//!
//! Arrows point one way: `domain` <- `ports` <- `application` <- `memory`, `testing`. No database, no
//! broker and no web here; those are extensions.

// Lets the derives, which write `::bloom_runtime`, be used in this crate too.
extern crate self as bloom_runtime;

pub mod application;
pub mod domain;
pub mod memory;
pub mod ports;
pub mod testing;

#[doc(hidden)]
pub mod __private;

/// How events become state; see [`domain::EventSourced`].
///
/// It stands beside the prelude and not in it, so that `apply` is at hand only where it is implemented.
pub use domain::EventSourced;

/// What a domain, its ports and its handlers are written with.
pub mod prelude {
    pub use crate::{
        application::{Command, EventHandler, Failure, Handler, Provides, Query, Recorded},
        domain::{
            Aggregate, Changes, Classified, Date, Decimal, DomainError, DomainEvent, DomainService,
            Entity, ErrorKind, EventRevision, Factory, GeneratedIdentity, Identity, Invalid, Json,
            Spec, Timestamp, Uuid, Validation, ValueObject, Version,
        },
        ensure,
        ports::{Page, PageRequest, Receipt, Repository, Store, StoreError, UnitOfWork},
    };
    #[cfg(feature = "derive")]
    pub use bloom_macros::{
        Aggregate, Command, DomainError, DomainEvent, Entity, EventRevision, Handlers, Identity,
        Query, ValueObject,
    };
}
