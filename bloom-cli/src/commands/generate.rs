//! `bloom generate`.

use std::{collections::HashMap, thread};

use crate::{
    apply::{self, Lock},
    changeset::{Changeset, Effect, OnConflict, check, compare},
    cli::{Options, Thing},
    failure::{Failure, FailureKind},
    format::{Formatter, Formatting, has_settings},
    model::english,
    plan::{PlannedFile, Planner},
    project::{Project, workspace_above},
    render::{Templates, WIDTH, has_valid_value},
    report::{Form, report},
    request::{Request, Sentence},
    ui::Ui,
};

pub(super) fn run(thing: Thing, ui: Ui) -> Result<(), Failure> {
    english::prepare();
    let (sentence, options) = sentence(thing);
    // What is wrong with the sentence is said before anything is asked of the machine.
    let request = sentence.request()?;
    let root = Project::root(&super::here()?)?;
    let lock = if options.dry_run { None } else { Some(Lock::take(&root)?) };
    if let Some((_, true)) = &lock {
        ui.warning("an earlier run was interrupted; what it had begun was undone");
    }
    let mut formatter = Formatter::start(&root);
    let project = Project::open(root)?;
    let form = Form { json: options.json, diff: options.diff, dry_run: options.dry_run };

    let key = sentence.key()?;
    for recorded in &project.sentences {
        if recorded.key()? == key {
            if recorded.asked() == sentence {
                report(ui, &Changeset::default(), form);
                return Ok(());
            }
            let name = key.split(' ').collect::<Vec<_>>().join(" ");
            return Err(Failure::new(
                FailureKind::Input,
                format!(
                    "there is {} {name} already, and it was asked for differently",
                    english::article(&name)
                ),
            )
            .hint(format!("it was: {}", words(recorded)))
            .hint(format!("this is: {}", words(&sentence))));
        }
    }
    if let Request::Migration { .. } | Request::Tables { .. } | Request::Projection { .. } =
        &request
        && !project.settings.database.is_sql()
    {
        return Err(Failure::new(FailureKind::Input, "a project in memory has no schema")
            .hint("give it a database first: `bloom db use sqlite`"));
    }
    let mut context = project.context()?;
    project.read_types(&mut context, &request)?;
    let context = context.apply(&request)?;
    for field in context.fields() {
        if !has_valid_value(field) {
            let message = format!("no value was found that keeps all rules of `{}`", field.name);
            return Err(
                Failure::new(FailureKind::Input, message).hint("do they contradict each other?")
            );
        }
    }
    let member = workspace_above(project.root.parent().unwrap_or(&project.root))?.is_some();
    let files = Planner::new(&project.settings, &context, member).request(&request);

    let templates = Templates::new(project.overrides()?);
    let (texts, formatting) = written(&project, &templates, files, &mut formatter)?;
    let mut changeset = compare(&project, &texts, formatting, on_conflict(&options))?;
    let sentence = sentence.done(context.newest_migration());
    let record = serde_json::to_string_pretty(&sentence).unwrap_or_default();
    changeset.records.push((project.next_record(&sentence)?, record + "\n"));

    if !options.dry_run {
        write(&project, &changeset)?;
    }
    report(ui, &changeset, form);
    Ok(())
}

/// The texts of the files by path, formatted.
///
/// The files that need no rustfmt are the longest ones: they are rendered and checked while it is at work on the others.
pub(super) fn written(
    project: &Project,
    templates: &Templates,
    files: Vec<PlannedFile>,
    formatter: &mut Formatter,
) -> Result<(HashMap<String, String>, Formatting), Failure> {
    let render = |files: Vec<PlannedFile>| -> Result<HashMap<String, String>, Failure> {
        let texts = files.into_iter().map(|file| {
            let text = templates.render(file.template, &file.context)?;
            Ok((file.path, text))
        });
        texts.collect()
    };
    let own_style = has_settings(&project.root);
    let (laid_out, loose): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|file| file.laid_out && !own_style && !templates.is_overridden(file.template));
    let mut texts = render(loose)?;
    let (laid_out, formatting) = thread::scope(|scope| {
        let formatting = scope.spawn(|| formatter.all(&mut texts));
        let laid_out = render(laid_out).and_then(|laid_out| {
            laid_out.iter().try_for_each(|(path, text)| check(path, text))?;
            Ok(laid_out)
        });
        (laid_out, formatting.join().unwrap_or(Formatting::Refused))
    });
    // Unusual names make lines that have to be broken somewhere.
    let (mut wide, narrow): (HashMap<_, _>, HashMap<_, _>) =
        laid_out?.into_iter().partition(|(_, text)| text.lines().any(|line| line.len() > WIDTH));
    let formatting = formatting.and(formatter.all(&mut wide));
    texts.extend(wide);
    texts.extend(narrow);
    Ok((texts, formatting))
}

