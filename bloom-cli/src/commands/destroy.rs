//! `bloom destroy`: the project as if something had never been asked for.

use std::collections::HashSet;

use super::workshop::{Next, Reach, Workshop};
use crate::{
    changeset::{Changeset, Effect},
    cli::Doomed,
    edit::mentions,
    failure::{Failure, FailureKind},
    model::Context,
    project::{Project, Record},
    render::names_of,
    request::{FieldName, InputError, TypeName, error::nearest},
    ui::Ui,
};

pub(super) fn run(doomed: &Doomed, ui: Ui) -> Result<(), Failure> {
    let options = doomed.options();
    let key = key(doomed)?;
    let mut workshop = Workshop::open(options, ui)?;
    workshop.say_when_dirty();
    let before = workshop.project.context()?;
    let records = &workshop.project.records;
    let going = going(records, &key)?;
    let staying: Vec<Record> =
        records.iter().filter(|record| !going.contains(record)).cloned().collect();
    let after = workshop.project.context_of(&staying, |record, error| {
        Failure::project(format!("`{key}` cannot go: `{}` needs it", record.sentence.words()))
            .hint(error.message)
            .hint("destroy that first, or change what it is made of")
    })?;

    let settings = workshop.project.settings.clone();
    let next = Next::new(&settings, &before, &after, Reach::Differing);
    let mut changeset = workshop.evolve(&next)?;
    workshop.record(&mut changeset, &staying);
    workshop.finish(&changeset)?;
    for place in left_over(&workshop.project, &changeset, &types_gone(&before, &after))? {
        ui.warning(&place);
    }
    if !options.dry_run {
        advise(ui, &before, &after, settings.database.is_sql());
    }
    Ok(())
}

/// The key of the request that brought it in.
fn key(doomed: &Doomed) -> Result<String, InputError> {
    let of = |kind: &str, name: &str| Ok(format!("{kind} {}", TypeName::parse(name)?));
    match doomed {
        Doomed::ValueObject { name, .. } => of("value-object", name),
        Doomed::Aggregate { name, .. } => of("aggregate", name),
        Doomed::Entity { name, .. } => of("entity", name),
        Doomed::Command { verb, root, .. } => {
            Ok(format!("command {} {}", TypeName::parse(root)?, FieldName::word(verb, "verb")?))
        }
        Doomed::Field { owner, field, .. } => {
            Ok(format!("field {} {}", TypeName::parse(owner)?, FieldName::parse(field)?))
        }
        Doomed::Variant { owner, field, variants, .. } => Ok(format!(
            "variant {} {} {}",
            TypeName::parse(owner)?,
            FieldName::parse(field)?,
            variants.join(" ")
        )),
        Doomed::Rule { owner, field, .. } => {
            Ok(format!("rule {} {}", TypeName::parse(owner)?, FieldName::parse(field)?))
        }
        Doomed::Repository { root, relational: false, .. } => of("repository", root),
        Doomed::Repository { root, relational: true, .. } => of("tables", root),
        Doomed::Migration { name, .. } => {
            Ok(format!("migration {}", FieldName::word(name, "migration")?))
        }
        Doomed::Projection { name, .. } => of("projection", name),
        Doomed::Query { name, .. } => of("query", name),
        Doomed::Service { name, .. } => of("service", name),
        Doomed::Factory { name, .. } => of("factory", name),
        Doomed::Policy { name, .. } => of("policy", name),
        Doomed::Specification { name, root, .. } => {
            Ok(format!("specification {} {}", TypeName::parse(root)?, FieldName::parse(name)?))
        }
    }
}

/// The request with this key, and those that add to what it brought in.
fn going<'r>(records: &'r [Record], key: &str) -> Result<Vec<&'r Record>, Failure> {
    let mut keys = Vec::new();
    for record in records {
        keys.push(record.sentence.key()?);
    }
    let Some(index) = keys.iter().rposition(|known| known == key) else {
        return Err(none_such(key, &keys));
    };
    // What adds to something that goes, goes with it: the entities of an aggregate, and the fields they were given.
    let name = |key: &str| match key.split_once(' ') {
        Some(("aggregate" | "entity", name)) => Some(name.to_owned()),
        _ => None,
    };
    let mut owners: Vec<String> = name(key).into_iter().collect();
    let mut going = Vec::new();
    for (position, (record, own)) in records.iter().zip(&keys).enumerate() {
        let added_to = record.sentence.root().map(TypeName::parse).transpose()?;
        let within = added_to.is_some_and(|to| owners.iter().any(|owner| owner == to.pascal()));
        if position == index || within {
            owners.extend(name(own));
            going.push(record);
        }
    }
    Ok(going)
}

/// Nothing was asked for by this key; what may have been meant.
pub(super) fn none_such(key: &str, keys: &[String]) -> Failure {
    let failure = Failure::new(FailureKind::Input, format!("there is no `{key}`"));
    let kind = key.split(' ').next().unwrap_or_default();
    let alike: Vec<&str> = keys
        .iter()
        .map(String::as_str)
        .filter(|known| known.split(' ').next() == Some(kind))
        .collect();
    match (nearest(key, alike.iter().copied()), alike.as_slice()) {
        (Some(near), _) => failure.hint(format!("did you mean `{near}`?")),
        (None, []) => failure.hint(format!("nothing of the kind `{kind}` was generated")),
        (None, alike) => failure.hint(format!("there is {}", alike.join(", "))),
    }
}

/// The types that are no more.
fn types_gone(before: &Context, after: &Context) -> HashSet<String> {
    let types = |context: &Context| -> HashSet<String> {
        let values = context.values.iter().filter(|value| !value.by_hand);
        let values = values.map(|value| value.name.pascal().to_owned());
        let aggregates = context.aggregates.iter().flat_map(|aggregate| names_of(aggregate).types);
        values.chain(aggregates).collect()
    };
    let still = types(after);
    types(before).into_iter().filter(|name| !still.contains(name)).collect()
}

/// The files that name one of these types nevertheless, where they do.
fn left_over(
    project: &Project,
    changeset: &Changeset,
    types: &HashSet<String>,
) -> Result<Vec<String>, Failure> {
    let mut places = Vec::new();
    let package = project.settings.name.replace('-', "_");
    for (path, text) in project.code()? {
        let change = changeset.changes.iter().find(|change| change.path == path);
        let text = match change.map(|change| (change.effect, &change.after)) {
            Some((Effect::Removed, _)) => continue,
            // What Bloom wrote names nothing that is gone.
            None if project.read_base(&path)?.as_ref() == Some(&text) => continue,
            Some((Effect::Skipped, _)) | None => &text,
            Some((_, after)) => after,
        };
        for (line, name) in mentions(text, types, &package) {
            places.push(format!("{path}:{line} still names `{name}`"));
        }
    }
    Ok(places)
}

/// What lives outside the tree.
fn advise(ui: Ui, before: &Context, after: &Context, sql: bool) {
    if sql && before.newest_migration() != after.newest_migration() {
        ui.next("a database in which the removed migration was applied says so when it is next migrated; begin a new one, or keep the file");
    }
    if before.aggregates != after.aggregates {
        ui.next("`bloom events accept --changed` when `bloom.lock` still holds events that are gone and none of them is stored");
    }
}
