//! `bloom model`: a project in one page of TOML.

use std::{path::Path, process::ExitCode};

use super::{
    generate::refuse_impossible,
    workshop::{Next, Reach, Workshop},
};
use crate::{
    changeset::Changeset,
    cli::Options,
    failure::{Failure, FailureKind},
    model::{Context, english},
    model_file::{
        Difference, Kind, ModelFileError, Placed, Refused, additions, difference, effective,
        in_order, read, schema, write,
    },
    project::{Project, Record, read_needed},
    request::{InputError, Request, Sentence, TypeName},
    ui::Ui,
};

/// Prints the model file of the project.
pub(super) fn export(ui: Ui) -> Result<(), Failure> {
    let project = open(ui)?;
    let sentences = effective(project.records.iter().map(|record| &record.sentence))?;
    ui.data(write(&context_name(&project), &sentences)?.trim_end());
    Ok(())
}

/// Prints the JSON Schema of model files.
pub(super) fn print_schema(ui: Ui) {
    ui.data(&serde_json::to_string_pretty(&schema()).unwrap_or_default());
}

/// Says where the file and the project differ.
pub(super) fn check(file: &Path, json: bool, ui: Ui) -> Result<ExitCode, Failure> {
    let project = open(ui)?;
    let wanted = wanted(file, &context_name(&project))?;
    ordered(&project, file, &wanted)?;
    let found = differences(&project, &wanted)?;
    if json {
        ui.data(&serde_json::to_string_pretty(&found).unwrap_or_default());
    } else if found.is_empty() {
        ui.effect("Same", "the project is as the file says");
    } else {
        plan(&found, ui);
    }
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Makes the project follow the file.
pub(super) fn apply(file: &Path, prune: bool, options: &Options, ui: Ui) -> Result<(), Failure> {
    english::prepare();
    let mut workshop = Workshop::open(options, ui)?;
    workshop.say_when_dirty();
    let wanted = wanted(file, &context_name(&workshop.project))?;
    ordered(&workshop.project, file, &wanted)?;
    let mut found = differences(&workshop.project, &wanted)?;
    let left: Vec<String> = if prune {
        Vec::new()
    } else {
        found.extract_if(.., |one| one.kind == Kind::Removed).map(|one| one.key).collect()
    };
    if !left.is_empty() {
        ui.warning(&format!(
            "the project has what the file does not, and keeps it: {}; `--prune` destroys it",
            left.join(", ")
        ));
    }
    if found.is_empty() {
        workshop.tell(&Changeset::default());
        return Ok(());
    }
    if !options.json && !ui.quiet {
        plan(&found, ui);
    }
    let before = workshop.project.context()?;
    let (records, after) = follow(&workshop.project, &before, &found, ui)?;
    refuse_impossible(&after)?;
    let settings = workshop.project.settings.clone();
    let next = Next::new(&settings, &before, &after, Reach::Differing).frozen();
    let mut changeset = workshop.evolve(&next)?;
    workshop.record(&mut changeset, &records);
    workshop.finish(&changeset)
}

fn open(ui: Ui) -> Result<Project, Failure> {
    english::prepare();
    super::to_read(ui)
}

fn context_name(project: &Project) -> String {
    project.settings.contexts.first().cloned().unwrap_or_default()
}

fn wanted(file: &Path, context: &str) -> Result<Vec<Placed>, Failure> {
    let text = read_needed(file)?;
    read(&text, context).map_err(|error| in_file(file, error))
}

fn in_file(file: &Path, error: ModelFileError) -> Failure {
    let failure = Failure::new(FailureKind::Input, format!("{}:{error}", file.display()));
    match error.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Refuses a file that does not add up by itself, where it does not.
fn ordered(project: &Project, file: &Path, wanted: &[Placed]) -> Result<(), Failure> {
    let mut things = Vec::new();
    for placed in wanted {
        things.push((placed.sentence.request()?, placed.place));
    }
    match in_order(Context::new(context_name(project)), things, |context, request| {
        project.read_types(context, request)
    }) {
        Ok(_) => Ok(()),
        Err(Refused::Project(failure)) => Err(failure),
        Err(Refused::Thing(place, error)) => {
            Err(in_file(file, ModelFileError { place, message: error.message, hint: error.hint }))
        }
    }
}

fn differences(project: &Project, wanted: &[Placed]) -> Result<Vec<Difference>, InputError> {
    let now = effective(project.records.iter().map(|record| &record.sentence))?;
    let wanted: Vec<Sentence> =
        wanted.iter().map(|placed| stored_as_it_is(&placed.sentence, &now)).collect();
    difference(&now, &wanted)
}

/// A file that says nothing of how something is stored leaves that as it is.
fn stored_as_it_is(sentence: &Sentence, now: &[Sentence]) -> Sentence {
    let mut sentence = sentence.clone();
    let key = sentence.key().ok();
    let known = now.iter().find(|known| known.key().ok() == key);
    if let (
        Sentence::Aggregate { stored: wanted @ None, .. },
        Some(Sentence::Aggregate { stored, .. }),
    ) = (&mut sentence, known)
    {
        wanted.clone_from(stored);
    }
    sentence
}

fn plan(found: &[Difference], ui: Ui) {
    for one in found {
        match (one.kind, &one.project, &one.file) {
            (Kind::Added, _, Some(file)) => ui.data(&format!("+ {file}")),
            (Kind::Removed, Some(project), _) => ui.data(&format!("- {project}")),
            (_, project, file) => {
                ui.data(&format!("~ {}", one.key));
                ui.data(&format!("    is   {}", project.as_deref().unwrap_or_default()));
                ui.data(&format!("    want {}", file.as_deref().unwrap_or_default()));
            }
        }
    }
}

/// The requests with which the project is as the file says, and what they add up to.
fn follow(
    project: &Project,
    before: &Context,
    found: &[Difference],
    ui: Ui,
) -> Result<(Vec<Record>, Context), Failure> {
    let mut records = project.records.clone();
    for one in found {
        if let Some(wanted) = one.wanted.as_ref().filter(|_| !project.settings.database.is_sql())
            && wanted.request()?.has_schema()
        {
            return Err(Failure::new(
                FailureKind::Input,
                format!("`{}` needs a schema, and a project in memory has none", one.key),
            )
            .hint("give it a database first: `bloom db use sqlite`"));
        }
        let key = |record: &Record| record.sentence.key().unwrap_or_default();
        match (one.kind, &one.was, &one.wanted) {
            (Kind::Added, _, Some(wanted)) => {
                records.push(Record::after(&records, wanted.clone())?);
            }
            (Kind::Changed, Some(was), Some(wanted)) => match additions(was, wanted)? {
                Some(sentences) => {
                    for sentence in sentences {
                        records.push(Record::after(&records, sentence)?);
                    }
                }
                None => {
                    refuse_when_kept(before, one)?;
                    if matches!(was, Sentence::Aggregate { .. } | Sentence::Entity { .. }) {
                        ui.warning(&format!(
                            "what is stored of `{}` as it was may not be readable any more; the test of `bloom.lock` says so",
                            one.key
                        ));
                    }
                    drop_later(&mut records, was)?;
                    if let Some(record) = records.iter_mut().find(|record| key(record) == one.key) {
                        record.sentence = wanted.numbered_as(&record.sentence);
                    }
                }
            },
            (_, Some(was), _) => {
                drop_later(&mut records, was)?;
                records.retain(|record| key(record) != one.key);
            }
            _ => {}
        }
    }
    let mut things: Vec<(Request, Record)> = Vec::new();
    for record in records {
        things.push((record.sentence.request()?, record));
    }
    let start = Context::new(context_name(project));
    let (ordered, _) =
        in_order(start, things, |context, request| project.read_types(context, request)).map_err(
            |refused| match refused {
                Refused::Project(failure) => failure,
                Refused::Thing(record, error) => Failure::project(format!(
                    "`{}` does not fit what the file makes of the project: {}",
                    record.sentence.words(),
                    error.message
                )),
            },
        )?;
    numbered(project, ordered)
}

/// The records with the numbers of their migrations, under names in whose order they are read again.
fn numbered(project: &Project, ordered: Vec<Record>) -> Result<(Vec<Record>, Context), Failure> {
    let mut context = Context::new(context_name(project));
    // A number that somebody's database may have seen is not given again.
    let newest = project.context()?.newest_migration();
    let mut records: Vec<Record> = Vec::new();
    let mut highest: Vec<Record> = ordered.clone();
    for record in ordered {
        let mut sentence = record.sentence.clone();
        let known = project.records.iter().any(|other| other.path == record.path);
        if !known {
            sentence = sentence.done(context.newest_migration().max(newest) + 1);
        }
        let request = sentence.request()?;
        project.read_types(&mut context, &request)?;
        context = context.replay(&request)?;
        let out_of_order = records.last().is_some_and(|last| last.path > record.path);
        let path = if out_of_order {
            let moved = Record::after(&highest, sentence.clone())?;
            highest.push(moved.clone());
            moved.path
        } else {
            record.path
        };
        records.push(Record { path, sentence });
    }
    Ok((records, context))
}

/// What was said later of something that is said anew.
fn drop_later(records: &mut Vec<Record>, was: &Sentence) -> Result<(), InputError> {
    let (Sentence::Aggregate { name, .. } | Sentence::Entity { name, .. }) = was else {
        return Ok(());
    };
    let name = TypeName::parse(name)?;
    records.retain(|record| match &record.sentence {
        Sentence::Field { owner, .. }
        | Sentence::Variants { owner, .. }
        | Sentence::Rules { owner, .. } => TypeName::parse(owner).is_ok_and(|owner| owner != name),
        _ => true,
    });
    Ok(())
}

/// Refuses to rewrite what the steps of the schema were made from.
fn refuse_when_kept(before: &Context, one: &Difference) -> Result<(), Failure> {
    let root = match &one.was {
        Some(Sentence::Aggregate { name, .. }) => name,
        Some(Sentence::Entity { root, .. }) => root,
        _ => return Ok(()),
    };
    let root = TypeName::parse(root)?;
    let Some(aggregate) = before.aggregate(root.pascal()) else { return Ok(()) };
    if aggregate.tables.is_none() && aggregate.projections.is_empty() {
        return Ok(());
    }
    Err(Failure::project(format!(
        "`{}` cannot be changed like this: steps of the schema that may be applied were made from it as it was",
        one.key
    ))
    .hint("fields that are optional or a list, variants and rules can be added")
    .hint("or destroy its projections and tables first, and generate them again"))
}
