//! Requests: as they are kept in `.bloom/`, and as they are meant.

use serde::{Deserialize, Serialize};

use super::{
    command::CommandSentence,
    error::InputError,
    field::{Field, FieldType, Variant},
    name::{FieldName, TypeName},
    range::Range,
};

/// Names in the log and in the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredNames {
    /// The kind, with which the names of its events begin.
    pub(crate) kind: String,
    /// The table of its documents.
    pub(crate) table: String,
}

/// What was typed, in the order it was typed. This is what is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "generate", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Sentence {
    ValueObject {
        name: String,
        fields: Vec<String>,
    },
    Aggregate {
        name: String,
        fields: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plural: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        create: Option<String>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        no_change: bool,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        event_sourced: bool,
        /// What it was called when it was first written, where that is another name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stored: Option<StoredNames>,
        /// The number of its migration: not asked for, but given when it was first written, since two branches may both
        /// have added an aggregate when they meet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        migration: Option<usize>,
    },
    Entity {
        name: String,
        root: String,
        fields: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        states: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<String>,
    },
    Command {
        root: String,
        sentence: String,
    },
    /// `add field`.
    Field {
        owner: String,
        field: String,
    },
    /// `add variant`.
    Variants {
        owner: String,
        field: String,
        variants: Vec<String>,
    },
    /// `add rule`.
    Rules {
        owner: String,
        field: String,
    },
    Repository {
        root: String,
    },
    /// `repository --relational`.
    Tables {
        root: String,
        /// As with an aggregate's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<usize>,
    },
    Migration {
        name: String,
        /// As with an aggregate's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<usize>,
    },
    Projection {
        name: String,
        root: String,
        /// As with an aggregate's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<usize>,
    },
    Specification {
        name: String,
        root: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<String>,
    },
    Query {
        name: String,
        root: String,
        fields: Vec<String>,
    },
}

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
    /// What tells this request from others: the same key again is the same thing.
    pub(crate) fn key(&self) -> Result<String, InputError> {
        Ok(match self.request()? {
            Request::ValueObject { name, .. } => format!("value-object {name}"),
            Request::Aggregate(aggregate) => format!("aggregate {}", aggregate.name),
            Request::Entity(entity) => format!("entity {}", entity.name),
            Request::Command { root, command } => format!("command {root} {}", command.verb),
            Request::Field { owner, field } => format!("field {owner} {}", field.name),
            Request::Variants { owner, field, variants } => {
                let texts: Vec<&str> =
                    variants.iter().map(|variant| variant.text.as_str()).collect();
                format!("variant {owner} {field} {}", texts.join(" "))
            }
            Request::Rules { owner, field } => format!("rule {owner} {}", field.name),
            Request::Repository { root } => format!("repository {root}"),
            Request::Tables { root, .. } => format!("tables {root}"),
            Request::Migration { name, .. } => format!("migration {name}"),
            Request::Projection { name, .. } => format!("projection {name}"),
            Request::Specification { name, root, .. } => format!("specification {root} {name}"),
            Request::Query { name, .. } => format!("query {name}"),
        })
    }

    /// The aggregate or entity that this adds to, as it was typed.
    pub(crate) fn root(&self) -> Option<&str> {
        match self {
            Self::ValueObject { .. } | Self::Aggregate { .. } | Self::Migration { .. } => None,
            Self::Entity { root, .. }
            | Self::Command { root, .. }
            | Self::Repository { root }
            | Self::Tables { root, .. }
            | Self::Projection { root, .. }
            | Self::Specification { root, .. }
            | Self::Query { root, .. } => Some(root),
            Self::Field { owner, .. }
            | Self::Variants { owner, .. }
            | Self::Rules { owner, .. } => Some(owner),
        }
    }

    /// What was asked for, without what Bloom added to it.
    pub(crate) fn asked(&self) -> Self {
        let mut asked = self.clone();
        if let Self::Aggregate { migration: number, .. }
        | Self::Tables { number, .. }
        | Self::Migration { number, .. }
        | Self::Projection { number, .. } = &mut asked
        {
            *number = None;
        }
        asked
    }

    /// The same with the number of the migration that another one was given.
    pub(crate) fn numbered_as(&self, other: &Self) -> Self {
        let mut sentence = self.clone();
        if let (
            Self::Aggregate { migration: number, .. },
            Self::Aggregate { migration: given, .. },
        )
        | (
            Self::Tables { number, .. }
            | Self::Migration { number, .. }
            | Self::Projection { number, .. },
            Self::Tables { number: given, .. }
            | Self::Migration { number: given, .. }
            | Self::Projection { number: given, .. },
        ) = (&mut sentence, other)
        {
            *number = *given;
        }
        sentence
    }

    /// What is recorded once it is done: what has a migration has the newest one.
    pub(crate) fn done(mut self, newest_migration: usize) -> Self {
        if let Self::Aggregate { migration: number, .. }
        | Self::Tables { number, .. }
        | Self::Migration { number, .. }
        | Self::Projection { number, .. } = &mut self
        {
            *number = Some(newest_migration);
        }
        self
    }

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
