//! What was meant: sentences of the command line, checked against the grammar. No raw text goes below here.

pub(crate) mod command;
pub(crate) mod error;
pub(crate) mod field;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod grammar;
mod meaning;
pub(crate) mod name;
pub(crate) mod primitive;
mod range;
mod renamed;
mod reserved;
pub(crate) mod sentence;
mod spelling;
mod split;
mod words;

pub(crate) use command::CommandSentence;
pub(crate) use error::InputError;
pub(crate) use field::{Field, FieldType, Item, Variant};
pub(crate) use meaning::{AggregateRequest, EntityRequest, Request};
pub(crate) use name::{FieldName, TypeName};
pub(crate) use primitive::Primitive;
pub(crate) use range::Range;
pub(crate) use sentence::{Sentence, StoredNames};
