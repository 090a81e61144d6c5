//! Text to text: bringing what a new request adds into files that people have edited.
//!
//! Three versions of a file are compared by syntax: what Bloom wrote last, what it would write now, and what
//! is there. Whatever differs between the first two is done to the third; everything else stays as it is, byte
//! for byte.

mod imports;
mod links;
mod manifest;
mod merge;
mod outline;
mod pairing;
mod rename;
mod sameness;
mod tokens;
mod uses;

pub(crate) use manifest::with_features;
pub(crate) use merge::{Unmerged, merge};
pub(crate) use rename::{Kin, Names, mentions, pairs};

/// A file that cannot be read as Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) message: String,
}

/// The syntax of a file.
pub(crate) fn parsed(text: &str) -> Result<syn::File, SyntaxError> {
    outline::syntax(text)
}

/// Whether the text is Rust.
pub(crate) fn check(text: &str) -> Result<(), SyntaxError> {
    outline::syntax(text).map(drop)
}
