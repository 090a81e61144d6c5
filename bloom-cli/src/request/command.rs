//! The grammar of commands: `cancel(reason:String): draft|placed -> cancelled if lines emits Cancelled`.

use super::{
    error::InputError,
    field::Field,
    name::{FieldName, TypeName},
    split::split,
};

/// One behaviour of an aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandSentence {
    pub(crate) verb: FieldName,
    pub(crate) arguments: Vec<Field>,
    pub(crate) transition: Option<(Vec<FieldName>, FieldName)>,
    pub(crate) guards: Vec<FieldName>,
    pub(crate) event: Option<TypeName>,
}

const FORM: &str = "write `verb(argument:Type): state|state -> state if field emits Event`; all but the verb may be left out";

impl CommandSentence {
    pub(crate) fn parse(text: &str) -> Result<Self, InputError> {
        Self::parse_inner(text.trim()).map_err(|error| error.within(text))
    }

    fn parse_inner(text: &str) -> Result<Self, InputError> {
        let (text, event) = cut_word(text, "emits");
        let event = event.map(TypeName::parse).transpose()?;
        let (text, guards) = cut_word(text, "if");
        let guards = guards.map(names).transpose()?.unwrap_or_default();

        let parts = split(text, ':');
        let (head, transition) = match parts.as_slice() {
            [head] => (*head, None),
            [head, transition] => (*head, Some(parse_transition(transition)?)),
            _ => return Err(InputError::new("there is a `:` too many").hint(FORM)),
        };
        let (verb, arguments) = match head.trim().split_once('(') {
            None => (head.trim(), Vec::new()),
            Some((verb, rest)) => {
                let inside = rest
                    .strip_suffix(')')
                    .ok_or_else(|| InputError::new("the `)` is missing").hint(FORM))?;
                let fields = split(inside, ',');
                let fields = join_items(&fields);
                let fields = fields.iter().map(|field| Field::parse(field.trim()));
                (verb.trim(), fields.collect::<Result<Vec<_>, _>>()?)
            }
        };
        for (index, argument) in arguments.iter().enumerate() {
            if arguments[..index].iter().any(|other| other.name == argument.name) {
                return Err(InputError::new(format!(
                    "the argument `{}` is there twice",
                    argument.name
                )));
            }
            if argument.unique || argument.index || argument.default.is_some() {
                return Err(InputError::new(format!(
                    "`{}` is an argument: `unique`, `index` and defaults belong to fields",
                    argument.name
                )));
            }
        }
        Ok(Self { verb: FieldName::word(verb, "verb")?, arguments, transition, guards, event })
    }
}

/// Cuts ` word ..` off the end.
fn cut_word<'t>(text: &'t str, word: &str) -> (&'t str, Option<&'t str>) {
    match text.rsplit_once(&format!(" {word} ")) {
        Some((before, after)) => (before.trim(), Some(after.trim())),
        None => (text, None),
    }
}

/// The commas between items of one field separate nothing: a field begins where there is a name and a `:`.
fn join_items(parts: &[&str]) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for part in parts {
        let begins = split(part, ':').len() > 1;
        match fields.last_mut() {
            Some(last) if !begins => {
                last.push(',');
                last.push_str(part.trim());
            }
            _ => fields.push((*part).to_owned()),
        }
    }
    fields.retain(|field| !field.trim().is_empty());
    fields
}

fn parse_transition(text: &str) -> Result<(Vec<FieldName>, FieldName), InputError> {
    let (from, to) = text.split_once("->").ok_or_else(|| {
        InputError::new(format!("`{}` is not a transition", text.trim())).hint(FORM)
    })?;
    let from = from.split('|').map(|state| FieldName::word(state, "state"));
    let from = from.collect::<Result<Vec<_>, _>>()?;
    for (index, state) in from.iter().enumerate() {
        if from[..index].contains(state) {
            return Err(InputError::new(format!("the state `{state}` is there twice")));
        }
    }
    Ok((from, FieldName::word(to, "state")?))
}

fn names(text: &str) -> Result<Vec<FieldName>, InputError> {
    text.split(',').map(|name| FieldName::word(name, "field")).collect()
}
