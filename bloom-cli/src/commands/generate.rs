//! `bloom generate`.

use super::workshop::{Next, Reach, Workshop};
use crate::{
    changeset::Changeset,
    cli::{Options, Thing},
    failure::{Failure, FailureKind},
    model::{Context, english},
    project::Record,
    render::has_valid_value,
    request::{Request, Sentence},
    ui::Ui,
};

pub(super) fn run(thing: Thing, ui: Ui) -> Result<(), Failure> {
    let (sentence, options) = sentence(thing);
    grow(sentence, &options, ui)
}

/// One more request.
pub(super) fn grow(sentence: Sentence, options: &Options, ui: Ui) -> Result<(), Failure> {
    english::prepare();
    // What is wrong with the sentence is said before anything is asked of the machine.
    let request = sentence.request()?;
    let mut workshop = Workshop::open(options, ui)?;
    if is_there(&workshop.project.records, &sentence)? {
        workshop.tell(&Changeset::default());
        return Ok(());
    }
    if request.has_schema() && !workshop.project.settings.database.is_sql() {
        return Err(Failure::new(FailureKind::Input, "a project in memory has no schema")
            .hint("give it a database first: `bloom db use sqlite`"));
    }
    let before = workshop.project.context()?;
    let mut after = before.clone();
    workshop.project.read_types(&mut after, &request)?;
    let after = after.apply(&request)?;
    refuse_impossible(&after)?;

    let settings = workshop.project.settings.clone();
    // With its first transition a field becomes state, which is no longer changed by itself.
    let reach = match request {
        Request::Command { .. } => Reach::Differing,
        _ => Reach::Added,
    };
    let next = Next::new(&settings, &before, &after, reach);
    let mut changeset = workshop.evolve(&next)?;
    let mut records = workshop.project.records.clone();
    records.push(Record::after(&records, sentence.done(after.newest_migration()))?);
    workshop.record(&mut changeset, &records);
    workshop.finish(&changeset)
}

/// Whether it was asked for before, in the same words; in other words it is refused.
fn is_there(records: &[Record], sentence: &Sentence) -> Result<bool, Failure> {
    let key = sentence.key()?;
    for recorded in records.iter().rev().map(|record| &record.sentence) {
        if recorded.key()? != key {
            continue;
        }
        if recorded.asked() == *sentence {
            return Ok(true);
        }
        // A field may be given other rules as often as one likes.
        if let Sentence::Rules { .. } = sentence {
            return Ok(false);
        }
        return Err(Failure::new(
            FailureKind::Input,
            format!(
                "there is {} {key} already, and it was asked for differently",
                english::article(&key)
            ),
        )
        .hint(format!("it was: {}", recorded.words()))
        .hint(format!("this is: {}", sentence.words())));
    }
    Ok(false)
}

/// Refuses fields for which no test could find a value.
pub(super) fn refuse_impossible(context: &Context) -> Result<(), Failure> {
    for field in context.fields() {
        if !has_valid_value(field) {
            let message = format!("no value was found that keeps all rules of `{}`", field.name);
            return Err(
                Failure::new(FailureKind::Input, message).hint("do they contradict each other?")
            );
        }
    }
    Ok(())
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
                stored: None,
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
        Thing::Query { name, fields, root, options } => {
            (Sentence::Query { name, root, fields }, options)
        }
        Thing::Service { name, options } => (Sentence::Service { name }, options),
        Thing::Factory { name, root, options } => (Sentence::Factory { name, root }, options),
        Thing::Policy { name, on, options } => (Sentence::Policy { name, on }, options),
        Thing::Specification { name, fields, root, options } => {
            (Sentence::Specification { name, root, fields }, options)
        }
    }
}
