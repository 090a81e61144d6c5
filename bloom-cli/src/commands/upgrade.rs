//! `bloom upgrade`: the project as this version of Bloom would have written it.

use std::{
    collections::{BTreeSet, HashMap},
    process::ExitCode,
};

use super::{
    patch, vendor,
    workshop::{Next, Reach, Workshop},
};
use crate::{
    changeset::{Change, Effect},
    cli::Options,
    failure::Failure,
    project::{TEMPLATES, VERSION_FILE},
    ui::Ui,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn run(options: &Options, ui: Ui) -> Result<ExitCode, Failure> {
    let mut workshop = Workshop::open(options, ui)?;
    workshop.say_when_dirty();
    let context = workshop.project.context()?;
    let settings = workshop.project.settings.clone();

    // The templates that the project has of its own come first: what they are determines everything else.
    let of_templates = workshop.compare(&own_templates(&workshop)?)?;
    for change in &of_templates.changes {
        if let Some(path) = change.path.strip_prefix(&format!("{TEMPLATES}/"))
            && change.effect == Effect::Edited
        {
            workshop.overrides.insert(path.to_owned(), change.after.clone());
        }
    }
    workshop.mark_conflicts();
    let reach = Reach::Present;
    let next = Next::new(&settings, &context, &context, reach);
    let mut changeset = workshop.evolve(&next)?;
    changeset.changes.extend(of_templates.changes);
    changeset.records.extend(of_templates.records);
    refresh_vendored(&workshop, &mut changeset.changes)?;

    let was = workshop.project.read(VERSION_FILE)?;
    let was = was.as_deref().map(str::trim);
    if was != Some(VERSION) {
        changeset.records.push((VERSION_FILE.to_owned(), format!("{VERSION}\n")));
    }
    workshop.finish(&changeset)?;

    let marked: Vec<&Change> =
        changeset.changes.iter().filter(|change| change.effect == Effect::Conflict).collect();
    if !marked.is_empty() {
        ui.warning(&format!(
            "you and Bloom changed the same lines in {} of these files; both versions stand between `<<<<<<<` and `>>>>>>>`",
            marked.len()
        ));
        return Ok(ExitCode::from(1));
    }
    Ok(ExitCode::SUCCESS)
}

/// The newest text of each template that was ejected, by its path in the project.
fn own_templates(workshop: &Workshop) -> Result<HashMap<String, String>, Failure> {
    let mut texts = HashMap::new();
    for path in workshop.overrides.keys() {
        let place = format!("{TEMPLATES}/{path}");
        // What people wrote without ejecting it first is theirs alone.
        if let (Some(text), Some(_)) =
            (bloom_templates::get(path), workshop.project.read_base(&place)?)
        {
            texts.insert(place, text.to_owned());
        }
    }
    Ok(texts)
}

/// Copies Bloom's crates anew into a project that has copies of them.
fn refresh_vendored(workshop: &Workshop, changes: &mut Vec<Change>) -> Result<(), Failure> {
    let project = &workshop.project;
    let before = project.below(vendor::FOLDER, |_| true)?;
    if before.is_empty() {
        return Ok(());
    }
    let Some(checkout) = patch::checkout(None)? else {
        return Err(Failure::project(format!(
            "`{}` cannot be renewed: the checkout that this `bloom` was built from is gone",
            vendor::FOLDER
        )));
    };
    let (files, _) = vendor::files(&checkout, &project.settings)?;
    let now: BTreeSet<&String> = files.iter().map(|(path, _)| path).collect();
    let gone: Vec<Change> = before
        .iter()
        .filter(|(path, _)| !now.contains(path))
        .map(|(path, text)| Change {
            path: path.clone(),
            effect: Effect::Removed,
            before: Some(text.clone()),
            after: String::new(),
        })
        .collect();
    let before: HashMap<String, String> = before.into_iter().collect();
    for (path, after) in files {
        let was = before.get(&path).cloned();
        if was.as_ref() != Some(&after) {
            let effect = if was.is_some() { Effect::Edited } else { Effect::Created };
            changes.push(Change { path, effect, before: was, after });
        }
    }
    changes.extend(gone);
    Ok(())
}
