//! The model file: a project in one page of TOML, which the code can be made to follow.

mod compare;
mod effective;
#[cfg(test)]
mod fuzz;
mod order;
mod read;
mod schema;
mod write;

pub(crate) use self::{
    compare::{Difference, Kind, additions, difference},
    effective::effective,
    order::{Refused, in_order},
    read::read,
    schema::schema,
    write::write,
};
use crate::request::Sentence;

/// A request, and where in the file it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) sentence: Sentence,
    pub(crate) place: Place,
}

/// A place in a text; both count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    /// The place of a byte.
    fn of(text: &str, at: usize) -> Self {
        let before = &text[..at.min(text.len())];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// What is wrong with a model file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}: {message}", place.line, place.column)]
pub(crate) struct ModelFileError {
    pub(crate) place: Place,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}
