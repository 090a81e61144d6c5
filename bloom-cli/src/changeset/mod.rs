//! What would become of each file: before and after, with every conflict found at once.

mod carried;
mod line_ends;
mod outcome;
mod seen;

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
};

use serde::Serialize;

use self::line_ends::LineEnds;
use self::outcome::{Conflict, Outcome, removed, written};
pub(crate) use self::{
    carried::carry,
    seen::{Renaming, Seen},
};
use crate::{
    edit,
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
    /// Both versions are written into it, between the marks that git uses.
    Mark,
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
    /// And those of them that go.
    pub(crate) forgotten: Vec<String>,
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
    Removed,
    /// Edited, and somebody has to choose between the two versions in it.
    Conflict,
    Skipped,
}

/// Compares what shall be, and what shall be gone, with what is.
pub(crate) fn compare(
    project: &Project,
    seen: &Seen<'_>,
    texts: &HashMap<String, String>,
    gone: &BTreeSet<String>,
    formatting: Formatting,
    on_conflict: OnConflict,
) -> Result<Changeset, Failure> {
    let mut changeset =
        Changeset { unformatted: formatting == Formatting::Missing, ..Changeset::default() };
    let mut conflicts: Vec<Conflict> = Vec::new();
    let mut merged: Vec<(usize, String)> = Vec::new();
    let mut all_ends: Vec<LineEnds> = Vec::new();

    let paths: BTreeSet<&String> = texts.keys().chain(gone).collect();
    for path in paths {
        let (ours, base) = (seen.ours(path)?, seen.base(path)?);
        let actual = seen.actual(path)?;
        let moved = seen.place(path) != path.as_str();
        let new = texts.get(path);
        let outcome = match new {
            Some(_) if seen.is_taken(path)? => Outcome::Conflict(Conflict::at(format!(
                "{path}: it is there already, and `{}` would take its place",
                seen.place(path)
            ))),
            Some(new) => {
                if moved || base.as_ref() != Some(new) || project.read_base(path)? != base {
                    changeset.records.push((base_path(path), new.clone()));
                }
                if is_rust(path) && formatting != Formatting::Done {
                    check(path, new)?;
                }
                match (&ours, &base) {
                    // What was removed stays removed, wherever it would be now.
                    (None, Some(_)) if moved => Outcome::Nothing,
                    _ => written(seen.place(path), ours.as_deref(), base.as_deref(), new)?,
                }
            }
            // Its content is carried to where it goes.
            None if seen.leaves(path) => {
                changeset.forgotten.push(base_path(path));
                if actual.is_some() { Outcome::Removed } else { Outcome::Nothing }
            }
            None => {
                if base.is_some() {
                    changeset.forgotten.push(base_path(path));
                }
                removed(path, ours.as_deref(), base.as_deref())
            }
        };
        let ends = actual.as_deref().map(LineEnds::of).unwrap_or_default();
        let plain = actual.as_deref().map(|actual| ends.taken_out(actual));
        let (effect, after) = match outcome {
            Outcome::Nothing => match (&ours, &plain) {
                (Some(ours), Some(plain)) if moved || ours != plain => {
                    merged.push((changeset.changes.len(), plain.clone()));
                    (Effect::Edited, ours.clone())
                }
                _ => continue,
            },
            Outcome::Created(text) => (Effect::Created, text),
            Outcome::Edited(text) => (Effect::Edited, text),
            Outcome::Merged(text) => {
                merged.push((changeset.changes.len(), plain.clone().unwrap_or_default()));
                (Effect::Edited, text)
            }
            Outcome::Removed => (Effect::Removed, String::new()),
            Outcome::Conflict(conflict) => match on_conflict {
                // What is skipped goes along nevertheless, or it would be nowhere.
                OnConflict::Skip if moved && seen.is_taken(path)? => {
                    conflicts.push(conflict);
                    continue;
                }
                OnConflict::Skip if moved => (Effect::Edited, ours.clone().unwrap_or_default()),
                OnConflict::Skip => (Effect::Skipped, String::new()),
                OnConflict::Mark if actual.is_none() => (Effect::Skipped, String::new()),
                OnConflict::Force => match (new, &ours) {
                    (Some(new), Some(_)) => (Effect::Edited, new.clone()),
                    (Some(new), None) => (Effect::Created, new.clone()),
                    (None, _) => (Effect::Removed, String::new()),
                },
                OnConflict::Mark if conflict.marked.is_some() => {
                    (Effect::Conflict, conflict.marked.unwrap_or_default())
                }
                OnConflict::Mark | OnConflict::Refuse => {
                    conflicts.push(conflict);
                    continue;
                }
            },
        };
        let (effect, before) = match effect {
            Effect::Edited if moved => (Effect::Created, None),
            effect => (effect, if moved { None } else { actual }),
        };
        all_ends.push(ends);
        changeset.changes.push(Change { path: path.clone(), effect, before, after });
    }
    if !conflicts.is_empty() {
        return Err(refusal(conflicts));
    }
    format_edited(project, &mut changeset, &merged);
    for (change, ends) in changeset.changes.iter_mut().zip(all_ends) {
        change.after = ends.put_back(&change.after);
    }
    Ok(changeset)
}

fn refusal(conflicts: Vec<Conflict>) -> Failure {
    let mut failure =
        Failure::project("nothing was written, because files are not as Bloom left them");
    for conflict in conflicts {
        for place in conflict.places {
            failure = failure.hint(place);
        }
        failure.difference.extend(conflict.difference);
    }
    failure
        .hint("`--skip` leaves these files as they are; `--force` takes no notice of what was changed in them")
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
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

/// An edited file, told by its place among the changes and by its text before, is formatted if it was before; another one
/// keeps its owner's style.
pub(crate) fn format_edited(
    project: &Project,
    changeset: &mut Changeset,
    edited: &[(usize, String)],
) {
    let mut texts: Vec<&str> = Vec::new();
    for (index, before) in edited {
        texts.push(before);
        texts.push(&changeset.changes[*index].after);
    }
    let Some(formatted) = rustfmt(&texts, &project.root) else { return };
    for ((index, before), pair) in edited.iter().zip(formatted.texts.chunks_exact(2)) {
        if pair[0] == *before {
            changeset.changes[*index].after.clone_from(&pair[1]);
        }
    }
}
