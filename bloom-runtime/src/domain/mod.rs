//! What a domain model is made of: identities, values, entities, aggregates, events, errors and rules.
//!
//! Everything here is synchronous and pure. Nothing awaits, reads a clock, draws a random number or
//! knows of a store: a domain method receives ids and times as plain values.

mod aggregate;
mod changes;
mod comparison;
mod condition;
mod entity;
mod error;
mod event;
mod factory;
mod field_path;
mod fields;
mod filter;
mod identity;
mod membership;
mod metadata;
mod personal;
pub mod reconstitution;
pub mod rules;
mod service;
mod shape;
mod sort;
mod specification;
mod tag;
mod timestamp;
mod validation;
mod value_object;
mod version;

#[doc(hidden)]
pub use aggregate::fold_events;
pub use aggregate::{Aggregate, EventSourced, UniqueKey, UniqueKeyDefinition};
pub use changes::Changes;
pub use comparison::{Comparable, Kind, Ordered, Textual};
pub use condition::{Condition, ConditionTooLarge, Relation};
pub use entity::Entity;
pub use error::{Classified, DomainError, ErrorKind};
pub use event::{DecodeError, DomainEvent, EventRevision, EventType};
pub use factory::Factory;
pub use field_path::FieldPath;
pub use fields::{Field, ListField, OpaqueField, Queryable};
pub use filter::Filter;
pub use identity::{GeneratedIdentity, Identity, ParseIdentityError};
pub use membership::{MemberOf, PartOfValue};
#[doc(hidden)]
pub use membership::{shape_of_member, shape_of_part, shape_of_personal};
pub use metadata::Metadata;
pub use personal::{Personal, PersonalFields};
pub use service::DomainService;
pub use shape::{EventShape, Shape, Shaped, Within};
#[doc(hidden)]
pub use shape::{has_plain_sample, plain_sample, sample_key};
pub use sort::{SortKey, in_order};
pub use specification::Spec;
pub use tag::Tag;
pub use timestamp::{ParseTimestampError, Timestamp};
pub use validation::{Invalid, Validation, Violation};
pub use value_object::ValueObject;
pub use version::Version;

/// A calendar date without a time or a zone.
pub use jiff::civil::Date;
/// A decimal number, exact to 28 digits; written as text in JSON, so that no digit is lost.
pub use rust_decimal::Decimal;
/// Any JSON value, for data whose shape the domain does not care about.
pub use serde_json::Value as Json;
/// A 128-bit identifier.
pub use uuid::Uuid;
