//! The only place that prints.
#![expect(clippy::print_stderr, reason = "everything printed passes here")]

use std::{
    error::Error,
    io::{IsTerminal as _, Write as _, stderr, stdout},
};

/// A line of what was asked for.
pub(crate) fn line(text: impl std::fmt::Display) {
    // Whoever reads has enough, as `head` does; there is nobody left to talk to.
    if writeln!(stdout(), "{text}").is_err() {
        std::process::exit(0);
    }
}

/// A line for another program, at once; whether it still listens.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn say(text: impl std::fmt::Display) -> bool {
    let mut out = stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).is_ok()
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

/// A line that is written over while something goes on; nothing where nobody watches.
pub(crate) struct Line {
    is_watched: bool,
    longest: usize,
}

impl Line {
    pub(crate) fn new() -> Self {
        Self { is_watched: stderr().is_terminal(), longest: 0 }
    }

    pub(crate) fn replace(&mut self, text: &str) {
        if self.is_watched {
            self.longest = self.longest.max(text.chars().count());
            eprint!("\r{text:<width$}", width = self.longest);
            // What cannot be shown is no reason to stop.
            stderr().flush().ok();
        }
    }

    /// Takes it away.
    pub(crate) fn end(&mut self) {
        if self.longest > 0 {
            self.replace("");
            eprint!("\r");
        }
    }
}
