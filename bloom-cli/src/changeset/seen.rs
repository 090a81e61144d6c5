//! The project as it is compared with: as it is, or as it is with other names.

use std::collections::HashMap;

use crate::{edit::Names, failure::Failure, project::Project};

/// What is read of the project.
pub(crate) struct Seen<'p> {
    project: &'p Project,
    names: Option<&'p Names>,
    /// Where a file is, by where it will be.
    moved: HashMap<String, String>,
}

impl<'p> Seen<'p> {
    /// As it is.
    pub(crate) fn plain(project: &'p Project) -> Self {
        Self { project, names: None, moved: HashMap::new() }
    }

    /// With other names: every file of `paths` may be elsewhere, too.
    pub(crate) fn renamed<'s>(
        project: &'p Project,
        names: &'p Names,
        paths: impl Iterator<Item = &'s String>,
    ) -> Self {
        let moved = paths.map(|path| (names.path(path), path.clone()));
        let moved = moved.filter(|(to, from)| to != from).collect();
        Self { project, names: Some(names), moved }
    }

    /// Where what will be at this path is now.
    pub(super) fn place<'s>(&'s self, path: &'s str) -> &'s str {
        self.moved.get(path).map_or(path, String::as_str)
    }

    /// Whether the file that is at this path goes elsewhere.
    pub(super) fn leaves(&self, path: &str) -> bool {
        self.moved.values().any(|from| from == path)
    }

    /// The file as it is.
    pub(super) fn actual(&self, path: &str) -> Result<Option<String>, Failure> {
        self.project.read(self.place(path))
    }

    /// The file with the names that count from now on.
    pub(super) fn ours(&self, path: &str) -> Result<Option<String>, Failure> {
        let place = self.place(path);
        self.named(place, self.project.read(place)?)
    }

    /// The file as Bloom wrote it last, with the names that count from now on.
    pub(super) fn base(&self, path: &str) -> Result<Option<String>, Failure> {
        let place = self.place(path);
        self.named(place, self.project.read_base(place)?)
    }

    fn named(&self, path: &str, text: Option<String>) -> Result<Option<String>, Failure> {
        match (text, self.names) {
            (Some(text), Some(names)) if super::is_rust(path) => {
                let renamed = names.text(&text);
                renamed.map(Some).map_err(|error| Failure::syntax(path, &error))
            }
            (text, _) => Ok(text),
        }
    }
}
