//! The derive macros of Bloom. They are documented with the traits they implement, in `bloom-runtime`,
//! which re-exports them.
//!
//! Each derive reads its attributes, collects everything that is wrong, and only then writes code. The
//! code is small and calls the runtime by absolute paths.

mod aggregate;
mod attributes;
mod comparison;
mod domain_error;
mod domain_event;
mod entity;
mod event_revision;
mod field;
mod handlers;
mod identity;
mod message;
mod problems;
mod rules;
mod shadow;
mod shape;
mod tokens;
mod value_enum;
mod value_object;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use crate::problems::Problems;

/// Implements `Identity` for a tuple struct with one field.
#[proc_macro_derive(Identity)]
pub fn identity(input: TokenStream) -> TokenStream {
    run(parse_macro_input!(input), identity::derive)
}

/// Implements `ValueObject`: structural equality, validation, getters, serde.
#[proc_macro_derive(ValueObject, attributes(value, value_object))]
pub fn value_object(input: TokenStream) -> TokenStream {
    run(parse_macro_input!(input), value_object::derive)
}

/// Implements `Entity`: equality by identity, membership in one aggregate.
#[proc_macro_derive(Entity, attributes(entity))]
pub fn entity(input: TokenStream) -> TokenStream {
    run(parse_macro_input!(input), entity::derive)
}

/// Implements `Aggregate` and checks its boundary.
#[proc_macro_derive(Aggregate, attributes(aggregate))]
pub fn aggregate(input: TokenStream) -> TokenStream {
    run(parse_macro_input!(input), aggregate::derive)
}

/// Implements `DomainEvent` for an enum of events.
#[proc_macro_derive(DomainEvent, attributes(event))]
pub fn domain_event(input: TokenStream) -> TokenStream {
    run(parse_macro_input!(input), domain_event::derive)
}

/// Implements `EventRevision` for a struct that holds what an earlier revision of an event held.
#[proc_macro_derive(EventRevision, attributes(event))]
pub fn event_revision(input: TokenStream) -> TokenStream {
    run(parse_macro_input!(input), event_revision::derive)
}

/// Implements `DomainError`, `Display` and `Error` for an enum of errors.
#[proc_macro_derive(DomainError, attributes(error))]
pub fn domain_error(input: TokenStream) -> TokenStream {
    run(parse_macro_input!(input), domain_error::derive)
}

/// Implements `Command`. `#[command(attempts = 1)]` says how often it runs before a conflict is reported.
#[proc_macro_derive(Command, attributes(command))]
pub fn command(input: TokenStream) -> TokenStream {
    run(parse_macro_input!(input), message::derive_command)
}

/// Implements `Query`.
#[proc_macro_derive(Query, attributes(query))]
pub fn query(input: TokenStream) -> TokenStream {
    run(parse_macro_input!(input), message::derive_query)
}

/// Implements `Provides` for each message that a field handles.
#[proc_macro_derive(Handlers, attributes(handles))]
pub fn handlers(input: TokenStream) -> TokenStream {
    run(parse_macro_input!(input), handlers::derive)
}

fn run(
    input: DeriveInput,
    derive: fn(&DeriveInput, &mut Problems) -> Option<proc_macro2::TokenStream>,
) -> TokenStream {
    let mut problems = Problems::default();
    let output = derive(&input, &mut problems);
    problems.or_else(output).into()
}
