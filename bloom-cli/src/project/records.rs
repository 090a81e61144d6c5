//! `.bloom/requests`: what was asked for, one file a request, in the order in which it was asked.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{RECORDS, files::read};
use crate::{
    failure::Failure,
    request::{InputError, Sentence},
};

/// One request and the file it is kept in, relative to the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) path: String,
    pub(crate) sentence: Sentence,
}

impl Record {
    /// A request that comes after all of these.
    pub(crate) fn after(records: &[Self], sentence: Sentence) -> Result<Self, InputError> {
        let name = sentence.key()?.replace(' ', "-").to_lowercase();
        let number = records.iter().filter_map(Self::number).max().unwrap_or_default() + 1;
        Ok(Self { path: format!("{RECORDS}/requests/{number:04}-{name}.json"), sentence })
    }

    /// The same place in the order, for a request that may be called otherwise.
    pub(crate) fn saying(&self, sentence: Sentence) -> Result<Self, InputError> {
        let path = match self.number() {
            Some(number) if sentence.key()? != self.sentence.key()? => {
                let name = sentence.key()?.replace(' ', "-").to_lowercase();
                format!("{RECORDS}/requests/{number:04}-{name}.json")
            }
            _ => self.path.clone(),
        };
        Ok(Self { path, sentence })
    }

    /// What the file says.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string_pretty(&self.sentence).unwrap_or_default() + "\n"
    }

    fn number(&self) -> Option<usize> {
        let (_, name) = self.path.rsplit_once('/')?;
        name.split_once('-')?.0.parse().ok()
    }
}

/// Every request of the project with this root.
pub(super) fn read_records(root: &Path) -> Result<Vec<Record>, Failure> {
    let folder = root.join(RECORDS).join("requests");
    let mut paths: Vec<PathBuf> = match fs::read_dir(&folder) {
        Ok(entries) => entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(Failure::io("read", &folder, &error)),
    };
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let mut records = Vec::new();
    for path in paths {
        let text = read(&path)?.unwrap_or_default();
        let sentence = serde_json::from_str(&text).map_err(|error| {
            Failure::project(format!("`{}` cannot be read: {error}", path.display()))
                .hint("restore it, for example with `git checkout`")
        })?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        records.push(Record { path: format!("{RECORDS}/requests/{name}"), sentence });
    }
    Ok(records)
}
