//! The only place that prints.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "everything printed passes here")]

use std::error::Error;

/// A line of what was asked for.
pub(crate) fn line(text: impl std::fmt::Display) {
    println!("{text}");
}

/// A failure with everything that led to it.
pub(crate) fn failure(error: &dyn Error) {
    eprintln!("error: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        eprintln!("  because: {cause}");
        source = cause.source();
    }
}
