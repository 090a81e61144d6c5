//! What would become of each file: before and after, with every conflict found at once.

use std::{collections::HashMap, path::Path};

use serde::Serialize;

use crate::{
    edit::{self, Unmerged},
    failure::{Failure, FailureKind},
    format::{Formatting, rustfmt},
    project::{Project, base_path},
};

/// What is done with a file that is not as Bloom left it and that cannot be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnConflict {
    /// Nothing is written, and each conflict is said.
    #[default]
    Refuse,
    /// Bloom's text is written over it.
    Force,
    /// It is left as it is.
    Skip,
}

/// Everything that one command would write.
#[derive(Debug, Default)]
pub(crate) struct Changeset {
    pub(crate) changes: Vec<Change>,
    /// Files of Bloom's own, below `.bloom/`.
    pub(crate) records: Vec<(String, String)>,
    pub(crate) unformatted: bool,
}

/// What becomes of one file.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Change {
    pub(crate) path: String,
    pub(crate) effect: Effect,
    #[serde(skip)]
    pub(crate) before: Option<String>,
    #[serde(skip)]
    pub(crate) after: String,
}

/// In one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Effect {
    Created,
    Edited,
    Skipped,
}

/// Compares what shall be with what is.
pub(crate) fn compare(
    project: &Project,
    texts: &HashMap<String, String>,
    formatting: Formatting,
    on_conflict: OnConflict,
) -> Result<Changeset, Failure> {
    let mut changeset =
        Changeset { unformatted: formatting == Formatting::Missing, ..Changeset::default() };
    let mut conflicts: Vec<String> = Vec::new();
    let mut merged: Vec<(usize, String)> = Vec::new();

    let mut paths: Vec<String> = texts.keys().cloned().collect();
    paths.sort();
    for path in paths {
        let new = &texts[&path];
        let (ours, base) = (project.read(&path)?, project.read_base(&path)?);
        if base.as_deref() != Some(new) {
            changeset.records.push((base_path(&path), new.clone()));
        }
        let is_rust = Path::new(&path).extension().is_some_and(|extension| extension == "rs");
        if is_rust && formatting != Formatting::Done {
            check(&path, new)?;
        }
        let outcome = match (&ours, &base) {
            (None, None) => Ok((Effect::Created, new.clone())),
            (None, Some(base)) if base == new => continue,
            (None, Some(_)) => {
                Err(vec![format!("{path}: it was removed, and Bloom wants to change it")])
            }
            (Some(ours), _) if ours == new => continue,
            (Some(_), Some(base)) if base == new => continue,
            (Some(ours), Some(base)) if ours == base => Ok((Effect::Edited, new.clone())),
            (Some(_), None) => {
                Err(vec![format!("{path}: it is there already, and Bloom did not write it")])
            }
            (Some(ours), Some(base)) if is_rust => match edit::merge(base, ours, new) {
                Ok(text) => {
                    if let Err(error) = edit::check(&text) {
                        Err(vec![format!("{path}:{}: the edit does not fit here", error.line)])
                    } else {
                        merged.push((changeset.changes.len(), ours.clone()));
                        Ok((Effect::Edited, text))
                    }
                }
                Err(Unmerged::Syntax(error)) => return Err(Failure::syntax(&path, &error)),
                Err(Unmerged::Conflicts(found)) => Err(found
                    .into_iter()
                    .map(|conflict| {
                        format!(
                            "{path}:{}: you changed `{}`, and Bloom wants to change it, too",
                            conflict.line, conflict.what
                        )
                    })
                    .collect()),
            },
            (Some(ours), Some(base)) => match diffy::merge(base, ours, new) {
                Ok(text) => Ok((Effect::Edited, text)),
                Err(marked) => {
                    let line = marked.lines().position(|line| line.starts_with("<<<<<<<"));
                    let line = line.unwrap_or_default() + 1;
                    Err(vec![format!(
                        "{path}:{line}: you changed it, and Bloom wants to change it, too"
                    )])
                }
            },
        };
        let (effect, after) = match (outcome, on_conflict) {
            (Ok(outcome), _) => outcome,
            (Err(_), OnConflict::Force) => {
                let effect = if ours.is_some() { Effect::Edited } else { Effect::Created };
                (effect, new.clone())
            }
            (Err(_), OnConflict::Skip) => (Effect::Skipped, String::new()),
            (Err(found), OnConflict::Refuse) => {
                conflicts.extend(found);
                continue;
            }
        };
        changeset.changes.push(Change { path, effect, before: ours, after });
    }
    if !conflicts.is_empty() {
        let mut failure =
            Failure::project("nothing was written, because files are not as Bloom left them");
        for conflict in conflicts {
            failure = failure.hint(conflict);
        }
        return Err(failure.hint(
            "`--skip` leaves these files as they are; `--force` writes Bloom's text over them",
        ));
    }
    format_merged(project, &mut changeset, &merged);
    Ok(changeset)
}

/// Refuses what Bloom would write if it is no Rust.
pub(crate) fn check(path: &str, text: &str) -> Result<(), Failure> {
    edit::check(text).map_err(|error| {
        Failure::new(
            FailureKind::Bug,
            format!(
                "Bloom would write {path}:{}:{}, which is not Rust: {}",
                error.line, error.column, error.message
            ),
        )
    })
}

/// A merged file is formatted if it was before; another one keeps its owner's style.
fn format_merged(project: &Project, changeset: &mut Changeset, merged: &[(usize, String)]) {
    let mut texts: Vec<&str> = Vec::new();
    for (index, ours) in merged {
        texts.push(ours);
        texts.push(&changeset.changes[*index].after);
    }
    let Some(formatted) = rustfmt(&texts, &project.root) else { return };
    for ((index, ours), pair) in merged.iter().zip(formatted.texts.chunks_exact(2)) {
        if pair[0] == *ours {
            changeset.changes[*index].after.clone_from(&pair[1]);
        }
    }
}
