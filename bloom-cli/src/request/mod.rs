//! What was meant: sentences of the command line, checked against the grammar. No raw text goes below here.

pub(crate) mod command;
pub(crate) mod error;
pub(crate) mod field;
#[cfg(test)]
mod grammar;
pub(crate) mod name;
mod reserved;
pub(crate) mod sentence;
mod split;

pub(crate) use command::CommandSentence;
pub(crate) use error::InputError;
pub(crate) use field::{Field, FieldType, Item, Primitive, Range, Variant};
pub(crate) use name::{FieldName, TypeName};
pub(crate) use sentence::{AggregateRequest, EntityRequest, Request, Sentence};
