//! Files that people wrote, in which something is called otherwise, or which are in a folder that is.

use super::{
    Change, Changeset, Conflict, Effect, Renaming, format_edited, line_ends::LineEnds, refusal,
};
use crate::{failure::Failure, project::Project};

/// Adds what becomes of the code that nobody planned. Says where a call may mean something that is called otherwise.
pub(crate) fn carry(
    project: &Project,
    renaming: &Renaming<'_>,
    changeset: &mut Changeset,
    planned: impl Fn(&str) -> bool,
) -> Result<Vec<String>, Failure> {
    let (mut edited, mut ends_of, mut conflicts, mut doubts) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (path, text) in project.code()? {
        if planned(&path) {
            continue;
        }
        let ends = LineEnds::of(&text);
        let plain = ends.taken_out(&text);
        let (to, after) = (renaming.carried(&path), renaming.text(&path, &plain)?);
        let found = renaming.names.doubts(&after);
        for doubt in found.map_err(|error| Failure::syntax(&path, &error))? {
            doubts.push(format!("{path}:{}: `.{}(..)`", doubt.line, doubt.method));
        }
        if to != path && (project.read(&to)?.is_some() || planned(&to)) {
            conflicts.push(Conflict::at(format!(
                "{to}: it is there already, and `{path}` would take its place"
            )));
            continue;
        }
        let moved = to != path;
        if !moved && after == plain {
            continue;
        }
        edited.push((changeset.changes.len(), plain));
        ends_of.push((changeset.changes.len(), ends));
        let (effect, before) =
            if moved { (Effect::Created, None) } else { (Effect::Edited, Some(text.clone())) };
        changeset.changes.push(Change { path: to, effect, before, after });
        if moved {
            let (before, after) = (Some(text), String::new());
            changeset.changes.push(Change { path, effect: Effect::Removed, before, after });
        }
    }
    if !conflicts.is_empty() {
        return Err(refusal(conflicts));
    }
    format_edited(project, changeset, &edited);
    for (index, ends) in ends_of {
        let change = &mut changeset.changes[index];
        change.after = ends.put_back(&change.after);
    }
    changeset.changes.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(doubts)
}
