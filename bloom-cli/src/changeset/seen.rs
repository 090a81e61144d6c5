//! The project as it is compared with: as it is, or as it is with other names in other places.

use std::collections::{BTreeSet, HashMap};

use super::line_ends::LineEnds;
use crate::{
    edit::{Kin, Names},
    failure::Failure,
    project::Project,
};

/// What is read of the project.
pub(crate) struct Seen<'p> {
    project: &'p Project,
    renaming: Option<&'p Renaming<'p>>,
}

/// Other names, and where files are from now on.
pub(crate) struct Renaming<'n> {
    pub(crate) names: &'n Names,
    /// Where a file is, by where it will be.
    moves: HashMap<String, String>,
    /// Folders that are elsewhere with everything in them: from and to.
    folders: Vec<(String, String)>,
    /// The files of what is renamed, where they are.
    own: BTreeSet<String>,
}

impl<'n> Renaming<'n> {
    /// Pairs what was planned and goes with what is planned from now on.
    pub(crate) fn new(
        names: &'n Names,
        gone: &BTreeSet<String>,
        planned: &BTreeSet<String>,
    ) -> Self {
        let mut moves = HashMap::new();
        let mut folders: Vec<(String, String)> = Vec::new();
        for from in gone {
            let to = place(names, from);
            if to == *from || !planned.contains(&to) {
                continue;
            }
            if let (Some((old, file)), Some((new, same))) =
                (from.rsplit_once('/'), to.rsplit_once('/'))
                && old != new
                && file == same
            {
                let pair = (format!("{old}/"), format!("{new}/"));
                if !folders.contains(&pair) {
                    folders.push(pair);
                }
            }
            moves.insert(to, from.clone());
        }
        let own = gone.iter().chain(planned).cloned().collect();
        Self { names, moves, folders, own }
    }

    /// Where a file that nobody planned is from now on.
    pub(super) fn carried(&self, path: &str) -> String {
        let folder = self.folders.iter().find(|(from, _)| path.starts_with(from.as_str()));
        folder.map_or_else(|| path.to_owned(), |(from, to)| format!("{to}{}", &path[from.len()..]))
    }

    /// What the file is to what is renamed.
    fn kin(&self, path: &str) -> Kin {
        if self.own.contains(path) {
            Kin::Planned
        } else if self.is_own(path) {
            Kin::Own
        } else if path.starts_with("src/") {
            Kin::Other
        } else {
            Kin::Test
        }
    }

    /// Whether the file is one of what is renamed.
    pub(super) fn is_own(&self, path: &str) -> bool {
        self.own.contains(path)
            || self.folders.iter().any(|(from, _)| path.starts_with(from.as_str()))
    }

    /// Whether the file that is at this path goes elsewhere.
    pub(super) fn leaves(&self, path: &str) -> bool {
        self.moves.values().any(|from| from == path)
    }

    pub(super) fn text(&self, path: &str, text: &str) -> Result<String, Failure> {
        let renamed = self.names.text(text, self.kin(path));
        renamed.map_err(|error| Failure::syntax(path, &error))
    }
}

/// Below the folders of a layer, what is called like a module is called like it still.
fn place(names: &Names, path: &str) -> String {
    const ABOVE: usize = 3;
    let renamed = path.split('/').enumerate().map(|(depth, part)| {
        let (stem, end) = part.rsplit_once('.').unwrap_or((part, ""));
        match names.words.get(stem).filter(|_| depth >= ABOVE || path.starts_with("tests/")) {
            Some(to) if end.is_empty() => to.clone(),
            Some(to) if end == "rs" => format!("{to}.{end}"),
            _ => part.to_owned(),
        }
    });
    renamed.collect::<Vec<_>>().join("/")
}

impl<'p> Seen<'p> {
    /// As it is.
    pub(crate) fn plain(project: &'p Project) -> Self {
        Self { project, renaming: None }
    }

    /// With other names.
    pub(crate) fn renamed(project: &'p Project, renaming: &'p Renaming<'p>) -> Self {
        Self { project, renaming: Some(renaming) }
    }

    /// Where what will be at this path is now.
    pub(super) fn place<'s>(&'s self, path: &'s str) -> &'s str {
        let moved = self.renaming.and_then(|renaming| renaming.moves.get(path));
        moved.map_or(path, String::as_str)
    }

    /// Whether the file that is at this path goes elsewhere.
    pub(super) fn leaves(&self, path: &str) -> bool {
        self.renaming.is_some_and(|renaming| renaming.leaves(path))
    }

    /// Whether something else is already where a file shall go.
    pub(super) fn is_taken(&self, path: &str) -> Result<bool, Failure> {
        Ok(self.place(path) != path && !self.leaves(path) && self.project.read(path)?.is_some())
    }

    /// The file as it is.
    pub(super) fn actual(&self, path: &str) -> Result<Option<String>, Failure> {
        self.project.read(self.place(path))
    }

    /// The file with the names that count from now on, and with the line ends that Bloom writes.
    pub(super) fn ours(&self, path: &str) -> Result<Option<String>, Failure> {
        let text = self.actual(path)?.map(|text| LineEnds::of(&text).taken_out(&text));
        self.named(self.place(path), text)
    }

    /// The file as Bloom wrote it last, with the names that count from now on.
    pub(super) fn base(&self, path: &str) -> Result<Option<String>, Failure> {
        let place = self.place(path);
        self.named(place, self.project.read_base(place)?)
    }

    fn named(&self, path: &str, text: Option<String>) -> Result<Option<String>, Failure> {
        match (text, self.renaming) {
            (Some(text), Some(renaming)) if super::is_rust(path) => {
                renaming.text(path, &text).map(Some)
            }
            (text, _) => Ok(text),
        }
    }
}
