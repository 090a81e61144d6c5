//! `bloom.lock`: the shape of every event that may be stored, so that none changes unnoticed.

mod compare;
mod noted;
mod test;

use std::{collections::BTreeMap, fs, io, path::Path};

use bloom_runtime::application::KnownEvents;
use serde::{Deserialize, Serialize};

pub(crate) use compare::{Finding, compare};
pub use test::assert_events_keep_their_shapes;

/// The file, beside the manifest of the project.
pub(crate) const FILE: &str = "bloom.lock";

const HEAD: &str = "\
# The shapes of stored events: names, revisions, fields. A test holds the program against them, and `events accept` writes them;
# commit this file.
";

/// Fields of a payload and their shapes.
type Fields = BTreeMap<String, String>;

/// What the file holds: fields by name and revision of the event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct EventLock(BTreeMap<String, BTreeMap<String, Fields>>);

/// The file is not what it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventLockError {
    /// It cannot be read or written.
    #[error("`bloom.lock` cannot be read or written")]
    Io(#[from] io::Error),

    /// It is no such file.
    #[error(
        "`bloom.lock` cannot be understood; restore it, for example with `git checkout bloom.lock`"
    )]
    Syntax(#[from] toml::de::Error),

    /// It could not be written as text.
    #[error("`bloom.lock` cannot be written")]
    Text(#[from] toml::ser::Error),

    /// A stored event would not be read as it was written.
    #[error("{count} of the events that may be stored are not what `bloom.lock` says")]
    Findings {
        /// How many.
        count: usize,
    },
}

impl EventLock {
    /// The one in this folder; empty when there is none.
    pub(crate) fn read(folder: &Path) -> Result<Self, EventLockError> {
        match fs::read_to_string(folder.join(FILE)) {
            Ok(text) => Ok(toml::from_str(&text)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts it into the folder, in one step.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), EventLockError> {
        let text = format!("{HEAD}\n{}", toml::to_string(self)?);
        let new = folder.join(format!("{FILE}.new"));
        fs::write(&new, text)?;
        Ok(fs::rename(&new, folder.join(FILE))?)
    }

    /// What the program knows.
    pub(crate) fn of(known: &[KnownEvents]) -> Self {
        let mut lock = Self::default();
        for shape in known.iter().flat_map(KnownEvents::shapes) {
            let fields = shape.fields.iter();
            let fields = fields.map(|(name, shape)| ((*name).to_owned(), shape.to_string()));
            lock.insert(shape.name, shape.revision, fields.collect());
        }
        lock
    }

    fn get(&self, name: &str, revision: u32) -> Option<&Fields> {
        self.0.get(name)?.get(&revision.to_string())
    }

    pub(crate) fn insert(&mut self, name: &str, revision: u32, fields: Fields) {
        self.0.entry(name.to_owned()).or_default().insert(revision.to_string(), fields);
    }

    pub(crate) fn remove(&mut self, name: &str, revision: u32) {
        if let Some(revisions) = self.0.get_mut(name) {
            revisions.remove(&revision.to_string());
        }
        self.0.retain(|_, revisions| !revisions.is_empty());
    }

    fn entries(&self) -> impl Iterator<Item = (&str, u32, &Fields)> {
        self.0.iter().flat_map(|(name, revisions)| {
            revisions.iter().filter_map(|(revision, fields)| {
                Some((name.as_str(), revision.parse().ok()?, fields))
            })
        })
    }
}
