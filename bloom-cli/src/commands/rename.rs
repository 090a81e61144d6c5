//! `bloom rename`: other names in code, files and routes; what is stored keeps its name.

use std::collections::HashMap;

use super::{
    destroy::none_such,
    workshop::{Next, Reach, Workshop},
};
use crate::{
    cli::Renaming,
    edit::{Names, pairs},
    failure::{Failure, FailureKind},
    model::{
        Aggregate, Context,
        english::{plural as plural_of, singular},
    },
    project::{Project, Record},
    render::names_of,
    request::{CommandSentence, FieldName, InputError, Sentence, StoredNames, TypeName},
    ui::Ui,
};

pub(super) fn run(renaming: &Renaming, ui: Ui) -> Result<(), Failure> {
    let mut workshop = Workshop::open(renaming.options(), ui)?;
    workshop.say_when_dirty();
    let before = workshop.project.context()?;
    let records = renamed(&workshop.project.records, &before, renaming)?;
    let after = workshop.project.context_of(&records, |record, error| {
        let failure = Failure::new(FailureKind::Input, error.message);
        let failure = failure.hint(format!("it would be `{}`", record.sentence.words()));
        match error.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    after.check()?;
    refuse_taken(&workshop.project, renaming)?;
    let names = names(&before, &after, renaming, &workshop.project.settings.name)?;
    let settings = workshop.project.settings.clone();
    let next = Next::new(&settings, &before, &after, Reach::Differing).named(&names);
    let mut changeset = workshop.evolve(&next)?;
    workshop.record(&mut changeset, &records);
    workshop.finish(&changeset)
}

/// Refuses the name of a type that people wrote.
fn refuse_taken(project: &Project, renaming: &Renaming) -> Result<(), Failure> {
    let (Renaming::Aggregate { to, .. } | Renaming::ValueObject { to, .. }) = renaming else {
        return Ok(());
    };
    let name = TypeName::parse(to)?;
    match project.where_defined(name.pascal())? {
        None => Ok(()),
        Some(path) => Err(Failure::new(
            FailureKind::Input,
            format!("there is a type `{name}` already, in `{path}`"),
        )
        .hint("choose another name")),
    }
}

/// The requests as they would have been with the new name.
fn renamed(
    records: &[Record],
    before: &Context,
    renaming: &Renaming,
) -> Result<Vec<Record>, Failure> {
    let (key, types) = match renaming {
        Renaming::Aggregate { from, to, .. } => {
            let (from, to) = (TypeName::parse(from)?, TypeName::parse(to)?);
            let types = match before.aggregate(from.pascal()) {
                Some(aggregate) => types_of(aggregate, &to),
                None => HashMap::new(),
            };
            (format!("aggregate {from}"), types)
        }
        Renaming::ValueObject { from, to, .. } => {
            let (from, to) = (TypeName::parse(from)?, TypeName::parse(to)?);
            let types = HashMap::from([(from.pascal().to_owned(), to.pascal().to_owned())]);
            (format!("value-object {from}"), types)
        }
        Renaming::Command { from, root, .. } => {
            let (root, verb) = (TypeName::parse(root)?, FieldName::word(from, "verb")?);
            (format!("command {root} {verb}"), HashMap::new())
        }
    };
    let mut keys = Vec::new();
    for record in records {
        keys.push(record.sentence.key()?);
    }
    let Some(index) = keys.iter().position(|known| *known == key) else {
        return Err(none_such(&key, &keys));
    };
    let mut renamed = Vec::new();
    for (position, record) in records.iter().enumerate() {
        let mut sentence = record.sentence.renamed(&types)?;
        if let Renaming::Aggregate { from, to, plural, .. } = renaming {
            let names = (&TypeName::parse(from)?, &TypeName::parse(to)?);
            keep_stored(&mut sentence, &record.sentence, before, names, plural)?;
        }
        if let (true, Renaming::Command { to, root, .. }) = (position == index, renaming) {
            sentence = with_verb(&sentence, before, &TypeName::parse(root)?, to)?;
        }
        renamed.push(record.saying(sentence)?);
    }
    Ok(renamed)
}

/// The types that are named after the aggregate, each with what it is called from now on.
fn types_of(aggregate: &Aggregate, to: &TypeName) -> HashMap<String, String> {
    let from = aggregate.name.pascal();
    let entities: Vec<&str> =
        aggregate.entities.iter().map(|entity| entity.name.pascal()).collect();
    let names = names_of(aggregate).types;
    let renamed = names.into_iter().filter_map(|name| {
        // Entities have names of their own, and what is named after them stays with them.
        let of_entity = entities.iter().any(|entity| name.starts_with(entity));
        let rest = name.strip_prefix(from).filter(|_| !of_entity)?;
        let whole = rest.is_empty() || rest.starts_with(|sign: char| !sign.is_lowercase());
        whole.then(|| (name.clone(), format!("{}{rest}", to.pascal())))
    });
    renamed.collect()
}

/// What is stored was named after the aggregate, and keeps that name.
fn keep_stored(
    sentence: &mut Sentence,
    was: &Sentence,
    before: &Context,
    (from, to): (&TypeName, &TypeName),
    new_plural: &Option<String>,
) -> Result<(), InputError> {
    let Some(aggregate) = before.aggregate(from.pascal()) else { return Ok(()) };
    match (sentence, was) {
        (Sentence::Aggregate { stored, plural, .. }, Sentence::Aggregate { name, .. })
            if TypeName::parse(name)? == *from =>
        {
            plural.clone_from(new_plural);
            let natural = StoredNames {
                kind: to.snake(),
                table: new_plural.clone().unwrap_or_else(|| plural_of(&to.snake())),
            };
            *stored = Some(aggregate.stored.clone()).filter(|stored| *stored != natural);
        }
        (Sentence::Entity { list, .. }, Sentence::Entity { name, root, list: None, .. })
            if TypeName::parse(root)? == *from =>
        {
            let name = TypeName::parse(name)?;
            let known = aggregate.entities.iter().find(|entity| entity.name == name);
            *list = known.map(|entity| entity.list.plain().to_owned());
            // The events of the list are named after one of them, which has to stay the same word.
            if let Some(entity) = known
                && singular(entity.list.plain()) != entity.short.plain()
            {
                return Err(InputError::new(format!(
                    "the events of the list `{}` could not keep their names",
                    entity.list
                ))
                .hint("generate the list with `--as` first, under a name that has a singular"));
            }
        }
        _ => {}
    }
    Ok(())
}

/// The command with another verb; it emits what it emitted.
fn with_verb(
    sentence: &Sentence,
    before: &Context,
    root: &TypeName,
    to: &str,
) -> Result<Sentence, InputError> {
    let Sentence::Command { root: typed, sentence: text } = sentence else {
        return Ok(sentence.clone());
    };
    let command = CommandSentence::parse(text)?;
    let rest =
        text.trim_start().trim_start_matches(|c: char| c.is_alphanumeric() || "_-".contains(c));
    let known = before
        .aggregate(root.pascal())
        .and_then(|aggregate| aggregate.commands.iter().find(|known| known.verb == command.verb));
    let emits = match (&command.event, known) {
        (None, Some(known)) => format!(" emits {}", known.event),
        _ => String::new(),
    };
    let verb = FieldName::word(to, "verb")?;
    Ok(Sentence::Command { root: typed.clone(), sentence: format!("{verb}{rest}{emits}") })
}

/// Everything in the code that is called otherwise.
fn names(
    before: &Context,
    after: &Context,
    renaming: &Renaming,
    package: &str,
) -> Result<Names, InputError> {
    let one = |from: &str, to: &str| HashMap::from([(from.to_owned(), to.to_owned())]);
    let package = package.replace('-', "_");
    let (from, to, verbs) = match renaming {
        Renaming::ValueObject { from, to, .. } => {
            let (from, to) = (TypeName::parse(from)?, TypeName::parse(to)?);
            let types = [("", ""), ("Body", "Body")];
            let types = types.map(|(end, same)| (format!("{from}{end}"), format!("{to}{same}")));
            return Ok(Names {
                types: types.into(),
                words: one(&from.snake(), &to.snake()),
                package,
                ..Names::default()
            });
        }
        Renaming::Aggregate { from, to, .. } => {
            (TypeName::parse(from)?, TypeName::parse(to)?, HashMap::new())
        }
        Renaming::Command { from, to, root, .. } => {
            let root = TypeName::parse(root)?;
            let (from, to) = (FieldName::word(from, "verb")?, FieldName::word(to, "verb")?);
            (root.clone(), root, one(from.plain(), to.plain()))
        }
    };
    let mut names = Names { methods: verbs, subject: from.snake(), package, ..Names::default() };
    if let (Some(before), Some(after)) =
        (before.aggregate(from.pascal()), after.aggregate(to.pascal()))
    {
        let (was, is) = (names_of(before), names_of(after));
        names.types = pairs(&was.types, &is.types);
        names.words = pairs(&was.words, &is.words);
        names.methods.extend(pairs([&was.accessor], [&is.accessor]));
        let errors = pairs(&was.errors, &is.errors);
        names.variants.insert(format!("{from}Error"), errors);
    }
    Ok(names)
}
