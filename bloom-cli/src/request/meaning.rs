//! Requests as they are meant: checked, with names, fields and rules in the place of text.

use super::{
    command::CommandSentence,
    error::InputError,
    field::{Field, FieldType, Variant},
    name::{FieldName, TypeName},
    range::Range,
    sentence::{Sentence, StoredNames},
};

/// The same, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    ValueObject { name: TypeName, fields: Vec<Field> },
    Aggregate(AggregateRequest),
    Entity(EntityRequest),
    Command { root: TypeName, command: CommandSentence },
    Field { owner: TypeName, field: Field },
    Variants { owner: TypeName, field: FieldName, variants: Vec<Variant> },
    Rules { owner: TypeName, field: Field },
    Repository { root: TypeName },
    Tables { root: TypeName, number: Option<usize> },
    Migration { name: FieldName, number: Option<usize> },
    Projection { name: TypeName, root: TypeName, number: Option<usize> },
    Specification { name: FieldName, root: TypeName, fields: Vec<FieldName> },
    Query { name: TypeName, root: TypeName, fields: Vec<FieldName> },
    Service { name: TypeName },
    Factory { name: TypeName, root: TypeName },
    Policy { name: TypeName, root: TypeName, event: FieldName },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AggregateRequest {
    pub(crate) name: TypeName,
    pub(crate) plural: Option<FieldName>,
    pub(crate) fields: Vec<Field>,
    pub(crate) create: FieldName,
    pub(crate) no_change: bool,
    pub(crate) event_sourced: bool,
    pub(crate) stored: Option<StoredNames>,
    pub(crate) migration: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntityRequest {
    pub(crate) name: TypeName,
    pub(crate) root: TypeName,
    pub(crate) list: Option<FieldName>,
    pub(crate) fields: Vec<Field>,
    pub(crate) states: Vec<FieldName>,
    pub(crate) count: Range,
}

impl Request {
    /// Whether it needs a database with a schema.
    pub(crate) fn has_schema(&self) -> bool {
        matches!(self, Self::Migration { .. } | Self::Tables { .. } | Self::Projection { .. })
    }
}

impl Sentence {
    /// What is meant by it.
    pub(crate) fn request(&self) -> Result<Request, InputError> {
        Ok(match self {
            Self::ValueObject { name, fields } => {
                let fields = parse_fields(fields)?;
                if fields.is_empty() {
                    return Err(InputError::new("a value object has a value")
                        .hint("name its fields: `amount:i64 currency:enum:EUR,USD`"));
                }
                if let Some(field) = fields
                    .iter()
                    .find(|field| field.unique || field.index || field.default.is_some())
                {
                    return Err(InputError::new(format!(
                        "`{}` is part of a value: `unique`, `index` and defaults belong to aggregates",
                        field.name
                    )));
                }
                Request::ValueObject { name: TypeName::parse(name)?, fields }
            }
            Self::Aggregate {
                name,
                fields,
                plural,
                create,
                no_change,
                event_sourced,
                stored,
                migration,
            } => Request::Aggregate(AggregateRequest {
                name: TypeName::parse(name)?,
                plural: plural
                    .as_deref()
                    .map(|plural| FieldName::word(plural, "plural"))
                    .transpose()?,
                fields: parse_fields(fields)?,
                create: FieldName::word(create.as_deref().unwrap_or("create"), "verb")?,
                no_change: *no_change,
                event_sourced: *event_sourced,
                stored: stored.clone(),
                migration: *migration,
            }),
            Self::Entity { name, root, fields, list, states, count } => {
                let fields = parse_fields(fields)?;
                if fields.is_empty() {
                    return Err(InputError::new("an entity without fields is only an id")
                        .hint("name its fields: `sku:String:3..20 quantity:u32:1..999`"));
                }
                if let Some(field) = fields
                    .iter()
                    .find(|field| field.unique || field.index || field.default.is_some())
                {
                    return Err(InputError::new(format!(
                        "`{}` is part of an entity: `unique`, `index` and defaults belong to aggregates",
                        field.name
                    )));
                }
                let count = match count {
                    Some(count) => parse_count(count)?,
                    None => Range::default(),
                };
                let states = states.iter().map(|state| FieldName::word(state, "state"));
                Request::Entity(EntityRequest {
                    name: TypeName::parse(name)?,
                    root: TypeName::parse(root)?,
                    list: list.as_deref().map(FieldName::parse).transpose()?,
                    fields,
                    states: states.collect::<Result<_, _>>()?,
                    count,
                })
            }
            Self::Command { root, sentence } => Request::Command {
                root: TypeName::parse(root)?,
                command: CommandSentence::parse(sentence)?,
            },
            Self::Field { owner, field } => {
                Request::Field { owner: TypeName::parse(owner)?, field: Field::parse(field)? }
            }
            Self::Variants { owner, field, variants } => {
                let declared = Field::parse(&format!("{field}:enum:{}", variants.join(",")))?;
                let FieldType::Enum(variants) = declared.ty else {
                    return Err(InputError::new(format!(
                        "`{}` are no variants",
                        variants.join(" ")
                    )));
                };
                Request::Variants { owner: TypeName::parse(owner)?, field: declared.name, variants }
            }
            Self::Rules { owner, field } => {
                Request::Rules { owner: TypeName::parse(owner)?, field: Field::parse(field)? }
            }
            Self::Repository { root } => Request::Repository { root: TypeName::parse(root)? },
            Self::Tables { root, number } => {
                Request::Tables { root: TypeName::parse(root)?, number: *number }
            }
            Self::Migration { name, number } => {
                Request::Migration { name: FieldName::word(name, "migration")?, number: *number }
            }
            Self::Projection { name, root, number } => Request::Projection {
                name: TypeName::parse(name)?,
                root: TypeName::parse(root)?,
                number: *number,
            },
            Self::Service { name } => Request::Service { name: TypeName::parse(name)? },
            Self::Factory { name, root } => {
                Request::Factory { name: TypeName::parse(name)?, root: TypeName::parse(root)? }
            }
            Self::Policy { name, on } => {
                let Some((root, event)) = on.split_once('.') else {
                    return Err(InputError::new(format!("`{on}` names no event"))
                        .hint("name the aggregate and what happened to it: `order.placed`"));
                };
                Request::Policy {
                    name: TypeName::parse(name)?,
                    root: TypeName::parse(root)?,
                    event: FieldName::parse(event)?,
                }
            }
            Self::Specification { name, root, fields } => {
                let fields = fields.iter().map(|field| FieldName::parse(field));
                Request::Specification {
                    name: FieldName::parse(name)?,
                    root: TypeName::parse(root)?,
                    fields: fields.collect::<Result<_, _>>()?,
                }
            }
            Self::Query { name, root, fields } => {
                let fields = fields.iter().map(|field| FieldName::parse(field));
                Request::Query {
                    name: TypeName::parse(name)?,
                    root: TypeName::parse(root)?,
                    fields: fields.collect::<Result<_, _>>()?,
                }
            }
        })
    }
}

fn parse_fields(texts: &[String]) -> Result<Vec<Field>, InputError> {
    let fields = texts.iter().map(|text| Field::parse(text)).collect::<Result<Vec<_>, _>>()?;
    for (index, field) in fields.iter().enumerate() {
        if fields[..index].iter().any(|other| other.name == field.name) {
            return Err(InputError::new(format!("the field `{}` is there twice", field.name)));
        }
    }
    Ok(fields)
}

/// `--count 1..50` is the length of a list.
fn parse_count(text: &str) -> Result<Range, InputError> {
    let field = Field::parse(&format!("list:String:list({text})"));
    match field {
        Ok(Field { list: Some(range), .. }) => Ok(range),
        _ => Err(InputError::new(format!("`{text}` is not a count")).hint("write `1..50`")),
    }
}