/// What is done with files that cannot be merged.
pub(super) fn on_conflict(options: &Options) -> OnConflict {
    match (options.force, options.skip) {
        (true, _) => OnConflict::Force,
        (_, true) => OnConflict::Skip,
        _ => OnConflict::Refuse,
    }
}

pub(super) fn write(project: &Project, changeset: &Changeset) -> Result<(), Failure> {
    let changed = changeset.changes.iter().filter(|change| change.effect != Effect::Skipped);
    let mut files: Vec<(String, String)> =
        changed.map(|change| (change.path.clone(), change.after.clone())).collect();
    files.extend(changeset.records.iter().cloned());
    apply::write(&project.root, &files)
}

/// The request as one would type it.
fn words(sentence: &Sentence) -> String {
    match sentence {
        Sentence::ValueObject { name, fields } => {
            format!("value-object {name} {}", fields.join(" "))
        }
        Sentence::Aggregate { name, fields, plural, create, no_change, event_sourced, .. } => {
            let mut text = format!("aggregate {name} {}", fields.join(" "));
            for (option, value) in [("--plural", plural), ("--create", create)] {
                if let Some(value) = value {
                    text.push_str(&format!(" {option} {value}"));
                }
            }
            for (option, said) in [("--no-change", no_change), ("--event-sourced", event_sourced)] {
                if *said {
                    text.push_str(&format!(" {option}"));
                }
            }
            text
        }
        Sentence::Entity { name, root, fields, list, states, count } => {
            let mut text = format!("entity {name} --in {root} {}", fields.join(" "));
            for (option, value) in [("--as", list), ("--count", count)] {
                if let Some(value) = value {
                    text.push_str(&format!(" {option} {value}"));
                }
            }
            if !states.is_empty() {
                text.push_str(&format!(" --while {}", states.join(",")));
            }
            text
        }
        Sentence::Command { root, sentence } => format!("command --in {root} '{sentence}'"),
        Sentence::Repository { root } => format!("repository {root}"),
        Sentence::Tables { root, .. } => format!("repository {root} --relational"),
        Sentence::Migration { name, .. } => format!("migration {name}"),
        Sentence::Projection { name, root, .. } => format!("projection {name} --from {root}"),
        Sentence::Specification { name, root, fields } => {
            format!("specification {name} --for {root} {}", fields.join(" "))
        }
    }
}

fn sentence(thing: Thing) -> (Sentence, Options) {
    match thing {
        Thing::ValueObject { name, fields, options } => {
            (Sentence::ValueObject { name, fields }, options)
        }
        Thing::Aggregate { name, fields, plural, create, no_change, event_sourced, options } => (
            Sentence::Aggregate {
                name,
                fields,
                plural,
                create,
                no_change,
                event_sourced,
                migration: None,
            },
            options,
        ),
        Thing::Entity { name, fields, root, list, states, count, options } => {
            (Sentence::Entity { name, root, fields, list, states, count }, options)
        }
        Thing::Command { sentence, root, options } => {
            (Sentence::Command { root, sentence }, options)
        }
        Thing::Migration { name, options } => (Sentence::Migration { name, number: None }, options),
        Thing::Repository { root, relational: true, options } => {
            (Sentence::Tables { root, number: None }, options)
        }
        Thing::Repository { root, relational: false, options } => {
            (Sentence::Repository { root }, options)
        }
        Thing::Projection { name, root, options } => {
            (Sentence::Projection { name, root, number: None }, options)
        }
        Thing::Specification { name, fields, root, options } => {
            (Sentence::Specification { name, root, fields }, options)
        }
    }
}
