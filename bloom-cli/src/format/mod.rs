//! rustfmt, over many files at once.

mod modules;
mod rustfmt;
mod toolchain;

use std::{collections::HashMap, path::Path};

use self::rustfmt::Rustfmt;
pub(crate) use self::rustfmt::rustfmt;

/// Whether the people of a project have a style of their own.
pub(crate) fn has_settings(folder: &Path) -> bool {
    folder
        .ancestors()
        .any(|folder| folder.join("rustfmt.toml").exists() || folder.join(".rustfmt.toml").exists())
}

/// How formatting went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Formatting {
    /// All of it, which also shows that all of it is Rust.
    Done,
    /// rustfmt could not read something.
    Refused,
    /// There is no rustfmt.
    Missing,
}

impl Formatting {
    /// How it went for both.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Missing, _) | (_, Self::Missing) => Self::Missing,
            (Self::Refused, _) | (_, Self::Refused) => Self::Refused,
            (Self::Done, Self::Done) => Self::Done,
        }
    }
}

/// Formats what was written, and what was merged if the file was formatted before.
pub(crate) struct Formatter {
    rustfmt: Option<Rustfmt>,
}

impl Formatter {
    /// Starts what formats texts of the project with this root, so that it is there when they are.
    pub(crate) fn start(root: &Path) -> Self {
        let mut rustfmt = Rustfmt::new(root).ok();
        if let Some(rustfmt) = &mut rustfmt {
            rustfmt.prepare();
        }
        Self { rustfmt }
    }

    /// Formats what is Rust among the texts by path.
    pub(crate) fn all(&mut self, texts: &mut HashMap<String, String>) -> Formatting {
        let mut paths: Vec<String> = texts
            .keys()
            .filter(|path| Path::new(path).extension().is_some_and(|e| e == "rs"))
            .cloned()
            .collect();
        if paths.is_empty() {
            return Formatting::Done;
        }
        paths.sort();
        let rust: Vec<&str> =
            paths.iter().filter_map(|path| texts.get(path).map(String::as_str)).collect();
        let formatted = self.rustfmt.as_mut().and_then(|rustfmt| rustfmt.format(&rust));
        let Some(formatted) = formatted else { return Formatting::Missing };
        for (path, text) in paths.into_iter().zip(formatted.texts) {
            texts.insert(path, text);
        }
        if formatted.all_read { Formatting::Done } else { Formatting::Refused }
    }
}
