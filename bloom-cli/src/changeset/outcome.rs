//! Three versions of one file: as Bloom wrote it last, as it is, and as Bloom would write it now.

use similar::TextDiff;

use super::is_rust;
use crate::{
    edit::{self, Unmerged},
    failure::Failure,
};

/// What becomes of the file.
pub(super) enum Outcome {
    Nothing,
    Created(String),
    Edited(String),
    /// Edited by piece, so that its layout may have suffered.
    Merged(String),
    Removed,
    Conflict(Conflict),
}

/// Why a person has to decide.
pub(super) struct Conflict {
    /// What is where, a line each.
    pub(super) places: Vec<String>,
    /// Both versions in one text, where there are two.
    pub(super) marked: Option<String>,
    /// What people changed, where that is what stands in the way.
    pub(super) difference: Option<String>,
}

impl Conflict {
    pub(super) fn at(place: String) -> Self {
        Self { places: vec![place], marked: None, difference: None }
    }
}

/// What becomes of a file that shall have this text.
pub(super) fn written(
    path: &str,
    ours: Option<&str>,
    base: Option<&str>,
    new: &str,
) -> Result<Outcome, Failure> {
    Ok(match (ours, base) {
        (None, None) => Outcome::Created(new.to_owned()),
        (None, Some(base)) if base == new => Outcome::Nothing,
        (None, Some(_)) => Outcome::Conflict(Conflict::at(format!(
            "{path}: it was removed, and Bloom wants to change it"
        ))),
        (Some(ours), _) if ours == new => Outcome::Nothing,
        (Some(_), Some(base)) if base == new => Outcome::Nothing,
        (Some(ours), Some(base)) if ours == base => Outcome::Edited(new.to_owned()),
        (Some(_), None) => Outcome::Conflict(Conflict::at(format!(
            "{path}: it is there already, and Bloom did not write it"
        ))),
        (Some(ours), Some(base)) if is_rust(path) => by_syntax(path, ours, base, new)?,
        (Some(ours), Some(base)) => match diffy::merge(base, ours, new) {
            Ok(text) => Outcome::Edited(text),
            Err(marked) => {
                if path == "Cargo.toml"
                    && let Some(text) = edit::with_features(base, ours, new)
                {
                    return Ok(Outcome::Edited(text));
                }
                let line = marked.lines().position(|line| line.starts_with("<<<<<<<"));
                let line = line.unwrap_or_default() + 1;
                let mut conflict = Conflict::at(format!(
                    "{path}:{line}: you changed it, and Bloom wants to change it, too"
                ));
                conflict.marked = Some(marked);
                Outcome::Conflict(conflict)
            }
        },
    })
}

fn by_syntax(path: &str, ours: &str, base: &str, new: &str) -> Result<Outcome, Failure> {
    let marked = || diffy::merge(base, ours, new).err();
    let places = match edit::merge(base, ours, new) {
        Ok(text) => match edit::check(&text) {
            Ok(()) => return Ok(Outcome::Merged(text)),
            Err(error) => vec![format!("{path}:{}: the edit does not fit here", error.line)],
        },
        Err(Unmerged::Syntax(error)) => return Err(Failure::syntax(path, &error)),
        Err(Unmerged::Conflicts(found)) => found
            .into_iter()
            .map(|conflict| {
                format!(
                    "{path}:{}: you changed `{}`, and Bloom wants to change it, too",
                    conflict.line, conflict.what
                )
            })
            .collect(),
    };
    Ok(Outcome::Conflict(Conflict { places, marked: marked(), difference: None }))
}

/// What becomes of a file that shall not be there any more.
pub(super) fn removed(path: &str, ours: Option<&str>, base: Option<&str>) -> Outcome {
    match (ours, base) {
        // What Bloom never wrote is none of its business.
        (None, _) | (Some(_), None) => Outcome::Nothing,
        (Some(ours), Some(base)) if ours == base => Outcome::Removed,
        (Some(ours), Some(base)) => {
            let difference = TextDiff::from_lines(base, ours)
                .unified_diff()
                .header(&format!("{path} as Bloom left it"), &format!("{path} as it is"))
                .to_string();
            Outcome::Conflict(Conflict {
                places: vec![format!("{path}: you changed it, and Bloom wants to remove it")],
                marked: None,
                difference: Some(difference),
            })
        }
    }
}
